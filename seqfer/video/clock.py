"""Presentation times of decoded frames: exact, from zero, strictly rising, whatever the stream does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TypeVar

_REORDERED = 16  # frames that AVI may leave without a time at the end: the deepest reordering of H.264
_BACKWARD_JUMP = Fraction(1)  # seconds: less is a frame out of order, more is a clock that was reset
_FORWARD_JUMP = Fraction(10)  # seconds: more is no pause, in a stream whose clock may be reset

T = TypeVar("T")
Ticks = int | Fraction


class Clock:
    """Turns time stamps into seconds since the first displayed frame.

    Args:
        time_base: seconds per tick of the stream.
        step: declared seconds from frame to frame, for frames that carry no time of their own.
        resets: the clock of this kind of stream may be set anew on the way (transport streams).
        say: receives one line for everything that had to be guessed or dropped.
        origin_ticks: time stamp of the first displayed frame; None where that is the first one met.
    """

    def __init__(
        self,
        *,
        time_base: Fraction,
        step: Fraction,
        resets: bool,
        say: Callable[[str], None],
        origin_ticks: int | None = None,
    ) -> None:
        # All times are in ticks here: whole numbers, as a rule, and far quicker than fractions of a second.
        self._time_base, self._step, self._resets, self._say = time_base, step / time_base, resets, say
        self._backward, self._forward = _BACKWARD_JUMP / time_base, _FORWARD_JUMP / time_base
        # Minus the time of the first frame.
        self._shift: Ticks | None = None if origin_ticks is None else -origin_ticks
        self._last: Ticks | None = None
        self._guessed = self._mended = self._dropped = 0

    @property
    def last_seconds(self) -> float | None:
        """Time of the last frame so far; None before the first."""
        return None if self._last is None else self._seconds(self._last)

    def position(self, ticks: int | None) -> float:
        """About where in the video a time stamp lies, for messages, seconds."""
        if ticks is None or self._shift is None:
            return self._seconds(self._last or 0)
        return max(0.0, self._seconds(ticks + self._shift))

    def _seconds(self, time: Ticks) -> float:
        # The float nearest to the exact value, as of a Fraction, in a tenth of the time.
        return float(time * self._time_base.numerator / self._time_base.denominator)

    def run(self, stamped: Iterable[tuple[int | None, T]]) -> Iterator[tuple[float, T]]:
        """Frames with their seconds, strictly rising.

        A frame whose time does not come after the one before goes between its neighbours if there is a
        gap for it (some containers mislabel a frame now and then), and is dropped otherwise (a duplicate).

        Args:
            stamped: (ticks, frame) in order of display; ticks are None where a frame has no time.
        """
        held: list[T] = []
        for ticks, frame in stamped:
            before, time = self._last, self._advance(ticks)
            if time is None:
                held.append(frame)
                if len(held) > _REORDERED:
                    self._dropped += 1
                    del held[0]
                continue
            if held:
                yield from self._between(before, time, held)
                held = []
            yield self._seconds(time), frame
        self._dropped += len(held)
        self._sum_up()

    def _advance(self, ticks: int | None) -> Ticks | None:
        """The time of the next frame; None if it does not come after the last one."""
        if ticks is None:
            self._guessed += 1
            self._last = self._following()
            return self._last
        if self._shift is None:
            self._shift = self._following() - ticks
        time = ticks + self._shift
        if self._last is not None:
            ahead = time - self._last
            if -self._backward < ahead <= 0:
                return None
            if ahead <= 0 or (self._resets and ahead > self._forward):
                self._say(
                    f"the clock jumps by {self._seconds(ahead):.1f} s at {self._seconds(self._last):.1f} s; "
                    "times go on from there"
                )
                time = self._following()
                self._shift = time - ticks
        self._last = time
        return time

    def _following(self) -> Ticks:
        return 0 if self._last is None else self._last + self._step

    def _between(self, before: Ticks | None, after: Ticks, held: Sequence[T]) -> Iterator[tuple[float, T]]:
        gap = after - (before or 0)
        if gap < (len(held) + Fraction(1, 2)) * self._step:
            self._dropped += len(held)
            return
        self._mended += len(held)
        for number, frame in enumerate(held, start=1):
            yield self._seconds((before or 0) + Fraction(gap * number, len(held) + 1)), frame

    def _sum_up(self) -> None:
        if self._guessed > _REORDERED or (self._guessed and self._shift is None):
            rate = float(1 / (self._step * self._time_base))
            self._say(f"{self._guessed} frame(s) without a time, counted at {rate:g} a second")
        if self._mended:
            self._say(f"{self._mended} frame(s) with a time out of order, put between their neighbours")
        if self._dropped:
            self._say(f"{self._dropped} frame(s) dropped whose time does not come after the one before")
