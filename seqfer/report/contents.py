"""What a report tells of one video, gathered from the files of a run's folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import StoreError
from ..export.timeline_json import parse_timelines, read_document
from ..labels import UNCERTAIN, Vocabulary
from ..store import read_predictions
from ..timeline import FramePredictions, Timeline
from .run import RunVideo


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """From ``start_seconds`` to ``end_seconds`` (exclusive) something holds, for these ``reasons``."""

    start_seconds: float
    end_seconds: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One person (or, where persons are not known, one face track) through the video.

    Attributes:
        name: to call it by.
        track_ids: its face tracks.
        in_view: when the face was seen, in order.
        untrusted: when it was seen and could not be judged, and why; in order.
    """

    name: str
    track_ids: tuple[int, ...]
    in_view: tuple[Stretch, ...]
    untrusted: tuple[Stretch, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class VideoContents:
    """All there is to show of one video.

    Attributes:
        video: whose.
        key: digest of all that its timeline depends on.
        source, model: what its timeline tells of them.
        vocabulary: the emotions.
        timelines: by number of the track.
        predictions: by number of the track; empty where they are missing.
        lanes: one a person, in order of first appearance.
        missing: what could not be had, a line each.
    """

    video: RunVideo
    key: str
    source: Mapping[str, Any]
    model: Mapping[str, Any]
    vocabulary: Vocabulary
    timelines: Mapping[int, Timeline]
    predictions: Mapping[int, FramePredictions]
    lanes: tuple[Lane, ...]
    missing: tuple[str, ...]

    @property
    def duration_seconds(self) -> float:
        """Of the video, or to the end of what is told of it, whichever is later."""
        ends = (lane.in_view[-1].end_seconds for lane in self.lanes if lane.in_view)
        return max([float(self.source.get("duration_seconds") or 0.0), *ends])

    @property
    def frame_seconds(self) -> float:
        """About how long one frame lasts."""
        frames = int(self.source.get("num_frames") or 0)
        return self.duration_seconds / frames if frames else 0.04

    @cached_property
    def emotion_seconds(self) -> dict[str, float]:
        """How long each emotion was on show, all faces together, in order of the vocabulary."""
        total = dict.fromkeys(self.vocabulary, 0.0)
        for timeline in self.timelines.values():
            for segment in timeline:
                total[segment.emotion] += segment.duration_seconds
        return total

    @property
    def num_segments(self) -> int:
        return sum(map(len, self.timelines.values()))


def read_contents(video: RunVideo) -> VideoContents:
    """Everything of one video; only the timeline must be there.

    Raises:
        StoreError: there is no timeline, or it is damaged or of another version.
    """
    if not video.timeline_path.exists():
        raise StoreError(video.timeline_path, _how_far(video))
    document = read_document(video.timeline_path)
    timelines = {t.track_id: t for t in parse_timelines(video.timeline_path, document)}
    try:
        predictions, missing = _predictions(video, Vocabulary(tuple(document["vocabulary"])))
        met = {s.emotion for t in timelines.values() for s in t}
        vocabulary = Vocabulary((*document["vocabulary"], *sorted(met & {UNCERTAIN})))
        unknown = met - set(vocabulary)
        if unknown:
            raise ValueError(f"emotions beyond its vocabulary: {', '.join(sorted(unknown))}")
        return VideoContents(
            video=video,
            key=str(document["key"]),
            source=dict(document["source"]),
            model=dict(document["model"]),
            vocabulary=vocabulary,
            timelines=timelines,
            predictions=predictions,
            lanes=_lanes(document["tracks"], timelines, predictions),
            missing=missing,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(video.timeline_path, f"damaged timeline: {error}") from error


def _how_far(video: RunVideo) -> str:
    if video.predictions_path.exists():
        return "no timeline yet; seqfer export makes it from the predictions that are there"
    if video.tracks_path.exists():
        return "no timeline yet; seqfer predict and seqfer export make it from the face tracks that are there"
    return "no timeline, and nothing to make it from"


def _predictions(
    video: RunVideo, vocabulary: Vocabulary
) -> tuple[dict[int, FramePredictions], tuple[str, ...]]:
    try:
        found = read_predictions(video.predictions_path)
    except StoreError as error:
        return {}, (f"no curves: {error}",)
    if any(track.vocabulary != vocabulary for track in found.tracks):
        return {}, (
            f"no curves: {video.predictions_path}: of another vocabulary than the timeline; export again",
        )
    return {track.track_id: track for track in found.tracks}, ()


def _lanes(
    tracks: Sequence[Mapping[str, Any]],
    timelines: Mapping[int, Timeline],
    predictions: Mapping[int, FramePredictions],
) -> tuple[Lane, ...]:
    """Lanes of persons, of tracks where nobody said who is who."""
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for track in tracks:
        person = track.get("person_id")
        grouped.setdefault(str(person) if person else f"face {int(track['track_id'])}", []).append(track)
    lanes = []
    for name, members in grouped.items():
        untrusted = sorted((s for t in members for s in _untrusted(t)), key=_start)
        ids = tuple(int(t["track_id"]) for t in members)
        seen = sorted(
            (s for i in ids for s in _in_view(timelines[i], predictions.get(i), untrusted)), key=_start
        )
        lanes.append(Lane(name=name, track_ids=ids, in_view=_merged(seen), untrusted=tuple(untrusted)))
    return tuple(sorted(lanes, key=lambda lane: lane.in_view[0].start_seconds if lane.in_view else 0.0))


def _start(stretch: Stretch) -> tuple[float, float]:
    return stretch.start_seconds, stretch.end_seconds


def _untrusted(track: Mapping[str, Any]) -> list[Stretch]:
    return [
        Stretch(
            start_seconds=float(s["start_s"]),
            end_seconds=float(s["end_s"]),
            reasons=tuple(map(str, s["reasons"])),
        )
        for s in track["untrusted"]
    ]


def _in_view(
    timeline: Timeline, track: FramePredictions | None, untrusted: Sequence[Stretch]
) -> list[Stretch]:
    """When a face was in view: as its frames tell, or else as its segments do."""
    if track is None:
        told = [Stretch(start_seconds=s.start_seconds, end_seconds=s.end_seconds) for s in timeline]
        return [
            *told,
            *(Stretch(start_seconds=s.start_seconds, end_seconds=s.end_seconds) for s in untrusted),
        ]
    if not len(track):
        return []
    times, breaks = track.pts_seconds, np.flatnonzero(np.diff(track.frame_indices) > 1) + 1
    step = float(np.median(np.diff(times) / np.diff(track.frame_indices))) if len(track) > 1 else 0.04
    firsts, lasts = np.append(0, breaks), np.append(breaks, len(track)) - 1
    return [
        Stretch(start_seconds=float(times[a]), end_seconds=float(times[b]) + step)
        for a, b in zip(firsts, lasts, strict=True)
    ]


def _merged(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """The same time, without overlaps."""
    merged: list[Stretch] = []
    for s in stretches:
        if merged and s.start_seconds <= merged[-1].end_seconds + 1e-3:
            end = max(merged[-1].end_seconds, s.end_seconds)
            merged[-1] = Stretch(start_seconds=merged[-1].start_seconds, end_seconds=end)
        else:
            merged.append(s)
    return tuple(merged)
