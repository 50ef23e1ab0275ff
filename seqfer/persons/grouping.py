"""Face tracks of a run, grouped into persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..store import VideoEmbeddings
from .clustering import cluster

MAX_TRACKS = 20_000  # every pair of them is compared: 3 GB


@dataclass(frozen=True, kw_only=True)
class PersonTrack:
    """Whom one face track shows.

    Attributes:
        video_id, track_id: which track.
        person_id: ``p001``, ``p002``, …, by first appearance.
        similarity: mean cosine similarity to the person's other tracks; None where there is no other.
        num_rows: faces of the track that were looked at.
    """

    video_id: str
    track_id: int
    person_id: str
    similarity: float | None
    num_rows: int


@dataclass(frozen=True, kw_only=True)
class Persons:
    """The persons of a run.

    Attributes:
        scope: whether a name holds within its video or across the run.
        threshold: mean cosine similarity from which tracks were taken for one person.
        tracks_keys: of each video, in order, the key of the track store that was looked at.
        tracks: the face tracks of each video, by number.
    """

    scope: Literal["video", "run"]
    threshold: float
    tracks_keys: Mapping[str, str]
    tracks: Mapping[str, tuple[PersonTrack, ...]]

    def of_video(self, video_id: str, tracks_key: str) -> dict[int, str]:
        """Person by track of one video; nothing if its store is not the one that was looked at."""
        if self.tracks_keys.get(video_id) != tracks_key:
            return {}
        return {track.track_id: track.person_id for track in self.tracks[video_id]}


def group_tracks(
    videos: Sequence[VideoEmbeddings], *, scope: Literal["video", "run"], threshold: float
) -> Persons:
    """Group the tracks of videos, each video by itself or all together.

    Tracks in view in the same frame are different persons. Persons are numbered by first appearance:
    by the order of the videos' names, then by time.

    Raises:
        InputError: too many tracks to compare.
    """
    ordered = sorted(videos, key=lambda v: v.video_id)
    parts = [ordered] if scope == "run" else [[video] for video in ordered]
    tracks: dict[str, list[PersonTrack]] = {video.video_id: [] for video in ordered}
    for part in parts:
        for track in _group(part, threshold):
            tracks[track.video_id].append(track)
    return Persons(
        scope=scope,
        threshold=threshold,
        tracks_keys={video.video_id: video.tracks_key for video in ordered},
        tracks={v: tuple(sorted(found, key=lambda t: t.track_id)) for v, found in tracks.items()},
    )


def _group(videos: Sequence[VideoEmbeddings], threshold: float) -> list[PersonTrack]:
    """Persons of several videos, numbered from 1."""
    total = sum(map(len, videos))
    if total > MAX_TRACKS:
        raise InputError("persons", f"{total} face tracks are too many to compare; {MAX_TRACKS} at most")
    if not total:
        return []
    vectors, apart, names = [], [], []
    start = 0
    for video in videos:
        order = np.lexsort((video.track_ids, video.first_seconds))
        place = np.argsort(order)  # so that the first row of a cluster is its first appearance
        vectors.append(video.vectors[order])
        apart.append(place[video.seen_together] + start)
        names += [(video.video_id, int(video.track_ids[n]), int(video.num_rows[n])) for n in order]
        start += len(video)
    together = np.concatenate(vectors)
    labels = cluster(together, np.concatenate(apart), threshold=threshold)
    similarity = _to_the_others(together, labels)
    return [
        PersonTrack(
            video_id=video_id,
            track_id=track_id,
            person_id=f"p{labels[n] + 1:03d}",
            similarity=similarity[n],
            num_rows=num_rows,
        )
        for n, (video_id, track_id, num_rows) in enumerate(names)
    ]


def _to_the_others(vectors: NDArray[np.float32], labels: NDArray[np.int64]) -> list[float | None]:
    """Mean cosine similarity of each vector to the others of its cluster."""
    found: list[float | None] = [None] * len(vectors)
    for _, group in groupby(np.argsort(labels, kind="stable"), key=lambda n: labels[n]):
        members = np.array(list(group))
        if len(members) > 1:
            unit = vectors[members].astype(np.float64)
            sums = (unit * unit.sum(axis=0)).sum(axis=1) - (unit * unit).sum(axis=1)
            for n, value in zip(members, sums / (len(members) - 1), strict=True):
                found[n] = float(value)
    return found
