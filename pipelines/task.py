"""What is sent to a worker: a video, or a span of one, and what is done with it there."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from distributed import get_worker

from seqfer.errors import InputError, SeqferError
from seqfer.jobs import Job, Outcome
from seqfer.keys import key_of
from seqfer.stages import divide, process, process_span
from seqfer.video import Span

from .watch import Tries, read_tries, watched

TOPIC = "seqfer-progress"
_REPORT_SECONDS = 0.5
LOGS = "logs"
_SPAN_OF_LOG = re.compile(r"(?<=\.log)\.\d{5}$")


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing for a worker to do.

    Attributes:
        n: number of the video in its batch.
        job: the video, as workers see it.
        span: which span of it to extract; None for all that is left to do.
        may_divide: where it is long, say in which spans to do it, and do nothing.
        stall_seconds: without progress for so long, its process is ended.
        tries: how often it is begun at most.
        losses: how often its worker was lost until now, whether it had begun or not.
    """

    n: int
    job: Job
    span: Span | None = None
    may_divide: bool = True
    stall_seconds: float
    tries: int
    losses: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """What Dask calls it. The same work has the same name: it is not begun twice in one cluster."""
        stages = "+".join(self.job.stages)
        if self.span is not None:
            stages = "extract span"
        elif not self.may_divide:
            stages = f"join {stages}"
        name = self.job.video_id + (f" {self.span.index:05d}" if self.span else "")
        digest = key_of(job=self.job, span=self.span, may_divide=self.may_divide, losses=self.losses)
        return stages, name, digest[:16]

    @property
    def priority(self) -> int:
        """Spans of a video that was begun go before those of the next, and what joins them before all."""
        return 1 if self.span is not None else 0 if self.may_divide else 2

    def log_in(self, out: Path) -> Path:
        """Where the log of its tries is, of a run's folder ``out``."""
        part = f".{self.span.index:05d}" if self.span else ""
        return out / LOGS / f"{self.job.video_id}.log{part}"

    def again(self) -> Task:
        """The same after its worker was lost."""
        return replace(self, losses=self.losses + 1)


def logs_below(out: Path) -> Iterator[tuple[str, Path]]:
    """The logs in a run's folder: the video that each is of, and the log."""
    for path in sorted((out / LOGS).rglob("*.log*")):
        name = path.relative_to(out / LOGS).as_posix()
        yield _SPAN_OF_LOG.sub("", name).removesuffix(".log"), path


def clear_logs(out: Path, video_ids: Container[str]) -> None:
    """Remove the logs of these videos, so that tries are counted anew.

    Raises:
        OSError: that cannot be done.
    """
    for video_id, path in logs_below(out):
        if video_id in video_ids:
            path.unlink(missing_ok=True)


def remove_empty_logs(out: Path) -> None:
    """Remove the folders of logs that hold none."""
    for folder in (*sorted((out / LOGS).rglob("*/"), reverse=True), out / LOGS):
        with suppress(OSError):
            folder.rmdir()


def failed(job: Job, error: str) -> Outcome:
    """The outcome of a job that came to nothing."""
    return Outcome(video_id=job.video_id, path=job.where, status="failed", error=error)


def given_up(task: Task, tries: Tries, log: Path) -> Outcome:
    """The outcome of a task that was begun as often as it may be."""
    span = f" in span {task.span.index}" if task.span else ""
    reason = f"given up after {tries.count} tries: it {tries.reason}{span}; see {log.name} in {LOGS}"
    return failed(task.job, str(InputError(task.job.where, reason)))


def run_task(task: Task) -> Outcome | tuple[Span, ...]:
    """Called in a worker: the outcome; or the spans that a long video must be divided into first."""
    log = task.log_in(task.job.out)
    tries = read_tries(log)
    if tries.count >= task.tries:  # its last worker took the news of its end with it
        return given_up(task, tries, log)
    _import_what_is_slow(task.job)
    try:
        with watched(log, task.stall_seconds) as show_progress:
            return _run(task, show_progress)
    except SeqferError as error:
        return failed(task.job, str(error))


def _import_what_is_slow(job: Job) -> None:
    """Before time is taken: some seconds on a machine with much to do."""
    if "extract" in job.stages or "embed" in job.stages:
        import onnxruntime  # noqa: F401
    if "predict" in job.stages:
        import torch  # noqa: F401


def _run(task: Task, show_progress: Callable[[], None]) -> Outcome | tuple[Span, ...]:
    worker = get_worker()
    last = [time.monotonic()]

    def report(fraction: float) -> None:
        if time.monotonic() - last[0] >= _REPORT_SECONDS:
            last[0] = time.monotonic()
            show_progress()
            worker.log_event(TOPIC, (task.n, fraction, task.span.index if task.span else 0))

    if task.span is not None:
        process_span(task.job, task.span, on_progress=report)
        return ()
    return (task.may_divide and divide(task.job)) or process(task.job, on_progress=report)
