"""``seqfer export``: per-frame probabilities to timelines, in any format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from seqfer.decoding import DecodingConfig, QualityGate
from seqfer.jobs import RunConfig

from .batch import run_batch
from .measures import count_run
from .options import add_cluster, add_export, export_config, parsed, verb_parser
from .predict import plan_stores

_EPILOG = """
examples:
  seqfer export results --to eaf                          correct it in ELAN; then seqfer import-labels
  seqfer export results --to csv,vtt --min-duration 0.5   only what lasts half a second or longer
  seqfer export results --to transitions --person p001    one person's changes (who is who: seqfer persons)
  seqfer export results --gate.max_yaw_degrees 40         trust only faces that look this way
"""


def make_parser() -> ArgumentParser:
    """The verb's options."""
    parser = verb_parser(
        "export",
        "Per-frame probabilities (OUT/predictions) to timelines in OUT: tables, ELAN, Praat, subtitles.",
        _EPILOG,
    )
    parser.add_argument("out", type=Path, help="folder that seqfer predict or run wrote to")
    add_export(parser)
    parser.add_argument("--gate", type=QualityGate, default=QualityGate())
    parser.add_argument("--decoding", type=DecodingConfig, default=DecodingConfig())
    add_cluster(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = make_parser()
    made = parsed(parser, argv)
    config = RunConfig(gate=made.gate, decoding=made.decoding, export=export_config(parser, made))
    jobs = plan_stores(made.out, ("export",), config)
    batch = run_batch(jobs, made.out, made.cluster, quiet=made.quiet, verb="export")
    return count_run(batch, made.out, config.export, verb="export")
