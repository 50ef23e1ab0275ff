"""A Dask cluster: the one on this machine, or one that is already there."""

from __future__ import annotations

import logging
import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import resource_tracker

import dask
from distributed import Client, LocalCluster, WorkerPlugin

from .options import ClusterConfig

#: Set before a worker starts, because the libraries read them when they load. Dask's own
#: MALLOC_TRIM_THRESHOLD_ makes the allocator hand memory back and forth with the system at every
#: batch, which makes networks three times slower; these keep it (docs/benchmarks.md).
_WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_TRIM_THRESHOLD_": str(8 << 30),
    "MALLOC_MMAP_THRESHOLD_": str(4 << 30),
    "MALLOC_TOP_PAD_": str(64 << 20),
}


class OneThread(WorkerPlugin):
    """One thread per worker for the libraries that have their own pools."""

    name = "seqfer-one-thread"

    def setup(self, worker: object) -> None:
        """Called by Dask in each worker."""
        import cv2

        cv2.setNumThreads(1)
        # A cluster that was there before has not our environment; PyTorch reads this when it loads.
        os.environ.setdefault("OMP_NUM_THREADS", "1")


@contextmanager
def connected(config: ClusterConfig, num_tasks: int) -> Iterator[Client]:
    """A client of the cluster that ``config`` describes; a local one has at most ``num_tasks`` workers.

    A local cluster listens on the loopback interface only.
    """
    for name in ("distributed", "distributed.worker", "distributed.nanny", "distributed.core"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="distributed")
    settings = {
        "distributed.nanny.pre-spawn-environ": _WORKER_ENVIRONMENT,
        "distributed.scheduler.allowed-failures": 2,
        "distributed.comm.timeouts.connect": "60s",
    }
    with dask.config.set(settings), ExitStack() as stack:
        with _interrupts_held():
            where = config.scheduler or stack.enter_context(_local(config.workers, num_tasks))
            client = stack.enter_context(Client(where, set_as_default=False))
            client.register_plugin(OneThread())
        try:
            yield client
        finally:
            with _interrupts_held():
                stack.close()


def grow(client: Client, config: ClusterConfig, num_tasks: int) -> None:
    """Let a local cluster have more workers, where a video has turned into many tasks."""
    if client.cluster is not None:
        wanted = _num_workers(config.workers, num_tasks)
        if wanted > len(client.cluster.workers):
            client.cluster.scale(wanted)


def _num_workers(workers: int | None, num_tasks: int) -> int:
    return min(workers or os.cpu_count() or 1, max(1, num_tasks))


def _local(workers: int | None, num_tasks: int) -> LocalCluster:
    return LocalCluster(
        n_workers=_num_workers(workers, num_tasks),
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=logging.CRITICAL,
    )


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C takes effect at the end of the block, and never in threads and processes begun inside it.

    A terminal sends Ctrl-C to the whole group: workers would die of it one by one, each with a
    traceback. They inherit the held signal instead, and the driver stops them in order.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # Started later, this helper of multiprocessing would let the signal through to what is begun after it.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
