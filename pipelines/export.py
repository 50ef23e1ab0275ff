"""``seqfer export``: per-frame probabilities to timelines, in any format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from seqfer.decoding import DecodingConfig, QualityGate
from seqfer.errors import InputError
from seqfer.export import ExportConfig, find_persons
from seqfer.jobs import RunConfig

from .batch import finished_with, run_batch
from .measures import count_run
from .options import add_cluster, add_export, export_config, parsed, verb_parser
from .predict import plan_stores

_EXAMPLES = """
  seqfer export results --to eaf                          correct it in ELAN; then seqfer import-labels
  seqfer export results --to csv,vtt --min-duration 0.5   only what lasts half a second or longer
  seqfer export results --to transitions --person p001    one person's changes (who is who: seqfer persons)
  seqfer export results --gate.max_yaw_degrees 40         trust only faces that look this way
"""


def make_parser() -> ArgumentParser:
    """The verb's options."""
    parser = verb_parser(
        "export",
        "OUT",
        "Per-frame probabilities (OUT/predictions) to timelines in OUT.",
        _EXAMPLES,
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
    _check_persons(made.out, config.export)
    batch = run_batch(jobs, made.out, made.cluster, quiet=made.quiet or made.json, verb="export")
    return finished_with(count_run(batch, made.out, config.export, verb="export"), made)


def _check_persons(out: Path, config: ExportConfig) -> None:
    """Raise InputError where a person is asked for who is in no video."""
    names = {name for name in config.persons if not name.isdecimal()}
    if not names:
        return
    persons = find_persons(out)
    if persons is None:
        raise InputError(
            out, "nobody knows who is who here: seqfer persons finds out (a face track's number will do too)"
        )
    strangers = names - {track.person_id for tracks in persons.tracks.values() for track in tracks}
    if strangers:
        raise InputError(out, f"no such person: {', '.join(sorted(strangers))}; persons.csv lists them")
