"""Spans of one video become one: which track of a span goes on which track of the spans before it.

Spans are extracted apart, so each starts to number its tracks anew. Where no cut lies between two spans,
the shot goes on, and so may its tracks: they are matched as within a shot, by place, size and looks.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .linking import Expectation, Sighting, match


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackEnds:
    """What must be known of a track to join it with another.

    Attributes:
        track_id: its number within its span.
        first, last: its first and last sighting.
        before: the sighting before the last one, if the face was in view all the time since.
        lost: it was looked for after its last sighting, and not found.
        gallery: float32 (G, D), how it looked now and then.
        num_sightings, sum_scores: over the whole track.
    """

    track_id: int
    first: Sighting
    last: Sighting
    before: Sighting | None
    lost: bool
    gallery: tuple[NDArray[np.float32], ...]
    num_sightings: int
    sum_scores: float

    @property
    def mean_score(self) -> float:
        return self.sum_scores / self.num_sightings

    @property
    def duration_seconds(self) -> float:
        return self.last.pts_seconds - self.first.pts_seconds


@dataclass(frozen=True, kw_only=True, eq=False)
class SpanEdges:
    """What must be known of a span to join it with its neighbours.

    Attributes:
        opening: tracks of its first shot.
        closing: tracks of its last shot (the same ones where it has only one).
        head, tail: uint8 (n, h, w), grey copies of its first and last frames, to tell whether a cut
            lies between two spans.
    """

    opening: Sequence[TrackEnds]
    closing: Sequence[TrackEnds]
    head: NDArray[np.uint8]
    tail: NDArray[np.uint8]


def continued(
    open_tracks: Mapping[int, TrackEnds], opening: Sequence[TrackEnds], forget_seconds: float
) -> dict[int, int]:
    """Which tracks of a span's first shot go on one that is open: number in the span → number in the video.

    Args:
        open_tracks: tracks of the shot so far, by number in the video.
        opening: tracks of the first shot of the next span.
        forget_seconds: a face that was out of sight for longer is a new track.
    """
    waiting = dict(open_tracks)
    found: dict[int, int] = {}
    by_start = sorted(opening, key=lambda t: (t.first.frame_index, t.track_id))
    for _, group in itertools.groupby(by_start, key=lambda t: t.first.frame_index):
        starting = list(group)
        pts = starting[0].first.pts_seconds
        ids = [i for i, t in waiting.items() if pts - t.last.pts_seconds <= forget_seconds]
        at_once = starting[0].first.frame_index == 0
        expected = [
            Expectation.of(t.last, t.before, pts, lost=t.lost or not at_once, gallery=t.gallery)
            for t in (waiting[i] for i in ids)
        ]
        for i, m in zip(ids, match(expected, [t.first for t in starting]), strict=True):
            if m is not None:
                found[starting[m].track_id] = i
                del waiting[i]
    return found


_SIGHTING_FIELDS = tuple(name for name in Sighting.__dataclass_fields__ if name != "after_gap")


def pack(edges: SpanEdges) -> dict[str, NDArray]:
    """As named arrays, for a file."""
    arrays: dict[str, NDArray] = {"head": edges.head, "tail": edges.tail}
    for shot, tracks in (("opening", edges.opening), ("closing", edges.closing)):
        for name in ("track_id", "lost", "num_sightings", "sum_scores"):
            arrays[f"{shot}.{name}"] = np.array([getattr(t, name) for t in tracks])
        arrays[f"{shot}.gallery_sizes"] = np.array([len(t.gallery) for t in tracks])
        arrays[f"{shot}.gallery"] = np.array([looks for t in tracks for looks in t.gallery])
        arrays[f"{shot}.has_before"] = np.array([t.before is not None for t in tracks])
        for end in ("first", "last", "before"):
            sightings = [getattr(t, end) or t.last for t in tracks]
            for name in _SIGHTING_FIELDS:
                arrays[f"{shot}.{end}.{name}"] = np.array([getattr(s, name) for s in sightings])
    return arrays


def unpack(arrays: Mapping[str, NDArray]) -> SpanEdges:
    """What :func:`pack` packed."""

    def sighting(shot: str, end: str, i: int) -> Sighting:
        values = {name: arrays[f"{shot}.{end}.{name}"][i] for name in _SIGHTING_FIELDS}
        for name, kind in (("frame_index", int), ("pts_seconds", float), ("score", float)):
            values[name] = kind(values[name])
        return Sighting(**values)

    def tracks(shot: str) -> list[TrackEnds]:
        ends = np.cumsum(arrays[f"{shot}.gallery_sizes"], dtype=np.int64)
        galleries = np.split(arrays[f"{shot}.gallery"], ends[:-1]) if len(ends) else []
        return [
            TrackEnds(
                track_id=int(number),
                first=sighting(shot, "first", i),
                last=sighting(shot, "last", i),
                before=sighting(shot, "before", i) if arrays[f"{shot}.has_before"][i] else None,
                gallery=tuple(galleries[i]),
                lost=bool(arrays[f"{shot}.lost"][i]),
                num_sightings=int(arrays[f"{shot}.num_sightings"][i]),
                sum_scores=float(arrays[f"{shot}.sum_scores"][i]),
            )
            for i, number in enumerate(arrays[f"{shot}.track_id"])
        ]

    return SpanEdges(
        opening=tracks("opening"), closing=tracks("closing"), head=arrays["head"], tail=arrays["tail"]
    )


def merged(before: TrackEnds, after: TrackEnds) -> TrackEnds:
    """Two pieces of one track as one, under the first one's number."""
    return replace(
        after,
        track_id=before.track_id,
        first=before.first,
        num_sightings=before.num_sightings + after.num_sightings,
        sum_scores=before.sum_scores + after.sum_scores,
    )
