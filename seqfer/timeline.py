"""Timelines: what a face does, when, and what it turns into.

All times are presentation times in seconds, zero at the first displayed frame. A segment is half-open,
``[start_seconds, end_seconds)``. Segments of a timeline are sorted and disjoint; a gap between two
means that there was no face (or none that can be trusted) in between.

Onset, apex and offset follow the usage of FACS-coded data sets (Ekman, Friesen & Hager 2002; CASME II,
Yan et al. 2014): the expression begins to show, is strongest, has faded. A segment begins where its
emotion becomes the most likely one, so its onset may lie *before* ``start_seconds``, and its offset
after ``end_seconds``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .display import segment_table, timelines_html
from .labels import NEUTRAL, PHASES, Vocabulary, as_vocabulary

if TYPE_CHECKING:
    import pandas as pd

_SLACK = 1e-9  # durations are differences of rounded times


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A stretch of one emotion.

    Attributes:
        start_seconds, end_seconds: half-open, seconds.
        start_frame, end_frame: the same in frame indices of the video, half-open.
        emotion: a name of the vocabulary, or ``uncertain`` where that is asked for.
        confidence: mean probability of the emotion over the segment, 0 to 1.
        intensity: highest intensity within the segment, 0 to 1; 0 for neutral.
        onset_seconds, apex_seconds, offset_seconds: begins to show, stands, has faded; None for neutral
            and uncertain.
        trusted: share of its frames that were good enough to be judged, 0 to 1; the others were bridged.

    Raises:
        ValueError: an empty or backward stretch, or onset, apex and offset out of order.
    """

    start_seconds: float
    end_seconds: float
    start_frame: int
    end_frame: int
    emotion: str
    confidence: float
    intensity: float
    onset_seconds: float | None = None
    apex_seconds: float | None = None
    offset_seconds: float | None = None
    trusted: float = 1.0

    def __post_init__(self) -> None:
        if not self.start_seconds < self.end_seconds or not self.start_frame < self.end_frame:
            raise ValueError(
                f"a segment must end after it starts, got {self.start_seconds}..{self.end_seconds} s, "
                f"frames {self.start_frame}..{self.end_frame}"
            )
        marks = (self.onset_seconds, self.apex_seconds, self.offset_seconds)
        if any(m is None for m in marks) != all(m is None for m in marks):
            raise ValueError(f"onset, apex and offset come together, got {marks}")
        if marks[0] is not None and not marks[0] <= marks[1] <= marks[2]:  # type: ignore[operator]
            raise ValueError(f"onset <= apex <= offset must hold, got {marks}")

    @property
    def duration_seconds(self) -> float:
        return self.end_seconds - self.start_seconds


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One emotion turning into another, with the face in view throughout.

    Attributes:
        time_seconds: the boundary of the two segments.
        start_seconds: the first visible change.
        duration_seconds: from the first visible change to the new emotion standing: the offset phase of
            the source and the onset phase of the target, whichever exist, taken together.
        source, target: names of the vocabulary, or ``uncertain``.
        confidence: the lower of the two segments' confidences.
    """

    time_seconds: float
    start_seconds: float
    duration_seconds: float
    source: str
    target: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The segments of one face track.

    Attributes:
        video_id: name of the video within its run.
        track_id: number of the face track in the video.
        segments: sorted and disjoint.
        person_id: whom the track shows; None where that is not known.

    Raises:
        ValueError: segments out of order or overlapping.
    """

    video_id: str
    track_id: int
    segments: tuple[Segment, ...] = ()
    person_id: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", tuple(self.segments))
        for a, b in zip(self.segments, self.segments[1:], strict=False):
            if b.start_seconds < a.end_seconds:
                raise ValueError(
                    f"segments must be sorted and disjoint, got one ending at {a.end_seconds} s "
                    f"before one starting at {b.start_seconds} s"
                )

    def __len__(self) -> int:
        return len(self.segments)

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)

    def at(self, time_seconds: float) -> Segment | None:
        """The segment on show at a moment, or None."""
        return next((s for s in self.segments if s.start_seconds <= time_seconds < s.end_seconds), None)

    def __getitem__(self, number: int) -> Segment:
        return self.segments[number]

    def crop(self, start_seconds: float, end_seconds: float) -> Timeline:
        """What is on show from one moment to another; segments that reach beyond are cut there.

        Where a cut falls between frames, the frame is the one on show. Marks stay what they were: an
        apex may lie outside.

        Raises:
            ValueError: it ends before it begins.
        """
        if not start_seconds <= end_seconds:
            raise ValueError(f"from {start_seconds} s to {end_seconds} s is no stretch of time")
        inside = (s for s in self if s.start_seconds < end_seconds and s.end_seconds > start_seconds)
        return replace(self, segments=tuple(_cut(s, start_seconds, end_seconds) for s in inside))

    def lasting(self, seconds: float) -> Timeline:
        """Only the segments that are at least so long; the rest become gaps."""
        return replace(self, segments=tuple(s for s in self if s.duration_seconds >= seconds - _SLACK))

    def only(self, *emotions: str) -> Timeline:
        """Only the segments of these emotions."""
        return replace(self, segments=tuple(s for s in self if s.emotion in emotions))

    def merged(self, max_gap_seconds: float = 0.0) -> Timeline:
        """Neighbours of one emotion, with no longer gap between, as one segment.

        Of the whole, confidence and trust are means weighted by duration, onset and offset the outermost,
        intensity and apex those of the strongest part.
        """
        found: list[Segment] = []
        for s in self:
            last = found[-1] if found else None
            if (
                last
                and last.emotion == s.emotion
                and s.start_seconds - last.end_seconds <= max_gap_seconds + _SLACK
            ):
                found[-1] = _join(last, s)
            else:
                found.append(s)
        return replace(self, segments=tuple(found))

    def union(self, other: Timeline) -> Timeline:
        """This timeline and another of the same video, as of a person who was followed in two tracks.

        Raises:
            ValueError: of different videos, or both say something of one time.
        """
        if self.video_id != other.video_id:
            raise ValueError(
                f"timelines of two videos, {self.video_id!r} and {other.video_id!r}, are not one"
            )
        both = sorted((*self, *other), key=lambda s: s.start_seconds)
        return replace(self, segments=tuple(both))

    def to_pandas(self) -> pd.DataFrame:
        """A row for each segment; see :func:`seqfer.display.segment_table`."""
        return segment_table([self])

    def _repr_html_(self) -> str:
        return timelines_html([self])

    def transitions(self) -> tuple[Transition, ...]:
        """Changes between segments that touch; a gap (no face) is not a transition."""
        return tuple(
            _transition(a, b)
            for a, b in zip(self.segments, self.segments[1:], strict=False)
            if a.end_frame == b.start_frame and a.emotion != b.emotion
        )


