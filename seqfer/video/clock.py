"""Presentation times of decoded frames: exact, from zero, strictly rising, whatever the stream does."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

_BACKWARD_JUMP = Fraction(1)  # seconds: less is a frame out of order, more is a clock that was reset
_REORDERED = 16  # frames that AVI may leave without a time at the end: the deepest reordering of H.264
_FORWARD_JUMP = Fraction(10)  # seconds: more is no pause, in a stream whose clock may be reset


class Clock:
    """Turns time stamps into seconds since the first displayed frame.

    Args:
        time_base: seconds per tick of the stream.
        step: declared seconds from frame to frame, for frames that carry no time of their own.
        resets: the clock of this kind of stream may be set anew on the way (transport streams).
        say: receives one line for everything that had to be guessed or dropped.
    """

    def __init__(
        self, *, time_base: Fraction, step: Fraction, resets: bool, say: Callable[[str], None]
    ) -> None:
        self._time_base, self._step, self._resets, self._say = time_base, step, resets, say
        self._shift: Fraction | None = None  # minus the time of the first frame
        self._last: Fraction | None = None
        self._guessed = 0
        self._dropped = 0

    def position(self, ticks: int | None) -> float:
        """About where in the video a time stamp lies, for messages, seconds."""
        if ticks is None or self._shift is None:
            return float(self._last or 0)
        return max(0.0, float(ticks * self._time_base + self._shift))

    def tell(self, ticks: int | None) -> float | None:
        """Seconds of the next frame in order of display; None for one that must be dropped.

        Args:
            ticks: its time stamp; None if it has none.
        """
        following = Fraction(0) if self._last is None else self._last + self._step
        if ticks is None:
            self._guessed += 1
            self._last = following
            return float(following)
        stamp = ticks * self._time_base
        if self._shift is None:
            self._shift = following - stamp
        time = stamp + self._shift
        if self._last is not None:
            ahead = time - self._last
            if -_BACKWARD_JUMP < ahead <= 0:
                self._dropped += 1
                return None
            if ahead <= 0 or (self._resets and ahead > _FORWARD_JUMP):
                self._say(
                    f"the clock jumps by {float(ahead):.1f} s at {float(self._last):.1f} s; "
                    "times go on from there"
                )
                self._shift, time = following - stamp, following
        self._last = time
        return float(time)

    def finish(self) -> float | None:
        """Say what was guessed and dropped; seconds of the last frame, None if there was none."""
        if self._guessed > _REORDERED or (self._guessed and self._shift is None):
            rate = float(1 / self._step)
            self._say(f"{self._guessed} frame(s) without a time, counted at {rate:g} a second")
        if self._dropped:
            self._say(f"{self._dropped} frame(s) dropped whose time does not come after the one before")
        return None if self._last is None else float(self._last)
