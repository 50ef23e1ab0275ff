"""Ten thousand tiny videos: how long planning, running and resuming take, and what the driver holds.

``python scripts/bench_reliability.py --videos 10000``. Figures in docs/reliability.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _write_videos(folder / "videos", args.videos)
        for name in ("run", "resume"):
            seconds, memory = _measured(folder, args.workers)
            steps = np.array_split(memory, 5)
            shown = " ".join(f"{np.max(step):.0f}" for step in steps)
            print(
                f"{name}: {seconds:.1f} s; driver's memory, MiB, highest in each fifth: {shown}", flush=True
            )


def _write_videos(folder: Path, count: int) -> None:
    from seqfer.samples import write_portrait

    folder.mkdir()
    write_portrait(folder / "00000.mp4", seconds=0.12, width=96, height=54)
    data = (folder / "00000.mp4").read_bytes()
    for n in range(1, count):
        (folder / f"{n:05d}.mp4").write_bytes(data)


def _measured(folder: Path, workers: int) -> tuple[float, list[float]]:
    command = [sys.executable, "-m", "seqfer.pipelines", "extract", folder / "videos", "-o", folder / "out"]
    started, memory = time.monotonic(), []
    quiet = ("--quiet", f"--cluster.workers={workers}")
    with subprocess.Popen([*map(str, command), *quiet]) as run:
        driver = psutil.Process(run.pid)
        while run.poll() is None:
            memory.append(driver.memory_info().rss / 2**20)
            time.sleep(0.5)
    assert run.returncode == 0
    return time.monotonic() - started, memory


if __name__ == "__main__":
    main()
