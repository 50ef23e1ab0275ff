"""``seqfer export``: per-frame probabilities to timelines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seqfer.decoding import DecodingConfig, QualityGate
from seqfer.export import FormatName
from seqfer.jobs import RunConfig

from .batch import run_batch
from .options import add_cluster, parsed, verb_parser
from .predict import plan_stores


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = verb_parser("export", "Per-frame probabilities (OUT/predictions) to timelines in OUT.")
    parser.add_argument("out", type=Path, help="folder that seqfer predict or run wrote to")
    parser.add_argument(
        "--formats", type=tuple[FormatName, ...], default=("csv",), help="beside JSON: csv, frames"
    )
    parser.add_argument("--gate", type=QualityGate, default=QualityGate())
    parser.add_argument("--decoding", type=DecodingConfig, default=DecodingConfig())
    add_cluster(parser)
    made = parsed(parser, argv)
    config = RunConfig(gate=made.gate, decoding=made.decoding, formats=made.formats)
    jobs = plan_stores(made.out, ("export",), config)
    return run_batch(jobs, made.out, made.cluster, quiet=made.quiet, verb="export").exit_code
