"""``seqfer persons``: which face tracks show the same person."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from seqfer.jobs import RunConfig
from seqfer.persons import PersonsConfig

from .batch import compute_batch
from .grouping import group_run
from .options import add_cluster, parsed, verb_parser
from .predict import plan_stores
from .run import preflight

_EXAMPLES = """
  seqfer persons results --embedder arcface_r50.onnx
  seqfer persons results --embedder arcface_r50.onnx --scope run --threshold 0.4 && seqfer export results
seqfer export (and run) then say who it is in every table.
"""


def make_parser() -> ArgumentParser:
    """The verb's options."""
    parser = verb_parser(
        "persons",
        "OUT --embedder FILE.onnx",
        "Face tracks (OUT/tracks) that show the same person: OUT/persons.csv and .json.",
        _EXAMPLES,
    )
    parser.add_argument("out", type=Path, help="folder that seqfer extract or run wrote to")
    parser.add_class_arguments(PersonsConfig)
    add_cluster(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = make_parser()
    made = parsed(parser, argv)
    try:
        config = PersonsConfig(**{name: made[name] for name in PersonsConfig.__dataclass_fields__})
    except ValueError as error:
        parser.error(str(error))
    if config.embedder is None:
        parser.error("--embedder is missing: a path or an https address of an ArcFace-style ONNX network")
    preflight(parser, made.cluster, model=None, detector=None, persons=config)
    jobs = plan_stores(made.out, ("embed",), RunConfig(persons=config))
    batch = compute_batch(jobs, made.out, made.cluster, quiet=made.quiet, verb="persons")
    failed = [outcome.error for outcome in batch.outcomes if outcome.status == "failed"]
    for line in failed:
        print(f"seqfer persons: {line}", file=sys.stderr)
    if batch.interrupted:
        return 130
    group_run(made.out, config, quiet=made.quiet)
    return int(bool(failed))
