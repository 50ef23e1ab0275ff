"""A stretch of a video that can be read on its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Span:
    """Frames displayed from one key frame up to another; by default a whole video.

    Attributes:
        index: 0 for the first span of a video.
        start_tick: time stamp of the key frame it begins with; None from the beginning.
        stop_tick: time stamp of the first frame that belongs to the next span; None to the end.
        origin_tick: time stamp of the first frame of the whole video; None where it begins with that.
        start_frame: index of its first frame, as the packets promise (see :func:`seqfer.video.plan_spans`).
        start_seconds: presentation time of its first frame.
        stop_seconds: presentation time of the first frame of the next span; None to the end.
    """

    index: int = 0
    start_tick: int | None = None
    stop_tick: int | None = None
    origin_tick: int | None = None
    start_frame: int = 0
    start_seconds: float = 0.0
    stop_seconds: float | None = None

    @property
    def is_whole(self) -> bool:
        """It is all of a video."""
        return self.start_tick is None and self.stop_tick is None
