"""Tables for people to read."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from seqfer.jobs import SUMMARY_NAME, Outcome
from seqfer.keys import plain

_MAX_ROWS = 40


def print_outcomes(outcomes: Sequence[Outcome], out: Path) -> None:
    """What became of each video: all of a small batch, the failures and totals of a large one."""
    console = console_for_tables()
    shown = outcomes if len(outcomes) <= _MAX_ROWS else [o for o in outcomes if o.status == "failed"]
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("video", overflow="fold")
    for name in ("duration", "tracks", "segments"):
        table.add_column(name, justify="right")
    table.add_column("status", overflow="fold")
    for o in shown[:_MAX_ROWS]:
        status = Text("ok", style="green") if o.status == "ok" else Text("failed", style="red")
        if o.status == "ok" and not o.done:
            status = Text("up to date", style="green")
        if o.notes:
            status.append(f" ({'; '.join(o.notes)})", style="yellow")
        # Names come from strangers: as Text they are never read as markup.
        table.add_row(
            Text(o.video_id), _time(o.duration_seconds), _count(o.num_tracks), _count(o.num_segments), status
        )
    if shown:
        console.print(table)
    failed = sum(o.status == "failed" for o in outcomes)
    if len(shown) > _MAX_ROWS or len(shown) < len(outcomes):
        console.print(f"{len(outcomes)} videos, {failed} failed")
    console.print(Text(f"Results: {out}   Summary: {out / SUMMARY_NAME}"))


def print_json(outcomes: Sequence[Outcome], out: Path, exit_code: int) -> None:
    """The same as one JSON object on standard output, for scripts."""
    document = {
        "out": str(out),
        "exit_code": exit_code,
        "failed": sum(o.status == "failed" for o in outcomes),
        "videos": [plain(o) for o in outcomes],
    }
    print(json.dumps(document, ensure_ascii=True, indent=1))


def console_for_tables() -> Console:
    """Standard output; as wide as need be where it is not a terminal, so that no line is cut."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds:.2f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _count(value: int | None) -> str:
    return "–" if value is None else str(value)
