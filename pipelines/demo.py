"""``seqfer demo``: sample videos, the whole way through, and where to look."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser
from rich.text import Text

from seqfer.export import ExportConfig, output_path
from seqfer.export.timeline_json import read_timelines
from seqfer.jobs import STAGES, RunConfig
from seqfer.report import INDEX_NAME
from seqfer.samples import Sample, write_samples
from seqfer.timeline import Timeline

from .batch import run_batch
from .options import add_cluster, parsed, verb_parser
from .report import report_run
from .run import plan
from .tables import console_for_tables, print_json


def make_parser() -> ArgumentParser:
    """The verb's options."""
    parser = verb_parser("demo", "", "Make sample videos from one photograph and run the whole way on them.")
    parser.add_argument("-o", "--out", type=Path, default=Path("seqfer-demo"), help="folder for all of it")
    add_cluster(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = make_parser()
    made = parsed(parser, argv)
    videos, results = made.out / "videos", made.out / "results"
    if not made.quiet and not made.json:
        print(f"Making sample videos in {videos} …", file=sys.stderr)
    samples = write_samples(videos)
    jobs = plan([str(videos)], results, STAGES, RunConfig(export=ExportConfig(to=("csv", "frames"))))
    batch = run_batch(jobs, results, made.cluster, quiet=made.quiet or made.json, verb="demo")
    if batch.interrupted:
        return batch.exit_code
    untold = report_run(results, quiet=True)
    if made.json:
        print_json(batch.outcomes, results, batch.exit_code)
    elif not made.quiet:
        _tell(samples, results)
    # The last sample is broken on purpose; anything else that failed is a fault.
    failed = [o.path for o in batch.outcomes if o.status == "failed"]
    return untold if failed == [str(samples[-1].path)] else 1


def _tell(samples: Sequence[Sample], results: Path) -> None:
    console = console_for_tables()
    console.print(
        "\nThese videos are synthetic: one photograph (NASA, public domain, from scikit-image), moved\n"
        "and warped. The expressions are made, not felt; what happens when is known: that is their use.\n"
    )
    for sample in samples:
        console.print(Text(f"{sample.path.name}: {sample.description}", style="bold"))
        if not sample.events:
            continue
        console.print(Text("  made:  " + ", ".join(f"{t:.2f} s {what}" for t, what in sample.events)))
        for timeline in read_timelines(output_path(results, sample.path.stem, "json")):
            console.print(Text(f"  found: face {timeline.track_id}: {_words(timeline)}"))
    console.print(Text(f"\nTimelines: {results}   Videos: {samples[0].path.parent}"))
    console.print(Text(f"To look at: {results / INDEX_NAME}"))


def _words(timeline: Timeline) -> str:
    return ", ".join(f"{s.start_seconds:.2f}–{s.end_seconds:.2f} s {s.emotion}" for s in timeline)
