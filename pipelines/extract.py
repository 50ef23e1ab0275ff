"""``seqfer extract``: videos to aligned face tracks."""

from __future__ import annotations

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from seqfer.extraction import ExtractionConfig
from seqfer.jobs import RunConfig

from .batch import finished_with, run_batch
from .options import add_cluster, add_videos, parsed, verb_parser
from .run import plan, preflight

_EXAMPLES = """
  seqfer extract /data/study -o study --cluster.workers 8
  seqfer extract clip.mp4 -o out --extraction.crop_size 224   larger faces, for other models
"""


def make_parser() -> ArgumentParser:
    """The verb's options."""
    parser = verb_parser(
        "extract",
        "VIDEOS… -o OUT",
        "Videos to aligned face tracks: one HDF5 store per video, in OUT/tracks.",
        _EXAMPLES,
    )
    add_videos(parser)
    parser.add_argument("--extraction", type=ExtractionConfig, default=ExtractionConfig())
    add_cluster(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = make_parser()
    made = parsed(parser, argv)
    preflight(parser, made.cluster, model=None, detector=made.extraction.detector)
    jobs = plan(made.videos, made.out, ("extract",), RunConfig(extraction=made.extraction))
    batch = run_batch(jobs, made.out, made.cluster, quiet=made.quiet or made.json, verb="extract")
    return finished_with(batch, made)
