"""``seqfer extract``: videos to aligned face tracks."""

from __future__ import annotations

from collections.abc import Sequence

from seqfer.extraction import ExtractionConfig
from seqfer.jobs import RunConfig

from .batch import run_batch
from .options import add_cluster, add_videos, parsed, verb_parser
from .run import plan, preflight


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = verb_parser("extract", "Videos to aligned face tracks: one HDF5 store per video, in OUT/tracks.")
    add_videos(parser)
    parser.add_argument("--extraction", type=ExtractionConfig, default=ExtractionConfig())
    add_cluster(parser)
    made = parsed(parser, argv)
    preflight(parser, made.cluster, model=None, detector=made.extraction.detector)
    jobs = plan(made.videos, made.out, ("extract",), RunConfig(extraction=made.extraction))
    return run_batch(jobs, made.out, made.cluster, quiet=made.quiet, verb="extract").exit_code
