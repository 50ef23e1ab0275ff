"""Per-frame predictions of one face to its timeline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..labels import NEUTRAL
from ..timeline import FramePredictions, Segment, Timeline
from .segmentation import best_segmentation

_MIN_PROBABILITY = 1e-4  # one frame of certainty must not outweigh a second of doubt
_STANDS = 0.95  # of the highest intensity: the expression stands


@dataclass(frozen=True, kw_only=True)
class DecodingConfig:
    """How probabilities become segments.

    Attributes:
        min_duration_seconds: no segment is shorter. Even micro-expressions last about 1/25 s to 1/2 s
            and macro-expressions 1/2 s to 4 s (Yan et al. 2013, J. Nonverbal Behavior 37:217-230).
        switch_cost: evidence, in nats, that a change of emotion must bring.
        evidence_per_second: how many independent looks a second of frames is worth; neighbouring frames
            show the same face, so fewer than the frame rate.
        edge: fraction of the apex intensity at which an expression counts as begun and as faded. The apex
            itself is where 95 % of the highest intensity is first reached: on a held expression the very
            highest frame is a matter of chance.
    """

    min_duration_seconds: float = 0.2
    switch_cost: float = 2.0
    evidence_per_second: float = 10.0
    edge: float = 0.2

    def __post_init__(self) -> None:
        if self.min_duration_seconds < 0 or self.switch_cost < 0 or self.evidence_per_second <= 0:
            raise ValueError(
                "min_duration_seconds and switch_cost must not be negative, evidence_per_second above 0"
            )
        if not 0 < self.edge < 1:
            raise ValueError(f"edge must lie between 0 and 1, got {self.edge}")


def decode(predictions: FramePredictions, *, video_id: str, config: DecodingConfig | None = None) -> Timeline:
    """The timeline of one face track. Where the face is out of sight there is a gap."""
    config = config or DecodingConfig()
    segments: list[Segment] = []
    if len(predictions):
        breaks = np.flatnonzero(np.diff(predictions.frame_indices) > 1) + 1
        for rows in np.split(np.arange(len(predictions)), breaks):
            segments += _decode_stretch(predictions, rows, config)
    return Timeline(video_id=video_id, track_id=predictions.track_id, segments=tuple(segments))


def _decode_stretch(p: FramePredictions, rows: NDArray[np.int64], config: DecodingConfig) -> list[Segment]:
    pts = p.pts_seconds[rows]
    steps = np.diff(pts)
    last_step = float(np.median(steps)) if len(steps) else _neighbour_step(p)
    bounds = np.append(pts, pts[-1] + last_step)
    probs = p.emotion_probs[rows].astype(np.float64)
    weight = np.diff(bounds)[:, None] * config.evidence_per_second
    cuts = best_segmentation(
        np.log(np.maximum(probs, _MIN_PROBABILITY)) * weight,
        pts,
        float(bounds[-1]),
        switch_cost=config.switch_cost,
        min_duration_seconds=config.min_duration_seconds,
    )
    # How much of an emotion shows: how strong the expression is, times how much it is this one.
    shown = probs * p.intensity[rows].astype(np.float64)[:, None]
    segments = []
    for n, (first, stop, label) in enumerate(cuts):
        emotion = p.vocabulary.names[label]
        marks: dict[str, float] = {}
        intensity = 0.0
        if emotion != NEUTRAL:
            inside = shown[first:stop, label]
            apex = first + int((inside >= _STANDS * inside.max()).argmax())
            # The rise may begin, and the fade end, inside the neighbours, but not beyond them.
            low = cuts[n - 1][0] if n else 0
            high = cuts[n + 1][1] if n + 1 < len(cuts) else len(rows)
            floor = config.edge * shown[apex, label]
            onset = _last_below(shown[low:apex, label], floor) + low
            offset = _first_below(shown[apex:high, label], floor) + apex
            marks = {
                "onset_seconds": float(bounds[onset]),
                "apex_seconds": float(bounds[apex]),
                "offset_seconds": float(bounds[offset]),
            }
            intensity = float(p.intensity[rows[first:stop]].max())
        segments.append(
            Segment(
                start_seconds=float(bounds[first]),
                end_seconds=float(bounds[stop]),
                start_frame=int(p.frame_indices[rows[first]]),
                end_frame=int(p.frame_indices[rows[stop - 1]]) + 1,
                emotion=emotion,
                confidence=float(probs[first:stop, label].mean()),
                intensity=intensity,
                **marks,
            )
        )
    return segments


def _neighbour_step(p: FramePredictions) -> float:
    """Frame duration for a stretch of a single frame."""
    per_frame = np.diff(p.pts_seconds) / np.diff(p.frame_indices)
    return float(np.median(per_frame)) if len(per_frame) else 1 / 30


def _last_below(curve: NDArray[np.float64], floor: float) -> int:
    """Index just after the last value below ``floor``; 0 if none is."""
    below = np.flatnonzero(curve < floor)
    return int(below[-1]) + 1 if len(below) else 0


def _first_below(curve: NDArray[np.float64], floor: float) -> int:
    """Index of the first value below ``floor``; the length if none is."""
    below = np.flatnonzero(curve < floor)
    return int(below[0]) if len(below) else len(curve)
