"""``seqfer inspect``: what is in a run's folder, a track store, predictions, or a timeline."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jsonargparse import ArgumentParser
from rich.console import Console
from rich.table import Table
from rich.text import Text

from seqfer.errors import StoreError
from seqfer.export.filmstrip import write_filmstrip
from seqfer.export.timeline_json import read_timelines
from seqfer.jobs import read_summary
from seqfer.store import find_damage, find_faults, find_stores, open_store, read_predictions

from .inspect_json import facts
from .options import verb_parser
from .tables import console_for_tables
from .task import logs_below

_EXAMPLES = """
  seqfer inspect results --failed                              what failed, and why
  seqfer inspect results/clip.json                             a timeline, as a table
  seqfer inspect results/tracks/clip.h5 --filmstrip faces.png  the faces of a video
"""


def make_parser() -> ArgumentParser:
    """The verb's options."""
    parser = verb_parser(
        "inspect", "PLACE", "Say what is in a run's folder, or in one .h5 or .json file of it.", _EXAMPLES
    )
    parser.add_argument("path", type=Path, help="a run's folder, a track store, predictions, or a timeline")
    parser.add_argument("--failed", action="store_true", help="of a folder: what failed, why, and its logs")
    parser.add_argument(
        "--check", action="store_true", help="look through track stores, every picture, for damage"
    )
    parser.add_argument("--filmstrip", type=Path, help="PNG file to draw the faces of a track store into")
    parser.add_argument("--json", action="store_true", help="for scripts: as JSON")
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = make_parser()
    args = parser.parse_args(list(argv))
    if args.check:
        return _check(args.path)
    if args.json:
        print(json.dumps(facts(args.path, only_failed=args.failed), indent=1))
        return 0
    console = console_for_tables()
    if args.filmstrip is not None:
        with open_store(args.path) as store:
            write_filmstrip(args.filmstrip, store)
        console.print(Text(f"{args.filmstrip}: the faces of {args.path}"))
    elif args.path.is_dir():
        _show_run(console, args.path, args.failed)
    elif args.path.suffix == ".json":
        _show_timelines(console, args.path)
    else:
        try:
            _show_store(console, args.path)
        except StoreError as error:
            if "seqfer.predictions" not in error.reason:
                raise
            _show_predictions(console, args.path)
    return 0


def _check(place: Path) -> int:
    """Check a store, or those of a run's folder: a line for each fault; 1 if there is any."""
    stores = find_stores(place)
    found = [(path, fault) for path in stores for fault in find_faults(path)]
    if place.is_dir():  # what else is there has a checksum, and no pictures
        others = [path for name in ("predictions", "embeddings") for path in (place / name).rglob("*.h5")]
        found += [(path, fault) for path in sorted(others) if (fault := _damage(path))]
    for path, fault in found:
        print(f"seqfer inspect: {path}: {fault}", file=sys.stderr)
    if not found:
        print(f"{place}: {len(stores)} track stores, all whole" if place.is_dir() else f"{place}: whole")
    return int(bool(found))


def _damage(path: Path) -> str | None:
    try:
        return find_damage(path)
    except StoreError as error:
        return error.reason


def _show_run(console: Console, folder: Path, only_failed: bool) -> None:
    rows = read_summary(folder)
    table = _table("video", "status", "frames", "duration_s", "tracks", "segments", "notes", "error")
    for row in rows:
        if not only_failed or row.get("status") == "failed":
            table.add_row(*(Text(row.get(str(c.header)) or "") for c in table.columns))
    console.print(table)
    if only_failed:
        for _, log in logs_below(folder):
            console.print(Text(f"\n{log}:\n{log.read_text(encoding='utf-8', errors='replace')}"))
    failed = sum(row.get("status") == "failed" for row in rows)
    console.print(f"{len(rows)} videos, {failed} failed")


def _show_store(console: Console, path: Path) -> None:
    with open_store(path) as store:
        facts = ", ".join(f"{k} {v}" for k, v in store.source.items() if k != "notes" and v is not None)
        console.print(Text(f"{store.video_id}: track store\n  video: {facts}"))
        for note in store.source["notes"]:
            console.print(Text(f"  note: {note}"))
        table = _table(
            "track", "from_s", "to_s", "frames", "interpolated", "gaps", "mean score", "eyes px", "sharpness"
        )
        for track in store.tracks:
            gaps = int((track.frame_indices[1:] - track.frame_indices[:-1] > 1).sum())
            table.add_row(
                str(track.track_id),
                f"{track.pts_seconds[0]:.3f}",
                f"{track.pts_seconds[-1]:.3f}",
                str(len(track)),
                f"{track.interpolated.mean():.0%}",
                str(gaps),
                f"{track.scores.mean():.2f}",
                f"{np.median(track.quality.eye_distance_pixels):.0f}",
                f"{np.median(track.quality.sharpness):.2f}",
            )
        console.print(table)


def _show_predictions(console: Console, path: Path) -> None:
    found = read_predictions(path)
    console.print(Text(f"{found.video_id}: predictions by {found.model['name']}"))
    table = _table("track", "frames", *found.model["vocabulary"])
    for track in found.tracks:
        shares = (f"{p:.0%}" for p in track.emotion_probs.mean(axis=0))
        table.add_row(str(track.track_id), str(len(track)), *shares)
    console.print(table)


def _show_timelines(console: Console, path: Path) -> None:
    table = _table(
        "track", "from_s", "to_s", "emotion", "confidence", "intensity", "onset_s", "apex_s", "offset_s"
    )
    for timeline in read_timelines(path):
        for s in timeline:
            marks = (
                "" if m is None else f"{m:.3f}" for m in (s.onset_seconds, s.apex_seconds, s.offset_seconds)
            )
            table.add_row(
                str(timeline.track_id),
                f"{s.start_seconds:.3f}",
                f"{s.end_seconds:.3f}",
                Text(s.emotion),
                f"{s.confidence:.2f}",
                f"{s.intensity:.2f}",
                *marks,
            )
    console.print(table)


def _table(*names: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    return table
