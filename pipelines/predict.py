"""``seqfer predict``: face tracks to per-frame probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from seqfer.errors import InputError
from seqfer.jobs import Job, RunConfig, Stage
from seqfer.store import stores_by_video

from .batch import finished_with, run_batch
from .options import add_cluster, parsed, verb_parser
from .run import preflight

_EXAMPLES = """
  seqfer predict out                                    with the bundled model
  seqfer predict out --model my_model && seqfer export out
"""


def make_parser() -> ArgumentParser:
    """The verb's options."""
    parser = verb_parser(
        "predict", "OUT", "Face tracks (OUT/tracks) to per-frame probabilities (OUT/predictions).", _EXAMPLES
    )
    parser.add_argument("out", type=Path, help="folder that seqfer extract or run wrote to")
    parser.add_argument(
        "--model", type=str, default="bundled", help="name of a bundled model, or path of one"
    )
    parser.add_argument("--device", type=str, default="cpu", help="cpu, cuda, cuda:1, mps")
    parser.add_argument("--batch_size", type=int, default=32, help="face-frames at once")
    add_cluster(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = make_parser()
    made = parsed(parser, argv)
    config = RunConfig(model=made.model, device=made.device, batch_size=made.batch_size)
    preflight(parser, made.cluster, model=made.model, detector=None)
    jobs = plan_stores(made.out, ("predict",), config)
    batch = run_batch(jobs, made.out, made.cluster, quiet=made.quiet or made.json, verb="predict")
    return finished_with(batch, made)


def plan_stores(out: Path, stages: tuple[Stage, ...], config: RunConfig) -> list[Job]:
    """A job for each track store of a run's folder.

    Raises:
        InputError: there are none.
    """
    stores = stores_by_video(out, "tracks")
    if not stores:
        raise InputError(out / "tracks", "no track stores here; seqfer extract makes them")
    return [Job(video_id=video_id, path=None, out=out, stages=stages, config=config) for video_id in stores]
