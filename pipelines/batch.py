"""Many videos through the cluster: what is done is skipped, what fails is noted, the rest goes on."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from distributed import Future, as_completed, get_worker
from distributed.scheduler import KilledWorker
from jsonargparse import Namespace

from seqfer.errors import InputError
from seqfer.export.common import atomic_text, seconds
from seqfer.extraction import parts_folder
from seqfer.files import PARTIAL_SUFFIX
from seqfer.jobs import Job, Outcome
from seqfer.stages import divide, finished, process, process_span
from seqfer.store import write_index
from seqfer.video import Span

from .cluster import connected, grow
from .ledger import Ledger
from .options import ClusterConfig
from .progress import BatchProgress
from .tables import print_json, print_outcomes

_TOPIC = "seqfer-progress"
_REPORT_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What became of a batch.

    Attributes:
        outcomes: of the videos that were finished, in order.
        interrupted: the user stopped it before all were.
        errors: what went wrong, a line each; empty before it is told.
    """

    outcomes: tuple[Outcome, ...]
    interrupted: bool
    errors: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 all well, 1 some failed, 130 interrupted."""
        if self.interrupted:
            return 130
        return int(bool(self.errors))


def run_batch(
    jobs: Sequence[Job | Outcome], out: Path, cluster: ClusterConfig, *, quiet: bool, verb: str
) -> Batch:
    """Bring all videos up to date, write ``summary.csv`` and ``tracks.h5``, say what came of it.

    Args: as of :func:`compute_batch`.

    Raises:
        InputError: no videos.
    """
    batch = compute_batch(jobs, out, cluster, quiet=quiet, verb=verb)
    return tell_batch(batch, len(jobs), out, quiet=quiet, verb=verb)


def compute_batch(
    jobs: Sequence[Job | Outcome], out: Path, cluster: ClusterConfig, *, quiet: bool, verb: str
) -> Batch:
    """Bring all videos up to date.

    Args:
        jobs: one entry a video, in order; an Outcome stands for an input that failed before it began.
        out: the run's folder.
        cluster: where the work is done.
        quiet: show no progress.
        verb: what to call the work.

    Raises:
        InputError: no videos.
    """
    if not jobs:
        raise InputError(out, "nothing to do: no videos were given")
    outcomes: dict[int, Outcome] = {}
    waiting: dict[int, Job] = {}
    interrupted = False
    with Ledger(out) as ledger:
        for n, job in enumerate(jobs):
            outcome = _known(job, ledger) if isinstance(job, Job) else job
            if outcome is not None:
                outcomes[n] = outcome
            elif isinstance(job, Job):
                waiting[n] = job
        if waiting:
            try:
                names = {n: job.video_id for n, job in waiting.items()}
                with BatchProgress(len(waiting), verb, names=names, enabled=not quiet) as progress:
                    _compute(waiting, cluster, outcomes, progress, ledger)
            except KeyboardInterrupt:
                interrupted = True
                _sweep(waiting.values())
    return Batch(outcomes=tuple(outcomes[n] for n in sorted(outcomes)), interrupted=interrupted)


def finished_with(batch: Batch, made: Namespace) -> int:
    """The exit code of a batch; with ``--json``, what became of it is printed."""
    if made.json:
        print_json(batch.outcomes, made.out, batch.exit_code)
    return batch.exit_code


def _known(job: Job, ledger: Ledger) -> Outcome | None:
    """The outcome of a job that has nothing left to do; None if there is something."""
    outcome = ledger.find(job)
    if outcome is None and (outcome := finished(job)) is not None:
        ledger.note(job, outcome)
    return outcome


def tell_batch(batch: Batch, num_jobs: int, out: Path, *, quiet: bool, verb: str) -> Batch:
    """Write ``summary.csv`` and ``tracks.h5``, say what came of a batch of ``num_jobs``."""
    ordered = batch.outcomes
    failed = [o for o in ordered if o.status == "failed"]
    errors = [o.error for o in failed]
    try:
        write_summary(out / "summary.csv", ordered)
        write_index(out)
    except InputError as error:  # as on a full disk: what came of the videos is told all the same
        errors.append(str(error))
    if not quiet:
        print_outcomes(ordered, out)
    for error in errors:
        print(f"seqfer {verb}: {error}", file=sys.stderr)
    if batch.interrupted:
        print(
            f"seqfer {verb}: interrupted with {len(ordered) - len(failed)} of {num_jobs} videos done; "
            "the same command goes on from there",
            file=sys.stderr,
        )
    elif not quiet and not errors and not any(o.done for o in ordered):
        print(f"Nothing to do: all {len(ordered)} are up to date.")
    return replace(batch, errors=tuple(errors))


def _compute(
    waiting: dict[int, Job],
    cluster: ClusterConfig,
    outcomes: dict[int, Outcome],
    progress: BatchProgress,
    ledger: Ledger,
) -> None:
    """Have the cluster do all jobs: a task each, but for long videos, which are a task for each span.

    Those of a video that was begun go before those of the next, and what joins them before all.
    """
    with connected(cluster, len(waiting)) as client:
        client.subscribe_topic(_TOPIC, lambda event: progress.fraction(*event[1]))
        tasks: dict[Future, tuple[int, Span | None]] = {}
        spans_left: dict[int, int] = {}

        def submit(n: int, span: Span | None = None, *, may_divide: bool = False) -> Future:
            # Neither stored nor fused: a task is a video or a span, its result a few numbers.
            name = f"seqfer-{n}-{waiting[n].video_id}" + (f"-{span.index}" if span else "")
            priority = 0 if may_divide else 1 if span else 2
            future = client.submit(
                _on_worker,
                n,
                waiting[n],
                span,
                may_divide,
                key=name + ("" if may_divide or span else "-joined"),
                priority=priority,
                pure=False,
            )
            tasks[future] = n, span
            return future

        done = as_completed([submit(n, may_divide=True) for n in waiting], loop=client.loop)
        for future in done:
            n, span = tasks.pop(future)
            result = _result(future, waiting[n])
            future.release()
            if span is not None:
                spans_left[n] -= 1
                if not spans_left[n]:  # a span that failed is tried once more there, and its reason told
                    done.add(submit(n))
            elif isinstance(result, Outcome):
                outcomes[n] = result
                ledger.note(waiting[n], result)
                progress.done(n, result)
            else:
                spans_left[n] = len(result)
                progress.divided(n, len(result))
                done.update([submit(n, one) for one in result])
                grow(client, cluster, len(tasks))


def _on_worker(n: int, job: Job, span: Span | None, may_divide: bool) -> Outcome | tuple[Span, ...]:
    """A video (or the spans it must be divided into first), or one span."""
    worker = get_worker()
    last = [time.monotonic()]

    def report(fraction: float) -> None:
        if time.monotonic() - last[0] >= _REPORT_SECONDS:
            last[0] = time.monotonic()
            worker.log_event(_TOPIC, (n, fraction, span.index if span else 0))

    if span is not None:
        process_span(job, span, on_progress=report)
        return ()
    return (may_divide and divide(job)) or process(job, on_progress=report)


def _result(future: Future, job: Job) -> Outcome | tuple[Span, ...]:
    """What a task came to, also where it took its worker down with it."""
    try:
        return future.result()
    except KilledWorker:
        reason = "the worker process died on it each time it was tried (crashed, or out of memory)"
    except Exception as error:  # a fault of ours: the others go on, the reason is shown
        reason = f"unexpected {type(error).__name__}: {error}"
    error = InputError(job.where, reason)
    return Outcome(video_id=job.video_id, path=job.where, status="failed", error=str(error))


def _sweep(jobs: Iterable[Job]) -> None:
    """Remove what stopped workers left half-written."""
    for job in jobs:
        for path in job.results:
            path.with_name(path.name + PARTIAL_SUFFIX).unlink(missing_ok=True)
        for path in parts_folder(job.tracks_path).glob("*" + PARTIAL_SUFFIX):
            path.unlink(missing_ok=True)


SUMMARY_COLUMNS = (
    "video",
    "status",
    "frames",
    "duration_s",
    "tracks",
    "segments",
    "notes",
    "error",
    "path",
)


def write_summary(path: Path, outcomes: Sequence[Outcome]) -> None:
    """One row a video, in the order they were given."""
    with atomic_text(path) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(SUMMARY_COLUMNS)
        for o in outcomes:
            table.writerow(
                (
                    o.video_id,
                    o.status,
                    o.num_frames,
                    seconds(o.duration_seconds),
                    o.num_tracks,
                    o.num_segments,
                    "; ".join(o.notes),
                    o.error,
                    o.path,
                )
            )
