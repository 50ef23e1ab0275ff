"""A Dask cluster: one that we begin, or one that is already there."""

from __future__ import annotations

import logging
import os
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import resource_tracker
from typing import Any

import dask
from distributed import Client, SpecCluster, Status, WorkerPlugin

from seqfer.errors import InputError

from .cluster_config import ClusterConfig
from .cluster_kinds import make_cluster

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
_INHERITED = ("SEQFER_OFFLINE", "OPENCV_IO_MAX_IMAGE_PIXELS", "OPENCV_LOG_LEVEL")
_LOOK_SECONDS = 2.0
_TTL_AFTER_SECONDS = 20.0


class ClusterError(InputError):
    """There is no cluster to do the work, or none any more."""


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
    """A client of the cluster that ``config`` describes; on this machine, of at most ``num_tasks`` workers.

    Raises:
        ClusterError: it cannot be begun, or does not answer.
    """
    for name in ("asyncio", *logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("asyncio", "distributed"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="distributed")
    with dask.config.set(_settings(config)), ExitStack() as stack:
        with _interrupts_held():
            try:
                client = _client(config, stack)
                _register(client, OneThread())
                if client.cluster is not None:
                    grow(client, config, num_tasks)
                    if isinstance(client.cluster, SpecCluster):
                        if not config.is_here:  # wait until jobs are accepted, or hear why they are not
                            client.cluster.sync(client.cluster._correct_state)
                        stack.enter_context(_replaced(client.cluster))
            except (OSError, RuntimeError, ValueError, ImportError) as error:
                raise ClusterError(config.name, f"no cluster ({error})") from error
        try:
            yield client
        finally:
            with _interrupts_held():
                stack.close()


def _client(config: ClusterConfig, stack: ExitStack) -> Client:
    if config.scheduler_file is not None:
        where: dict[str, Any] = {"scheduler_file": str(config.scheduler_file)}
    else:
        has_authority = dask.config.get("distributed.comm.tls.ca-file")
        if (config.scheduler or "").startswith("tls:") and not has_authority:
            raise ClusterError(config.name, "needs certificates: cluster.tls.ca_file, .cert and .key")
        where = {"address": config.scheduler or stack.enter_context(make_cluster(config))}
    return stack.enter_context(Client(**where, set_as_default=False, timeout=config.connect_seconds))


def _settings(config: ClusterConfig) -> dict[str, Any]:
    """Dask's settings, for us and all that we begin."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    if config.is_here and config.min_workers is not None:  # those that go say so, on our terminal
        inherited["DASK_LOGGING__DISTRIBUTED"] = "critical"
    settings: dict[str, Any] = {
        "distributed.nanny.pre-spawn-environ": _WORKER_ENVIRONMENT | inherited,
        # Each loss of a worker is told at once: only we know what had begun on it (dispatch.py).
        "distributed.scheduler.allowed-failures": 0,
        "distributed.scheduler.worker-saturation": 1.0,
        # Of workers that do not say that they live: later than what hangs has ended itself, and told why.
        "distributed.scheduler.worker-ttl": f"{config.stall_seconds + _TTL_AFTER_SECONDS} s",
        "distributed.comm.timeouts.connect": f"{config.connect_seconds} s",
        # Nothing is kept in workers' memory, so there is nothing to spill, nor a reason to pause.
        "distributed.worker.memory.target": False,
        "distributed.worker.memory.spill": False,
        "distributed.worker.memory.pause": False,
        "distributed.admin.low-level-log-length": 100,
    }
    if config.min_workers is not None:
        # With Dask's half a second, adaptive scaling would leave ten hours of video to one worker.
        settings["distributed.scheduler.unknown-task-duration"] = "1 minute"
    if config.tls is not None:
        settings |= {
            "distributed.comm.require-encryption": True,
            "distributed.comm.default-scheme": "tls",
            "distributed.comm.tls.ca-file": str(config.tls.ca_file),
        }
        for role in ("scheduler", "worker", "client"):
            settings[f"distributed.comm.tls.{role}.cert"] = str(config.tls.cert)
            settings[f"distributed.comm.tls.{role}.key"] = str(config.tls.key)
    return settings


def _register(client: Client, plugin: WorkerPlugin) -> None:
    """Tell every worker, now and to come; one that dies in that moment is not to stop us."""
    for _ in range(5):
        with suppress(OSError):
            client.register_plugin(plugin)
            return
    raise ClusterError(client.scheduler.address, "its workers cannot be reached")


@contextmanager
def _replaced(cluster: SpecCluster) -> Iterator[None]:
    """Workers that could not start, or did not come back, are begun again until the block ends.

    Nannies restart workers that die; what Dask leaves out is a worker that dies while it starts, and a job
    of a batch system that comes to its end: it takes them off its list, and that is all. (What could not even
    be asked for is left as ``created``.)
    """
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_LOOK_SECONDS):
            for name, worker in list(cluster.workers.items()):
                if worker.status in (Status.failed, Status.closed, Status.created):
                    cluster.workers.pop(name, None)
            if set(cluster.worker_spec) - set(cluster.workers):
                cluster.scale(len(cluster.worker_spec))

    thread = threading.Thread(target=look, name="seqfer-replace-workers", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def grow(client: Client, config: ClusterConfig, num_tasks: int) -> None:
    """Let a cluster that we began have the workers that so many tasks can use."""
    cluster = client.cluster
    if cluster is None or config.kind == "ssh":  # ssh: has them all from the start
        return
    if config.min_workers is not None:
        if getattr(cluster, "_adaptive", None) is None:  # from then on it sees by itself
            cluster.adapt(minimum=config.min_workers, maximum=config.workers)
        return
    wanted = config.workers or os.cpu_count() or 1
    if config.is_here:
        wanted = min(wanted, max(1, num_tasks))
    if not isinstance(cluster, SpecCluster) or wanted > len(cluster.worker_spec):
        cluster.scale(wanted)


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
