"""Many videos through the cluster: what is done is skipped, what fails is noted, the rest goes on."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from jsonargparse import Namespace

from seqfer.errors import InputError
from seqfer.export.common import seconds
from seqfer.files import atomic_text, remove_partials, why_not_written
from seqfer.jobs import SUMMARY_NAME, Job, Outcome
from seqfer.stages import finished
from seqfer.store import write_index

from .cluster import ClusterError
from .cluster_config import ClusterConfig
from .dispatch import compute
from .ledger import Ledger
from .lock import locked
from .progress import BatchProgress
from .tables import print_json, print_outcomes
from .task import clear_logs, remove_empty_logs


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What became of a batch.

    Attributes:
        outcomes: of the videos that were finished, in order.
        interrupted: the user stopped it before all were.
        stopped: why it ended before all were, where it was not the user.
        errors: what went wrong, a line each; empty before it is told.
    """

    outcomes: tuple[Outcome, ...]
    interrupted: bool
    stopped: str = ""
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
        InputError: no videos; or another run is at work in the folder.
    """
    with locked(out):
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
    interrupted, stopped = False, ""
    with Ledger(out) as ledger:
        for n, job in enumerate(jobs):
            outcome = _known(job, ledger) if isinstance(job, Job) else job
            if outcome is not None:
                outcomes[n] = outcome
            elif isinstance(job, Job):
                waiting[n] = job

        def finish(n: int, outcome: Outcome) -> None:
            outcomes[n] = outcome
            ledger.note(waiting[n], outcome)

        if waiting:
            _sweep(waiting, out)
            try:
                names = {n: job.video_id for n, job in waiting.items()}
                with BatchProgress(len(waiting), verb, names=names, enabled=not quiet) as progress:
                    compute(waiting, cluster, progress, finish)
            except ClusterError as error:
                stopped = str(error)
            except KeyboardInterrupt:
                interrupted = True
            finally:  # workers that were lost left theirs; who still writes to one will not be missed
                with suppress(OSError):
                    remove_partials(out)
                    remove_empty_logs(out)
    ordered = tuple(outcomes[n] for n in sorted(outcomes))
    return Batch(outcomes=ordered, interrupted=interrupted, stopped=stopped)


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
    if batch.stopped:
        errors.append(
            f"{batch.stopped}, with {len(ordered) - len(failed)} of {num_jobs} videos done; "
            "the same command goes on from there"
        )
    try:
        write_summary(out / SUMMARY_NAME, ordered)
        write_index(out)
    except InputError as error:  # as on a full disk: what came of the videos is told all the same
        errors.append(str(error))
    if not quiet:
        print_outcomes(ordered, out)
    for line in errors:
        print(f"seqfer {verb}: {line}", file=sys.stderr)
    if batch.interrupted:
        print(
            f"seqfer {verb}: interrupted with {len(ordered) - len(failed)} of {num_jobs} videos done; "
            "the same command goes on from there",
            file=sys.stderr,
        )
    elif not quiet and not errors and not any(o.done for o in ordered):
        print(f"Nothing to do: all {len(ordered)} are up to date.")
    return replace(batch, errors=tuple(errors))


def _sweep(jobs: Mapping[int, Job], out: Path) -> None:
    """Remove what an earlier run left half-written, and the logs of its tries."""
    try:
        remove_partials(out)
        clear_logs(out, {job.video_id for job in jobs.values()})
    except OSError as error:
        raise InputError(out, why_not_written(error)) from error


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