def _cut(s: Segment, start: float, end: float) -> Segment:
    """A segment inside of ``start`` to ``end``; its frames are taken to be evenly spaced."""
    per_second = (s.end_frame - s.start_frame) / s.duration_seconds
    first, last = max(start, s.start_seconds), min(end, s.end_seconds)
    start_frame = min(s.start_frame + int((first - s.start_seconds) * per_second + _SLACK), s.end_frame - 1)
    end_frame = s.end_frame - int((s.end_seconds - last) * per_second + _SLACK)
    return replace(
        s,
        start_seconds=first,
        end_seconds=last,
        start_frame=start_frame,
        end_frame=max(end_frame, start_frame + 1),
    )


def _join(a: Segment, b: Segment) -> Segment:
    share = a.duration_seconds / (a.duration_seconds + b.duration_seconds)
    strong = a if a.intensity >= b.intensity else b
    return replace(
        a,
        end_seconds=b.end_seconds,
        end_frame=b.end_frame,
        confidence=share * a.confidence + (1 - share) * b.confidence,
        trusted=share * a.trusted + (1 - share) * b.trusted,
        intensity=strong.intensity,
        apex_seconds=strong.apex_seconds,
        offset_seconds=b.offset_seconds,
    )


def _transition(a: Segment, b: Segment) -> Transition:
    boundary = b.start_seconds
    begin = min(boundary, b.onset_seconds if b.onset_seconds is not None else boundary)
    end = max(boundary, a.offset_seconds if a.offset_seconds is not None else boundary)
    if a.emotion == NEUTRAL and b.apex_seconds is not None:
        end = max(end, min(b.apex_seconds, b.end_seconds))
    if b.emotion == NEUTRAL and a.apex_seconds is not None:
        begin = min(begin, max(a.apex_seconds, a.start_seconds))
    return Transition(
        time_seconds=boundary,
        start_seconds=begin,
        duration_seconds=end - begin,
        source=a.emotion,
        target=b.emotion,
        confidence=min(a.confidence, b.confidence),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class FramePredictions:
    """What a temporal model says of every frame of one face track.

    Attributes:
        track_id: number of the track in its store.
        frame_indices: int64 (T,), strictly rising; a jump is a stretch without the face.
        pts_seconds: float64 (T,), seconds, strictly rising.
        emotion_probs: float32 (T, K), rows sum to 1, columns in the order of ``vocabulary``.
        phase_probs: float32 (T, 4), columns as :data:`seqfer.labels.PHASES`.
        intensity: float32 (T,), 0 (neutral) to 1 (as strong as it gets).
        vocabulary: names of the K columns.
    """

    track_id: int
    frame_indices: NDArray[np.int64]
    pts_seconds: NDArray[np.float64]
    emotion_probs: NDArray[np.float32]
    phase_probs: NDArray[np.float32]
    intensity: NDArray[np.float32]
    vocabulary: Vocabulary

    def __post_init__(self) -> None:
        object.__setattr__(self, "vocabulary", as_vocabulary(self.vocabulary))
        t, k = len(self.frame_indices), len(self.vocabulary)
        wanted: dict[str, tuple[int, ...]] = {
            "frame_indices": (t,),
            "pts_seconds": (t,),
            "emotion_probs": (t, k),
            "phase_probs": (t, len(PHASES)),
            "intensity": (t,),
        }
        check_shapes(self, wanted)

    def __len__(self) -> int:
        return len(self.frame_indices)


def check_shapes(record: Any, wanted: dict[str, tuple[int, ...]]) -> None:
    """Raise ValueError naming every array attribute of ``record`` whose shape is not the wanted one."""
    wrong = [
        f"{name} is {np.shape(getattr(record, name))}, not {shape}"
        for name, shape in wanted.items()
        if np.shape(getattr(record, name)) != shape
    ]
    if wrong:
        raise ValueError(f"{type(record).__name__}: " + "; ".join(wrong))
