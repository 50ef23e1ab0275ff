"""Workers that hang, crash, eat memory, are killed or stopped: one video fails at most, the others finish."""

from __future__ import annotations

import random
import signal
import time

import psutil
import pytest
from disturbance import digests, finish, run, start, summary, wait_for, workers_of


def test_what_hangs_crashes_or_eats_memory_fails_alone_and_is_done_once_it_can_be(
    videos, undisturbed, faulty, tmp_path
):
    out = tmp_path / "out"
    limits = ("--cluster.stall_seconds=2", "--cluster.tries=2", "--cluster.memory_limit=700MiB")
    code, _, errors = run("extract", videos, "-o", out, "--cluster.workers=2", *limits, **faulty)
    assert code == 1
    rows = summary(out)
    reasons = {name: row["error"] for name, row in rows.items() if row["status"] == "failed"}
    assert sorted(reasons) == ["crash", "hang", "memory", "sleep"], errors
    assert "given up after 2 tries: it made no progress for 2 s" in reasons["hang"]
    assert "made no progress for 2 s" in reasons["sleep"]
    assert "crashed its process (Segmentation fault)" in reasons["crash"]
    assert "took more memory than a worker may have" in reasons["memory"]
    made = digests(out)
    assert {"tracks/once.h5", *(f"tracks/good{n}.h5" for n in range(3))} <= set(made)
    assert all(undisturbed[n] == d for n, d in made.items() if n.startswith("tracks/"))

    code, told, _ = run("inspect", out, "--failed")
    assert code == 0 and told.count("seqfer began: ") == 8
    assert "hang_with_the_lock" in told and "crash" in told, "the stack at that moment"

    code, _, errors = run("extract", videos, "-o", out, "--cluster.workers=2")
    assert code == 0, errors
    assert digests(out) == undisturbed
    assert not list(out.rglob("*.log*")) and not list(out.rglob("*.partial"))


@pytest.mark.slow
def test_a_worker_killed_ten_times_at_random_moments(videos, undisturbed, tmp_path):
    out = tmp_path / "out"
    process = start("extract", videos, "-o", out, "--cluster.workers=2", "--cluster.tries=12")
    dice, killed = random.Random(7), 0
    while killed < 10 and process.poll() is None:
        time.sleep(dice.uniform(0.1, 1.5))
        for worker in dice.sample(found, 1) if (found := workers_of(process)) else ():
            worker.kill()
            killed += 1
    code, _, errors = finish(process)
    assert code == 0, errors
    assert killed == 10
    assert digests(out) == undisturbed
    assert not list(out.rglob("*.partial"))


@pytest.mark.slow
def test_a_worker_that_stops_answering_is_replaced(videos, undisturbed, tmp_path):
    out = tmp_path / "out"
    process = start("extract", videos, "-o", out, "--cluster.workers=2", "--cluster.stall_seconds=6")
    wait_for(lambda: list(out.rglob("*.partial")))
    stopped = workers_of(process)[0]
    stopped.send_signal(signal.SIGSTOP)
    code, _, errors = finish(process)
    assert code == 0, errors
    assert digests(out) == undisturbed
    assert not psutil.pid_exists(stopped.pid) or stopped.status() == psutil.STATUS_ZOMBIE
