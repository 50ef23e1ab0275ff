"""Grouping the face tracks of a run's folder into persons, once every video has its embeddings."""

from __future__ import annotations

import sys
from pathlib import Path

from seqfer.errors import StoreError
from seqfer.export import write_persons
from seqfer.persons import PersonsConfig, embedder_digest, embedding_key, group_tracks
from seqfer.store import VideoEmbeddings, read_embeddings, store_path, stored_key
from seqfer.store.schema import FORMAT, VERSION


def group_run(out: Path, config: PersonsConfig, *, quiet: bool) -> None:
    """Group the tracks of every video of a run's folder that has up-to-date embeddings.

    Raises:
        InputError: too many tracks, or the files cannot be written.
    """
    paths = sorted((out / "embeddings").rglob("*.h5"))
    videos = [found for path in paths if (found := _usable(path, out, config))]
    persons = group_tracks(videos, scope=config.scope, threshold=config.threshold)
    write_persons(out, persons, embedder=embedder_digest(config))
    if quiet:
        return
    tracks = [track for tracks in persons.tracks.values() for track in tracks]
    names = {(t.video_id if config.scope == "video" else None, t.person_id) for t in tracks}
    print(f"{len(tracks)} face tracks, {len(names)} persons: {out / 'persons.csv'}", file=sys.stderr)


def _usable(path: Path, out: Path, config: PersonsConfig) -> VideoEmbeddings | None:
    """The embeddings, unless they are damaged, of another embedder, or of tracks that are no more."""
    try:
        found = read_embeddings(path)
    except StoreError:
        return None
    tracks_key = stored_key(store_path(out, "tracks", found.video_id), format=FORMAT, version=VERSION)
    return found if tracks_key and found.key == embedding_key(tracks_key, config) else None
