"""Where one Dask scheduler stops: a million tasks through it, by the times that it takes here.

First a real scheduler is given tasks that do nothing, by our own dispatcher's window, to measure what a task
costs it and us. Then a million tasks are played through with that cost: each must pass the one scheduler
twice (sent out, come back), and takes its time on one of so many workers. ``python
scripts/simulate_scheduler.py``. Figures in docs/scale.md.
"""

from __future__ import annotations

import argparse
import heapq
import time

import numpy as np
import psutil
from distributed import Client, LocalCluster, as_completed

_AT_ONCE = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measured", type=int, default=1_000, help="tasks given to a real scheduler")
    parser.add_argument("--tasks", type=int, default=1_000_000, help="tasks played through")
    parser.add_argument("--seconds", type=float, default=60.0, help="a task takes on a worker, in the mean")
    parser.add_argument("--workers", type=int, nargs="*", default=[100, 1000, 5000, 10_000, 20_000, 50_000])
    parser.add_argument("--cost", type=float, help="ms a task; measured where not given")
    args = parser.parse_args()
    cost = args.cost / 1000 if args.cost else _measured(args.measured)
    print(f"{args.tasks} tasks of {args.seconds:.0f} s, {1000 * cost:.2f} ms each for the scheduler")
    print("workers   hours   workers busy   scheduler busy")
    for workers in args.workers:
        hours, busy, load = _played(args.tasks, workers, args.seconds, cost)
        print(f"{workers:7d} {hours:7.2f} {busy:13.1%} {load:15.1%}", flush=True)


def _measured(count: int) -> float:
    """CPU seconds of a process that is scheduler and client, for each of ``count`` empty tasks."""
    us = psutil.Process()
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        before, memory = time.process_time(), [us.memory_info().rss / 2**20]
        for first in range(0, count, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, count))
            futures = [client.submit(_nothing, n, key=("extract", n), pure=False) for n in numbers]
            for future in as_completed(futures, loop=client.loop):
                future.release()
            memory.append(us.memory_info().rss / 2**20)
        cost = (time.process_time() - before) / count
    shown = " ".join(f"{m:.0f}" for m in memory)
    print(f"{count} empty tasks: {1000 * cost:.2f} ms of CPU each, scheduler and client; MiB: {shown}")
    return cost


def _nothing(n: int) -> None:
    return None


def _played(tasks: int, workers: int, seconds: float, cost: float) -> tuple[float, float, float]:
    """Hours, share of workers' time at work, share of the scheduler's time at work."""
    dice = np.random.default_rng(1)
    durations = dice.gamma(4.0, seconds / 4.0, tasks)  # spans differ: half as long or twice is common
    scheduler_free, ends = 0.0, [0.0] * min(workers, tasks)
    heapq.heapify(ends)
    for duration in durations:
        worker_free = heapq.heappop(ends)
        scheduler_free = max(scheduler_free, worker_free) + cost
        heapq.heappush(ends, scheduler_free + duration)
    whole = max(ends)
    return whole / 3600, float(durations.sum()) / (whole * workers), tasks * cost / whole


if __name__ == "__main__":
    main()
