"""Adaptive scaling: workers come with work, and go where little is left."""

from __future__ import annotations

import shutil
import time

import pytest
from disturbance import digests, finish, run, start, workers_of

pytestmark = pytest.mark.slow


def test_workers_come_with_work_and_go_without(videos, faulty, tmp_path):
    many, out, alone = (tmp_path / name for name in ("videos", "out", "alone"))
    for n in range(3):
        (many / str(n)).mkdir(parents=True)
        for name in ("good0", "good1", "good2"):
            shutil.copy(videos / f"{name}.mp4", many / str(n))
    assert run("extract", many, "-o", alone)[0] == 0
    shutil.copy(videos / "sleep.mp4", many / "0")  # is begun early, and hangs
    scaling = ("--cluster.min_workers=1", "--cluster.workers=3")
    patience = ("--cluster.stall_seconds=15", "--cluster.tries=1")
    process = start("extract", many, "-o", out, *scaling, *patience, **faulty)
    counts = []
    while process.poll() is None:
        counts.append(len(workers_of(process)))
        time.sleep(0.1)
    code, _, errors = finish(process)
    assert code == 1 and len(errors.splitlines()) == 1 and "sleep.mp4: given up after 1 tries" in errors
    assert max(counts) == 3  # ten videos, of which nobody knows yet how long they take
    assert 1 in counts[len(counts) - counts[::-1].index(3) :]  # then one is left
    ours = digests(out)
    assert {name: ours[name] for name in ours if name.startswith("tracks/")} == {
        name: digest for name, digest in digests(alone).items() if name.startswith("tracks/")
    }
