"""Schedulers and workers as administrators begin them: ``dask scheduler``, ``dask worker``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from disturbance import wait_for


@contextmanager
def begun(command: Sequence[object], log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process with all that it begins, until the block ends."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            [*map(str, command)],
            stdout=file,
            stderr=file,
            start_new_session=True,
            env={**os.environ, **environment},
        )
    try:
        yield process
    finally:
        for what in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, what)
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)


class DaskCluster:
    """A scheduler that tells its address in a file, and workers of one thread.

    Args:
        folder: for logs and the scheduler's file.
        options: for both, as for TLS.
    """

    def __init__(self, folder: Path, *options: object) -> None:
        self.folder, self.options = folder, options
        self.file = folder / "scheduler.json"
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []
        self._stack = ExitStack()

    def __enter__(self) -> DaskCluster:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def address(self) -> str:
        return str(json.loads(self.file.read_text())["address"])

    def begin_scheduler(self, *options: object, prefix: Sequence[object] = ()) -> None:
        self.file.unlink(missing_ok=True)
        command = [*prefix, sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard"]
        command += ["--scheduler-file", self.file, *(options or ("--host", "127.0.0.1", "--port", "0"))]
        log = self.folder / "scheduler.log"
        self.scheduler = self._stack.enter_context(begun([*command, *self.options], log))
        wait_for(self.file.exists)

    def begin_worker(self, *options: object, prefix: Sequence[object] = (), **environment: str) -> None:
        command = [*prefix, sys.executable, "-m", "distributed.cli.dask_worker", "--no-dashboard"]
        command += ["--scheduler-file", self.file, "--nthreads", "1", "--memory-limit", "1GiB"]
        command += ["--local-directory", self.folder, *options, *self.options]
        log = self.folder / f"worker{len(self.workers)}.log"
        self.workers.append(self._stack.enter_context(begun(command, log, **environment)))
