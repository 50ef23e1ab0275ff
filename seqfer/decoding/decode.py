"""Per-frame predictions of one face to its timeline."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..labels import NEUTRAL, UNCERTAIN, Vocabulary
from ..timeline import FramePredictions, Segment, Timeline
from .segmentation import best_segmentation

_MIN_PROBABILITY = 1e-4  # one frame of certainty must not outweigh a second of doubt
_ROOM = 3  # every stretch, however short, has room for so many segments
_STANDS = 0.95  # of the highest intensity: the expression stands


@dataclass(frozen=True, kw_only=True)
class DecodingConfig:
    """How probabilities become segments.

    Attributes:
        min_duration_seconds: no segment is shorter. Even micro-expressions last about 1/25 s to 1/2 s
            and macro-expressions 1/2 s to 4 s (Yan et al. 2013, J. Nonverbal Behavior 37:217-230). Where a
            face is in sight for less than three times this (a posed rise of a dozen stills), a third of
            the time it is: what is cut off at both ends may have lasted.
        switch_cost: evidence, in nats, that a change of emotion must bring.
        direct_factor: times that much must be brought where one expression turns straight into another,
            without neutral in between: on their way up and down, expressions look like others. 1 to 2:
            beyond, a detour over neutral would be cheaper.
        evidence_per_second: how many independent looks a second of frames is worth; neighbouring frames
            show the same face, so fewer than the frame rate.
        edge: fraction of the apex intensity at which an expression counts as begun and as faded. The apex
            itself is where 95 % of the highest intensity is first reached: on a held expression the very
            highest frame is a matter of chance.
        bridge_seconds: frames that are not trusted, for up to this long between two that are, belong to what
            is around them; for longer, the timeline has a gap.
        min_confidence: segments whose mean probability is lower are called ``uncertain``; 0: none is.
            What it costs and brings is on the model card.
    """

    min_duration_seconds: float = 0.2
    switch_cost: float = 2.0
    direct_factor: float = 2.0
    evidence_per_second: float = 10.0
    edge: float = 0.2
    bridge_seconds: float = 0.5
    min_confidence: float = 0.0

    def __post_init__(self) -> None:
        if min(self.min_duration_seconds, self.switch_cost, self.bridge_seconds) < 0:
            raise ValueError("min_duration_seconds, switch_cost and bridge_seconds must not be negative")
        if not 1 <= self.direct_factor <= 2:
            raise ValueError(f"direct_factor must lie between 1 and 2, got {self.direct_factor}")
        if not 0 <= self.min_confidence <= 1:
            raise ValueError(f"min_confidence must lie between 0 and 1, got {self.min_confidence}")
        if self.evidence_per_second <= 0:
            raise ValueError(f"evidence_per_second must be above 0, got {self.evidence_per_second}")
        if not 0 < self.edge < 1:
            raise ValueError(f"edge must lie between 0 and 1, got {self.edge}")


def decode(
    predictions: FramePredictions,
    *,
    video_id: str,
    config: DecodingConfig | None = None,
    trusted: NDArray[np.bool_] | None = None,
) -> Timeline:
    """The timeline of one face track. Where the face is out of sight, or cannot be judged, there is a gap.

    Args:
        trusted: bool (T,), rows that count (:meth:`seqfer.decoding.QualityGate.judge`); all where None.
    """
    config = config or DecodingConfig()
    counts = np.ones(len(predictions), np.bool_) if trusted is None else np.asarray(trusted, np.bool_)
    kept = _with_bridges(predictions, counts, config.bridge_seconds)
    told = _interpolated(predictions, kept, counts)
    segments: list[Segment] = []
    if len(kept):
        breaks = np.flatnonzero(np.diff(predictions.frame_indices[kept]) > 1) + 1
        for rows in np.split(kept, breaks):
            segments += _decode_stretch(told, rows, counts, config)
    return Timeline(video_id=video_id, track_id=predictions.track_id, segments=tuple(segments))


def _with_bridges(
    p: FramePredictions, trusted: NDArray[np.bool_], bridge_seconds: float
) -> NDArray[np.int64]:
    """Trusted rows, and those that are not where they do not last long between two that are."""
    rows = np.flatnonzero(trusted)
    if len(rows) in (0, len(p)):
        return rows
    left, right = rows[:-1], rows[1:]
    in_view = p.frame_indices[right] - p.frame_indices[left] == right - left
    lasting = p.pts_seconds[right] - p.pts_seconds[left + 1]
    bridged = in_view & (lasting <= bridge_seconds)
    others = np.flatnonzero(~trusted)
    after = np.searchsorted(rows, others)
    between = (after > 0) & (after < len(rows))
    return np.union1d(rows, others[between][bridged[after[between] - 1]])


def _interpolated(
    p: FramePredictions, kept: NDArray[np.int64], trusted: NDArray[np.bool_]
) -> FramePredictions:
    """What is said of trusted rows, and for the bridged ones between two of them what lies between."""
    gaps = kept[~trusted[kept]]
    if not len(gaps):
        return p
    rows = np.flatnonzero(trusted)
    after = np.searchsorted(rows, gaps)
    left, right = rows[after - 1], rows[after]
    w = (p.pts_seconds[gaps] - p.pts_seconds[left]) / (p.pts_seconds[right] - p.pts_seconds[left])
    probs, intensity = p.emotion_probs.copy(), p.intensity.copy()
    probs[gaps] = (1 - w)[:, None] * probs[left] + w[:, None] * probs[right]
    intensity[gaps] = (1 - w) * intensity[left] + w * intensity[right]
    return replace(p, emotion_probs=probs, intensity=intensity)


def _decode_stretch(
    p: FramePredictions, rows: NDArray[np.int64], trusted: NDArray[np.bool_], config: DecodingConfig
) -> list[Segment]:
    pts = p.pts_seconds[rows]
    steps = np.diff(pts)
    last_step = float(np.median(steps)) if len(steps) else _neighbour_step(p)
    end = pts[-1] + last_step
    if rows[-1] + 1 < len(p):
        end = min(end, p.pts_seconds[rows[-1] + 1])
    bounds = np.append(pts, end)
    probs = p.emotion_probs[rows].astype(np.float64)
    weight = (np.diff(bounds) * trusted[rows])[:, None] * config.evidence_per_second
    cuts = best_segmentation(
        np.log(np.maximum(probs, _MIN_PROBABILITY)) * weight,
        pts,
        float(bounds[-1]),
        switch_cost=_switch_costs(p.vocabulary, config),
        min_duration_seconds=min(config.min_duration_seconds, (bounds[-1] - bounds[0]) / _ROOM),
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
            # What is named has begun to show.
            onset = min(_last_below(shown[low:apex, label], floor) + low, first)
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
                trusted=float(trusted[rows[first:stop]].mean()),
                **marks,
            )
        )
    return _with_doubts(segments, config.min_confidence)


def _switch_costs(vocabulary: Vocabulary, config: DecodingConfig) -> NDArray[np.float64]:
    """What a change from each emotion (row) to each other one (column) costs: (K, K)."""
    costs = np.full((len(vocabulary), len(vocabulary)), config.switch_cost * config.direct_factor)
    neutral = vocabulary.neutral_index
    if neutral is None:
        return np.full_like(costs, config.switch_cost)
    costs[neutral] = costs[:, neutral] = config.switch_cost
    return costs


def _with_doubts(segments: list[Segment], min_confidence: float) -> list[Segment]:
    """Segments of low confidence named so, neighbours among them as one."""
    told: list[Segment] = []
    for segment in segments:
        if segment.confidence < min_confidence:
            segment = replace(
                segment, emotion=UNCERTAIN, onset_seconds=None, apex_seconds=None, offset_seconds=None
            )
            if told and told[-1].emotion == UNCERTAIN:
                segment = _joined(told.pop(), segment)
        told.append(segment)
    return told


def _joined(a: Segment, b: Segment) -> Segment:
    frames = (a.end_frame - a.start_frame, b.end_frame - b.start_frame)
    confidence, trusted = (
        float(np.average([getattr(a, name), getattr(b, name)], weights=frames))
        for name in ("confidence", "trusted")
    )
    return replace(
        a,
        end_seconds=b.end_seconds,
        end_frame=b.end_frame,
        confidence=confidence,
        intensity=max(a.intensity, b.intensity),
        trusted=trusted,
    )


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
