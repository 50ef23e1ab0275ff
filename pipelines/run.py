"""``seqfer run``: videos to timelines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from seqfer import models
from seqfer.errors import VideoError, WeightsError, readable
from seqfer.faces import DetectorConfig, make_detector
from seqfer.jobs import STAGES, Job, Outcome, RunConfig, Stage
from seqfer.video import find_videos

from .batch import run_batch
from .options import ClusterConfig, add_cluster, add_videos, parsed, verb_parser

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
    made = parsed(parser, argv)
    config = RunConfig(**{name: made[name] for name in RunConfig.__dataclass_fields__})
    preflight(parser, made.cluster, model=config.model, detector=config.extraction.detector)
    jobs = plan(made.videos, made.out, STAGES, config)
    return run_batch(jobs, made.out, made.cluster, quiet=made.quiet, verb="run").exit_code


def preflight(
    parser: ArgumentParser, cluster: ClusterConfig, *, model: str | None, detector: DetectorConfig | None
) -> None:
    """Stop with one line, before any work, where the settings name weights that are not there.

    On a cluster elsewhere only its workers can tell.
    """
    if cluster.scheduler is not None:
        return
    try:
        if model is not None:
            models.model_fingerprint(model)
        if detector is not None and detector != DetectorConfig():
            make_detector(detector)
    except WeightsError as error:
        parser.error(str(error))


def plan(
    videos: Sequence[str], out: Path, stages: tuple[Stage, ...], config: RunConfig
) -> list[Job | Outcome]:
    """A job for each video found, an outcome for each input that cannot be one."""
    return [
        Job(video_id=v.video_id, path=v.path, out=out, stages=stages, config=config)
        if v.error is None
        else Outcome(
            video_id=v.video_id,
            path=readable(v.path),
            status="failed",
            error=str(VideoError(v.path, v.error)),
        )
        for v in find_videos(videos)
    ]
