"""``seqfer run``: videos to timelines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seqfer.stages import STAGES, Job, Outcome, RunConfig, Stage
from seqfer.video import find_videos

from .batch import run_batch
from .options import add_cluster, add_videos, verb_parser

_EPILOG = """
examples:
  seqfer run clip.mp4 -o results
  seqfer run /data/study --cluster.workers 8 -o results
  seqfer run 'day*/*.mp4' -o results --formats '[csv, frames]' --extraction.detector.name yunet
A second run does only what is missing or depends on a changed setting.
"""


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = verb_parser("run", "Videos to emotion timelines: extract, predict, export.", _EPILOG)
    add_videos(parser)
    parser.add_class_arguments(RunConfig)
    add_cluster(parser)
    args = parser.parse_args(list(argv))
    made = parser.instantiate_classes(args)
    config = RunConfig(**{name: made[name] for name in RunConfig.__dataclass_fields__})
    jobs = plan(made.videos, made.out, STAGES, config)
    return run_batch(jobs, made.out, made.cluster, quiet=made.quiet, verb="run")


def plan(
    videos: Sequence[str], out: Path, stages: tuple[Stage, ...], config: RunConfig
) -> list[Job | Outcome]:
    """A job for each video found, an outcome for each input that cannot be one."""
    return [
        Job(video_id=v.video_id, path=v.path, out=out, stages=stages, config=config)
        if v.error is None
        else Outcome(
            video_id=v.video_id, path=str(v.path), status="failed", error=f"{v.path}: {v.error}"
        )
        for v in find_videos(videos)
    ]
