"""How far a batch is: bars on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from seqfer.jobs import Outcome

_LOG_SECONDS = 30.0
_OWN_BAR_SECONDS = 5.0  # a video at work for longer is shown by name
_MAX_BARS = 4
_SURE_SECONDS = 3.0  # before that, what is left is anybody's guess


class BatchProgress:
    """Counts videos, and fractions of those under way, on standard error.

    Args:
        total: how many videos there are to do.
        verb: what is being done to them.
        names: what to call them; those that take long are then shown each by itself.
        enabled: False shows nothing.
    """

    def __init__(
        self, total: int, verb: str, *, names: Mapping[int, str] | None = None, enabled: bool = True
    ) -> None:
        self._total = total
        self._verb = verb
        self._names = names or {}
        self._fractions: dict[int, list[float]] = {}
        self._begun: dict[int, float] = {}
        self._bars: dict[int, TaskID] = {}
        self._finished = 0
        self._failed = 0
        self._enabled = enabled
        self._console = Console(stderr=True)
        self._bar: Progress | None = None
        self._started = self._logged = time.monotonic()
        self._seconds = 0.0

    def __enter__(self) -> BatchProgress:
        if self._enabled and self._console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[count]}"),
                TextColumn("{task.fields[rate]}", style="dim"),
                TextColumn("{task.fields[left]}", style="cyan"),
                console=self._console,
                transient=True,
            )
            self._bar.__enter__()
            self._all = self._bar.add_task(self._verb, total=self._total, count="", rate="", left="")
            self._show()
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
        self._begun.setdefault(n, time.monotonic())

    def fraction(self, n: int, fraction: float, part: int = 0) -> None:
        """A part of video ``n`` (or all of it) is done to this fraction, 0 to 1."""
        self._begun.setdefault(n, time.monotonic())
        parts = self._fractions.setdefault(n, [0.0])
        parts[min(part, len(parts) - 1)] = fraction
        self._show()
        self._log()

    def done(self, n: int, outcome: Outcome) -> None:
        """Video ``n`` is finished."""
        self._fractions.pop(n, None)
        self._begun.pop(n, None)
        if self._bar is not None and n in self._bars:
            self._bar.remove_task(self._bars.pop(n))
        self._finished += 1
        self._failed += outcome.status == "failed"
        self._seconds += outcome.duration_seconds or 0.0
        self._show()
        self._log()

    def _completed(self) -> float:
        """Videos that are done, with the fractions of those under way."""
        return self._finished + sum(map(_mean, list(self._fractions.values())))

    def _rate(self) -> str:
        """How fast it goes, and what went wrong."""
        elapsed = max(1e-3, time.monotonic() - self._started)
        words = []
        if self._finished and self._total > 1:
            each = elapsed / self._finished
            words.append(f"{60 / each:.1f} videos/min" if each < 60 else f"{each / 60:.1f} min a video")
        if self._seconds:
            words.append(f"{self._seconds / elapsed:.1f} × real time")
        if self._failed:
            words.append(f"{self._failed} failed")
        return ", ".join(words)

    def _show(self) -> None:
        if self._bar is None:
            return
        now = time.monotonic()
        done = self._completed()
        self._bar.update(
            self._all,
            completed=done,
            count=f"{self._finished}/{self._total}",
            rate=self._rate(),
            left=_left(now - self._started, done / self._total),
        )
        for n, parts in list(self._fractions.items()):
            lasting = now - self._begun[n]
            if n in self._names and n not in self._bars and lasting > _OWN_BAR_SECONDS:
                if len(self._bars) >= _MAX_BARS:
                    continue
                # Names come from strangers: they are never read as markup.
                name = escape(_shortened(self._names[n]))
                self._bars[n] = self._bar.add_task(f"  {name}", total=1.0, count="", rate="", left="")
            if n in self._bars:
                share = _mean(parts)
                self._bar.update(
                    self._bars[n], completed=share, count=f"{share:.0%}", left=_left(lasting, share)
                )

    def _log(self) -> None:
        """Where there is no terminal: a line now and then, for long videos too."""
        now = time.monotonic()
        if not self._enabled or self._bar is not None or now - self._logged < _LOG_SECONDS:
            return
        if self._finished == self._total:
            return
        self._logged = now
        done = self._completed()
        words = [f"{self._finished} of {self._total} videos", f"{done / self._total:.0%}", self._rate()]
        words.append(_left(now - self._started, done / self._total))
        print(f"{self._verb}: {', '.join(w for w in words if w)}", file=sys.stderr, flush=True)


def _mean(parts: list[float]) -> float:
    return sum(parts) / len(parts)


def _left(elapsed: float, share: float) -> str:
    """How long it will take, if it goes on as it went; nothing while that cannot be told."""
    if elapsed < _SURE_SECONDS or share <= 0.001:
        return ""
    seconds = round(elapsed * (1 - share) / share)
    if seconds < 60:
        return f"{seconds} s left"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s left"
    return f"{seconds // 3600} h {seconds // 60 % 60:02d} min left"


def _shortened(name: str, width: int = 32) -> str:
    return name if len(name) <= width else f"{name[: width // 2 - 1]}…{name[-width // 2 :]}"
