"""An extraction that is watched from outside: what it takes, and what memory its driver and worker hold."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

_LOOK_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What was seen of a run.

    Attributes:
        seconds: on the clock.
        worker_seconds: of the processor, by the last worker seen.
        driver, worker: memory (RSS) again and again, MiB.
    """

    seconds: float
    worker_seconds: float
    driver: list[float]
    worker: list[float]


def watched_extraction(folder: Path, *, workers: int) -> Watched:
    """Extract ``folder/videos`` to ``folder/out``."""
    command = [sys.executable, "-m", "seqfer.pipelines", "extract", folder / "videos", "-o", folder / "out"]
    command += ["--quiet", f"--cluster.workers={workers}"]
    started, used = time.monotonic(), 0.0
    driver: list[float] = []
    worker: list[float] = []
    with subprocess.Popen([*map(str, command)]) as run:
        process = psutil.Process(run.pid)
        while run.poll() is None:
            with suppress(psutil.Error):
                driver.append(process.memory_info().rss / 2**20)
                for child in process.children():
                    if "spawn_main" in " ".join(child.cmdline()):
                        worker.append(child.memory_info().rss / 2**20)
                        used = sum(child.cpu_times()[:2])
            time.sleep(_LOOK_SECONDS)
    assert run.returncode == 0
    return Watched(seconds=time.monotonic() - started, worker_seconds=used, driver=driver, worker=worker)


def in_fifths(samples: Sequence[float]) -> str:
    """The highest of each fifth of the time."""
    return " ".join(f"{np.max(fifth):.0f}" for fifth in np.array_split(samples, 5))
