"""Presentation times of decoded frames: exact, from zero, strictly rising, whatever the stream does."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

_BACKWARD_JUMP = Fraction(1)  # seconds: less is a frame out of order, more is a clock that was reset


class Clock:
    """Turns time stamps into seconds since the first displayed frame.

    Args:
        time_base: seconds per tick of the stream.
        rate: declared frames per second, for frames that carry no time of their own.
        say: receives one line for everything that had to be guessed or dropped.
    """

    def __init__(self, *, time_base: Fraction, rate: Fraction, say: Callable[[str], None]) -> None:
        self._time_base = time_base
        self._step = 1 / rate
        self._rate = rate
        self._say = say
        self._shift: Fraction | None = None  # minus the time of the first frame
        self._last: Fraction | None = None
        self._has_pts = False
        self._guessed = 0
        self._dropped = 0

    def position(self, ticks: int | None) -> float:
        """About where in the video a packet lies, for messages, seconds."""
        if ticks is None or self._shift is None:
            return float(self._last or 0)
        return max(0.0, float(ticks * self._time_base + self._shift))

    def tell(self, pts: int | None, dts: int | None) -> float | None:
        """Seconds of the next frame in order of display; None for one that must be dropped.

        Args:
            pts: its presentation time stamp, ticks.
            dts: the time stamp of the packet it came out with, ticks: good while there are no others.
        """
        self._has_pts = self._has_pts or pts is not None
        ticks = pts if self._has_pts else dts
        if ticks is None:
            self._guessed += 1
            time = Fraction(0) if self._last is None else self._last + self._step
        else:
            raw = ticks * self._time_base
            if self._shift is None:
                self._shift = (Fraction(0) if self._last is None else self._last + self._step) - raw
            time = raw + self._shift
        if self._last is not None and time <= self._last:
            if self._last - time < _BACKWARD_JUMP:
                self._dropped += 1
                return None
            self._say(f"the clock jumps back at {float(self._last):.1f} s; times go on from there")
            resumed = self._last + self._step
            self._shift, time = (self._shift or 0) + resumed - time, resumed
        self._last = time
        return float(time)

    def finish(self) -> float | None:
        """Say what was guessed and dropped; seconds of the last frame, None if there was none."""
        if self._guessed:
            self._say(
                f"{self._guessed} frames carry no time; counted on at {float(self._rate):g} frames a second"
            )
        if self._dropped:
            self._say(f"{self._dropped} frames dropped whose time does not come after the one before")
        return None if self._last is None else float(self._last)
