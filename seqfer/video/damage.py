"""What went wrong while decoding, gathered into one line per stretch of damage."""

from __future__ import annotations

from collections.abc import Callable

from .clock import Clock

_REPORT_SECONDS = 1.0  # damage that lies closer together is one line


class Damage:
    """Counts packets, and gathers what is wrong with them into one line per stretch."""

    def __init__(self, clock: Clock, say: Callable[[str], None]) -> None:
        self.packets = 0
        self._clock, self._say = clock, say
        self._start()

    def _start(self) -> None:
        self._skipped, self._patched, self._why = 0, 0, ""
        self._near_seconds: float | None = None

    def skipped(self, ticks: int | None, why: str) -> None:
        """A packet could not be read or decoded."""
        self._skipped += 1
        self._why = self._why or f" ({why})"
        if self._near_seconds is None:
            self._near_seconds = self._clock.position(ticks)

    def patched(self, seconds: float | None) -> None:
        """A picture was decoded with pieces missing, and patched up by the decoder (None: it was not)."""
        if seconds is not None:
            self._patched += 1
            if self._near_seconds is None:
                self._near_seconds = seconds

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
