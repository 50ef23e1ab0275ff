"""Two hosts, as network namespaces with a shared folder; the network between them is cut for a minute."""

from __future__ import annotations

import shutil
import subprocess
import time

import pytest
from dask_processes import DaskCluster
from disturbance import digests, finish, on, run, start, wait_for

pytestmark = pytest.mark.slow


def test_the_network_between_two_hosts_cut_for_a_minute(videos, hosts, tmp_path):
    here, there = hosts
    many, out, alone = (tmp_path / name for name in ("videos", "out", "alone"))
    for n in range(4):
        shutil.copytree(videos, many / str(n))
    assert run("extract", many, "-o", alone)[0] == 0
    with DaskCluster(tmp_path) as cluster:
        cluster.begin_scheduler("--host", "10.231.7.1", "--port", "8786", prefix=on(here))
        cluster.begin_worker(prefix=on(here))
        cluster.begin_worker(prefix=on(there))
        us = ("extract", many, "-o", out, "--scheduler", "tcp://10.231.7.1:8786", "--cluster.tries=5")
        process = start(*us, prefix=on(here))
        wait_for(lambda: len(list(out.rglob("*.h5"))) >= 4)
        subprocess.run(["ip", "-n", here, "link", "set", here, "down"], check=True)
        cut = time.monotonic()
        code, _, errors = finish(process)
        assert code == 0, errors
        time.sleep(max(0.0, cut + 60 - time.monotonic()))
        subprocess.run(["ip", "-n", here, "link", "set", here, "up"], check=True)
        time.sleep(10)  # what is left on the other side may still do harm: it does not
        assert digests(out) == digests(alone)
        assert {log.name for log in out.rglob("*.log")} == set()
