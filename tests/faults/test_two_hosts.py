"""Two hosts, as network namespaces with a shared folder; the network between them is cut for a minute."""

from __future__ import annotations

import shutil
import subprocess
import time

import pytest
from dask_processes import DaskCluster
from disturbance import digests, finish, run, start, wait_for

pytestmark = pytest.mark.slow

_LINKED = """
ip netns add {a} && ip netns add {b} && ip link add {a} type veth peer name {b} &&
ip link set {a} netns {a} && ip link set {b} netns {b} &&
ip -n {a} addr add 10.231.7.1/24 dev {a} && ip -n {b} addr add 10.231.7.2/24 dev {b} &&
ip -n {a} link set {a} up && ip -n {b} link set {b} up && ip -n {a} link set lo up && ip -n {b} link set lo up
"""


@pytest.fixture
def hosts():
    """Names of two network namespaces with a wire between them."""
    names = {"a": "seqfer-a", "b": "seqfer-b"}
    made = subprocess.run(["sh", "-c", _LINKED.format(**names)], capture_output=True, text=True)
    try:
        if made.returncode:
            pytest.skip(f"needs leave to make network namespaces ({made.stderr.strip()})")
        yield names["a"], names["b"]
    finally:
        for name in names.values():
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


def on(host: str) -> tuple[str, ...]:
    return "ip", "netns", "exec", host


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
