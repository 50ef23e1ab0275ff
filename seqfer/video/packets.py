"""What the packets of a file say of its frames, read without decoding: thousands of frames in a blink."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .container import UNREADABLE, has_no_times, may_reset_clock, open_video, pixel_aspect


@dataclass(frozen=True, kw_only=True, eq=False)
class PacketIndex:
    """One entry per displayed frame, in order of display.

    Attributes:
        ticks: int64 (N,), presentation time stamps, strictly rising.
        is_key: bool (N,), decoding can begin here.
        time_base: seconds per tick.
        longest_run: most packets from one key frame up to the next.
        may_reset_clock: this is a transport stream or the like.
        pixel_aspect: width of a pixel over its height.
    """

    ticks: NDArray[np.int64]
    is_key: NDArray[np.bool_]
    time_base: Fraction
    longest_run: int
    may_reset_clock: bool
    pixel_aspect: float

    def __len__(self) -> int:
        return len(self.ticks)

    @property
    def pts_seconds(self) -> NDArray[np.float64]:
        """float64 (N,), zero at the first displayed frame."""
        first = int(self.ticks[0])
        return np.array([float((tick - first) * self.time_base) for tick in self.ticks.tolist()])


def index_packets(path: Path) -> PacketIndex | None:
    """The frames of a file by its packets, or None where they do not tell: damaged, without times.

    Raises:
        VideoError: see :func:`seqfer.video.container.open_video`.
    """
    stamps: list[tuple[int, bool]] = []
    run = longest_run = 0
    with open_video(path) as (container, stream):
        if has_no_times(stream) or (container.format.name == "avi" and stream.codec_context.has_b_frames):
            return None
        try:
            for packet in container.demux(stream):
                if not packet.size:
                    continue
                run = 1 if packet.is_keyframe else run + 1
                longest_run = max(longest_run, run)
                if packet.pts is None or packet.is_corrupt:
                    return None
                if not packet.is_discard:  # an edit list may have packets decoded but not displayed
                    stamps.append((packet.pts, packet.is_keyframe))
        except UNREADABLE:
            return None
        stamps.sort()
        ticks = [tick for tick, _ in stamps]
        if not ticks or any(a == b for a, b in itertools.pairwise(ticks)):
            return None
        return PacketIndex(
            ticks=np.array(ticks, np.int64),
            is_key=np.array([key for _, key in stamps]),
            time_base=stream.time_base or Fraction(1, 1000),
            longest_run=longest_run,
            may_reset_clock=may_reset_clock(stream),
            pixel_aspect=pixel_aspect(stream),
        )
