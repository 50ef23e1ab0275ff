"""What went wrong while decoding, gathered into one line per stretch of damage."""

from __future__ import annotations

from collections.abc import Callable

from .clock import Clock

_REPORT_SECONDS = 1.0  # damage that lies closer together is one line


class Damage:
    """Counts packets, and gathers what is wrong with them into one line per stretch."""

    def __init__(self, clock: Clock, say: Callable[[str], None]) -> None:
        self.packets = 0
        self._gaps: list[float] = []  # about where packets are missing, seconds; no frame behind it yet
        self._clock, self._say = clock, say
        self._start()

    def _start(self) -> None:
        self._skipped, self._patched, self._why = 0, 0, ""
        self._near_seconds: float | None = None

    def skipped(self, ticks: int | None, why: str) -> None:
        """A packet could not be read or decoded."""
        self._skipped += 1
        self._why = self._why or f" ({why})"
        position = self._clock.position(ticks)
        self._gaps.append(position)
        if self._near_seconds is None:
            self._near_seconds = position

    def meets(self, seconds: float, is_patched: bool) -> bool:
        """Whether the frame displayed next is damaged, or the first behind a gap.

        Args:
            seconds: its time.
            is_patched: it was decoded with pieces missing, and patched up by the decoder.
        """
        if is_patched:
            self._patched += 1
            if self._near_seconds is None:
                self._near_seconds = seconds
        is_behind_gap = any(gap < seconds for gap in self._gaps)
        self._gaps = [gap for gap in self._gaps if gap >= seconds]
        return is_patched or is_behind_gap

    def report_before(self, seconds: float) -> None:
        """Say what has gathered, if it began long enough before a time to be a stretch of its own."""
        if self._near_seconds is not None and self._near_seconds <= seconds - _REPORT_SECONDS:
            self.report()

    def report(self) -> None:
        """Say what has gathered."""
        if self._near_seconds is None:
            return
        what = [
            f"{count} {noun}{'s' * (count > 1)} {fate}"
            for count, noun, fate in (
                (self._skipped, "damaged packet", "skipped"),
                (self._patched, "damaged picture", "kept"),
            )
            if count
        ]
        self._say(f"{', '.join(what)} near {self._near_seconds:.1f} s{self._why}")
        self._start()
