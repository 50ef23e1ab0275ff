"""Tasks to a cluster and back: in order, as many at a time as it can use, again where a worker was lost."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from distributed import Client, Future, as_completed
from distributed.client import FutureCancelledError
from distributed.comm import CommClosedError
from distributed.scheduler import KilledWorker

from seqfer.errors import InputError
from seqfer.jobs import Job, Outcome
from seqfer.video import Span

from .cluster import ClusterError, connected, grow
from .cluster_config import ClusterConfig
from .progress import BatchProgress
from .task import TOPIC, Task, failed, given_up, run_task
from .watch import read_tries

_AT_ONCE = 1000  # tasks that the scheduler knows of, or two a worker: what waits costs memory and time
_LOSSES_PER_TRY = 10  # a task that never begins although its workers are lost one by one is given up, too


def compute(
    waiting: Mapping[int, Job],
    config: ClusterConfig,
    progress: BatchProgress,
    finish: Callable[[int, Outcome], None],
) -> None:
    """Have the cluster do all jobs: a task each, but for long videos, which are a task for each span.

    Args:
        waiting: the jobs, by the number of their video.
        config: where.
        progress: told what is under way.
        finish: told what became of each video.

    Raises:
        ClusterError: there is no cluster (any more).
    """
    with connected(config, len(waiting)) as client:
        _Dispatch(client, waiting, config, progress, finish).run()


class _Dispatch:
    def __init__(
        self,
        client: Client,
        waiting: Mapping[int, Job],
        config: ClusterConfig,
        progress: BatchProgress,
        finish: Callable[[int, Outcome], None],
    ) -> None:
        self._client, self._config, self._progress, self._finish = client, config, progress, finish
        self._waiting = waiting
        self._left: Iterator[int] = iter(waiting)
        threads = max(config.workers or 0, sum(client.nthreads().values()))
        self._at_once = max(_AT_ONCE, 2 * threads)
        self._done = as_completed([], loop=client.loop)
        self._tasks: dict[Future, Task] = {}
        self._spans: dict[int, set[Future]] = {}
        self._out_of_memory: set[int] = set()
        client.subscribe_topic(TOPIC, lambda event: progress.fraction(*event[1]))
        client.subscribe_topic("worker-restart-memory", lambda event: self._note_memory(event[1]))

    def run(self) -> None:
        self._refill()
        for future in self._done:
            task = self._tasks.pop(future, None)
            if task is None:  # taken back, see _end
                continue
            self._spans.get(task.n, set()).discard(future)
            result = self._result(future, task)
            future.release()
            if result is None:
                self._submit(task.again())
            elif isinstance(result, Outcome):
                self._end(task, result)
            elif task.span is not None:
                self._join_if_complete(task)
            else:
                self._divide(task, result)
            self._refill()

    def _refill(self) -> None:
        while len(self._tasks) < self._at_once and (n := next(self._left, None)) is not None:
            job = self._config.to_workers(self._waiting[n])
            self._submit(
                Task(n=n, job=job, stall_seconds=self._config.stall_seconds, tries=self._config.tries)
            )

    def _submit(self, task: Task) -> None:
        # Neither stored nor fused: a task is a video or a span, its result a few numbers.
        future = self._client.submit(
            run_task,
            task,
            key=task.key,
            priority=task.priority,
            resources=dict(self._config.resources) or None,
            pure=False,
        )
        self._tasks[future] = task
        if task.span is not None:
            self._spans.setdefault(task.n, set()).add(future)
        self._done.add(future)

    def _divide(self, task: Task, spans: tuple[Span, ...]) -> None:
        self._progress.divided(task.n, len(spans))
        for span in spans:
            self._submit(replace(task, span=span, may_divide=False, losses=0))
        grow(self._client, self._config, len(self._tasks))

    def _join_if_complete(self, task: Task) -> None:
        if not self._spans[task.n]:  # a span that failed is tried once more there, and its reason told
            del self._spans[task.n]
            self._submit(replace(task, span=None, losses=0))

    def _end(self, task: Task, outcome: Outcome) -> None:
        for future in self._spans.pop(task.n, ()):  # of a video given up for one of its spans
            self._tasks.pop(future)
            future.cancel()
        outcome = self._config.from_workers(self._waiting[task.n], outcome)
        self._finish(task.n, outcome)
        self._progress.done(task.n, outcome)

    def _result(self, future: Future, task: Task) -> Outcome | tuple[Span, ...] | None:
        """What a task came to; None if it must be sent out again."""
        try:
            return future.result()
        except KilledWorker:
            return self._after_loss(task)
        except (CancelledError, FutureCancelledError, CommClosedError) as error:
            raise ClusterError(self._config.name, "the scheduler was lost") from error
        except Exception as error:  # a fault of ours: the others go on, the reason is shown
            reason = f"unexpected {type(error).__name__}: {error}"
            return failed(task.job, str(InputError(task.job.where, reason)))

    def _after_loss(self, task: Task) -> Outcome | None:
        """Its worker is gone. A task that only stood in line there is not to blame."""
        log = task.log_in(self._waiting[task.n].out)
        tries = read_tries(log, self._out_of_memory)
        if tries.count >= self._config.tries:
            return given_up(task, tries, log)
        if task.losses >= _LOSSES_PER_TRY * self._config.tries:
            reason = f"its worker was lost {task.losses + 1} times before it had begun"
            return failed(task.job, str(InputError(task.job.where, reason)))
        return None

    def _note_memory(self, event: Mapping[str, Any]) -> None:
        self._out_of_memory.add(int(event["pid"]))
