"""``persons.json`` and ``persons.csv``: whom each face track of a run shows."""

from __future__ import annotations

import csv
import json
from functools import lru_cache
from pathlib import Path

from ..errors import StoreError
from ..files import atomic_text
from ..persons import Persons, PersonTrack
from .common import fraction

FORMAT = "seqfer.persons"
VERSION = 1
COLUMNS = ("video", "track_id", "person_id", "similarity", "num_rows")


def write_persons(folder: Path, persons: Persons, *, embedder: str) -> None:
    """Write both files into a run's folder.

    Args:
        embedder: digest of the network, noted in the JSON.

    Raises:
        InputError: they cannot be written.
    """
    rows = [track for tracks in persons.tracks.values() for track in tracks]
    with atomic_text(folder / "persons.csv") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows((t.video_id, t.track_id, t.person_id, _similarity(t), t.num_rows) for t in rows)
    document = {
        "format": FORMAT,
        "version": VERSION,
        "scope": persons.scope,
        "threshold": persons.threshold,
        "embedder": embedder,
        "videos": {
            video: {
                "tracks_key": persons.tracks_keys[video],
                "tracks": [
                    {
                        "track_id": t.track_id,
                        "person_id": t.person_id,
                        "similarity": _similarity(t),
                        "num_rows": t.num_rows,
                    }
                    for t in tracks
                ],
            }
            for video, tracks in persons.tracks.items()
        },
    }
    with atomic_text(folder / "persons.json") as file:
        json.dump(document, file, ensure_ascii=False, indent=1)
        file.write("\n")


def stored_embedder(folder: Path) -> str:
    """Digest of the network by which the persons of a run's folder were told, as its JSON notes it.

    Raises:
        StoreError: it cannot be read.
    """
    path = folder / "persons.json"
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["embedder"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(path, f"not a readable {FORMAT} file ({error})") from error


def find_persons(folder: Path) -> Persons | None:
    """The persons of a run's folder; None where tracks were not grouped.

    Raises:
        StoreError: its ``persons.json`` is not readable, or of another format or version.
    """
    path = folder / "persons.json"
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=2)  # one file for thousands of videos
def _read(path: Path, mtime_ns: int, size: int) -> Persons:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT or document["version"] != VERSION:
            raise StoreError(path, f"not a {FORMAT} file of version {VERSION}")
        videos = document["videos"]
        return Persons(
            scope=document["scope"],
            threshold=document["threshold"],
            tracks_keys={video: entry["tracks_key"] for video, entry in videos.items()},
            tracks={
                video: tuple(PersonTrack(video_id=video, **track) for track in entry["tracks"])
                for video, entry in videos.items()
            },
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(path, f"not a readable {FORMAT} file ({error})") from error


def _similarity(track: PersonTrack) -> float | None:
    return None if track.similarity is None else fraction(track.similarity)
