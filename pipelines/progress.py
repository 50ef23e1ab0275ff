"""How far a batch is: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from seqfer.jobs import Outcome

_LOG_SECONDS = 30.0


class BatchProgress:
    """Counts videos, and fractions of those under way, on standard error.

    Args:
        total: how many videos there are to do.
        verb: what is being done to them.
        enabled: False shows nothing.
    """

    def __init__(self, total: int, verb: str, *, enabled: bool = True) -> None:
        self._total = total
        self._verb = verb
        self._fractions: dict[int, list[float]] = {}
        self._finished = 0
        self._failed = 0
        self._enabled = enabled
        self._console = Console(stderr=True)
        self._bar: Progress | None = None
        self._logged = time.monotonic()
        self._seconds = 0.0
        self._started = time.monotonic()

    def __enter__(self) -> BatchProgress:
        if self._enabled and self._console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(compact=True),
                console=self._console,
                transient=True,
            )
            self._bar.__enter__()
            self._task = self._bar.add_task(self._verb, total=self._total, rate="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, error, trace)
            self._bar = None

    def divided(self, n: int, parts: int) -> None:
        """Video ``n`` is done in so many parts."""
        self._fractions[n] = [0.0] * parts

    def fraction(self, n: int, fraction: float, part: int = 0) -> None:
        """A part of video ``n`` (or all of it) is done to this fraction, 0 to 1."""
        parts = self._fractions.setdefault(n, [0.0])
        parts[min(part, len(parts) - 1)] = fraction
        self._show()

    def done(self, n: int, outcome: Outcome) -> None:
        """Video ``n`` is finished."""
        self._fractions.pop(n, None)
        self._finished += 1
        self._failed += outcome.status == "failed"
        self._seconds += outcome.duration_seconds or 0.0
        self._show()
        if (
            self._enabled
            and self._bar is None
            and (time.monotonic() - self._logged > _LOG_SECONDS and self._finished < self._total)
        ):
            self._logged = time.monotonic()
            failed = f", {self._failed} failed" if self._failed else ""
            print(f"{self._verb}: {self._finished} of {self._total} videos{failed}", file=sys.stderr)

    def _show(self) -> None:
        if self._bar is None:
            return
        elapsed = max(1e-3, time.monotonic() - self._started)
        rate = f"{self._seconds / elapsed:.1f} × real time" if self._seconds else ""
        if self._failed:
            rate += f"  {self._failed} failed"
        self._bar.update(
            self._task,
            completed=self._finished + sum(sum(f) / len(f) for f in self._fractions.values()),
            rate=rate,
        )
