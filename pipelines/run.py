"""``seqfer run``: videos to timelines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from jsonargparse import ArgumentParser

from seqfer import models
from seqfer.errors import VideoError, WeightsError, readable
from seqfer.faces import DetectorConfig, make_dense, make_detector
from seqfer.jobs import STAGES, Job, Outcome, RunConfig, Stage
from seqfer.persons import PersonsConfig, make_embedder
from seqfer.video import find_videos

from .batch import Batch, compute_batch, finished_with, run_batch, tell_batch
from .grouping import group_run
from .lock import locked
from .measures import count_run
from .options import ClusterConfig, add_cluster, add_export, add_videos, export_config, parsed, verb_parser
from .report import report_run

_EXAMPLES = """
  seqfer run clip.mp4 -o results
  seqfer run /data/study --cluster.workers 8 -o results
  seqfer run 'day*/*.mp4' -o results --to csv,frames,eaf --extraction.detector.name yunet
  seqfer run /data/study -o results --persons.embedder arcface_r50.onnx --persons.scope run
A second run does only what is missing or depends on a changed setting.
"""


_SETTINGS = [name for name in RunConfig.__dataclass_fields__ if name != "export"]


def make_parser() -> ArgumentParser:
    """The verb's options."""
    parser = verb_parser(
        "run", "VIDEOS… -o OUT", "Videos to emotion timelines: extract, predict, export.", _EXAMPLES
    )
    add_videos(parser)
    add_export(parser)
    parser.add_class_arguments(RunConfig, skip={"export"})
    parser.add_argument("--report", action="store_true", help="make pages to look at, too (seqfer report)")
    add_cluster(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = make_parser()
    made = parsed(parser, argv)
    config = RunConfig(**{name: made[name] for name in _SETTINGS}, export=export_config(parser, made))
    preflight(
        parser,
        made.cluster,
        model=config.model,
        detector=config.extraction.detector,
        persons=config.persons,
    )
    jobs = plan(made.videos, made.out, STAGES, config)
    quiet = made.quiet or made.json
    if config.persons.embedder is None:
        batch = run_batch(jobs, made.out, made.cluster, quiet=quiet, verb="run")
    else:
        with locked(made.out):
            batch = _run_with_persons(jobs, made.out, made.cluster, config, quiet=quiet)
            batch = tell_batch(batch, len(jobs), made.out, quiet=quiet, verb="run")
    batch = count_run(batch, made.out, config.export, verb="run")
    code = finished_with(batch, made)
    if made.report and not batch.interrupted:
        code = max(code, report_run(made.out, quiet=quiet))
    return code


def _run_with_persons(
    jobs: Sequence[Job | Outcome], out: Path, cluster: ClusterConfig, config: RunConfig, *, quiet: bool
) -> Batch:
    """Who is who is known only when every video has been seen: all is exported after that."""
    before: tuple[Stage, ...] = ("extract", "embed", "predict")
    looked = [replace(job, stages=before) if isinstance(job, Job) else job for job in jobs]
    first = compute_batch(looked, out, cluster, quiet=quiet, verb="run")
    if first.interrupted or first.stopped:
        return first
    group_run(out, config.persons, quiet=quiet)
    left = [
        replace(job, stages=("export",)) if isinstance(job, Job) and outcome.status == "ok" else outcome
        for job, outcome in zip(jobs, first.outcomes, strict=True)
    ]
    last = compute_batch(left, out, cluster, quiet=quiet, verb="export")
    done = {outcome.video_id: outcome.done for outcome in first.outcomes}
    return replace(
        last,
        outcomes=tuple(
            replace(o, done=(*done[o.video_id], *o.done)) if o.status == "ok" else o for o in last.outcomes
        ),
    )


def preflight(
    parser: ArgumentParser,
    cluster: ClusterConfig,
    *,
    model: str | None,
    detector: DetectorConfig | None,
    persons: PersonsConfig | None = None,
) -> None:
    """Stop with one line, before any work, where weights that the settings name are absent or damaged.

    On a cluster elsewhere only its workers can tell.
    """
    if not cluster.is_here:
        return
    try:
        if model is not None:
            models.model_fingerprint(model)
            if not models.is_bundled(model):  # damaged, one line for all videos rather than one for each
                models.load_model(model)
        if detector is not None and detector != DetectorConfig():
            make_detector(detector)
            make_dense(detector)
        if persons is not None and persons.embedder is not None:
            make_embedder(persons)
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
