"""Clusters that are there already, over TCP: found, trusted, lost, and told other paths than ours."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from dask_processes import DaskCluster
from disturbance import digests, finish, run, start, summary, wait_for


@pytest.fixture
def cluster(tmp_path):
    with DaskCluster(tmp_path) as cluster:
        yield cluster


def test_a_scheduler_is_found_by_address_or_file_and_killed_and_begun_again(
    videos, undisturbed, cluster, faulty, tmp_path
):
    out = tmp_path / "out"
    cluster.begin_scheduler()
    cluster.begin_worker(**faulty)
    limits = ("--cluster.stall_seconds=100", "--cluster.tries=1", "--cluster.connect_seconds=5")
    process = start("extract", videos, "-o", out, "--scheduler", cluster.address, *limits)
    # Its one worker hangs in one of the videos: the run cannot be over when the scheduler dies.
    wait_for(lambda: (out / "logs" / "hang.log").exists() or (out / "logs" / "sleep.log").exists())
    cluster.scheduler.kill()
    code, _, errors = finish(process)
    assert code == 1
    last = errors.splitlines()[-1]
    assert last.startswith(f"seqfer extract: {cluster.address}: the scheduler was lost, with ")
    assert last.endswith("the same command goes on from there")

    cluster.begin_scheduler()
    cluster.begin_worker()
    cluster.begin_worker()
    code, _, errors = run("extract", videos, "-o", out, "--scheduler-file", cluster.file)
    assert code == 0, errors
    assert digests(out) == undisturbed


def test_where_no_scheduler_answers_it_is_said_in_a_line(videos, tmp_path):
    nobody = "tcp://127.0.0.1:9"
    code, _, errors = run(
        "extract", videos, "-o", tmp_path / "o", "--scheduler", nobody, "--cluster.connect_seconds=2"
    )
    assert code == 1
    assert len(errors.splitlines()) == 1 and f"{nobody}: no cluster (" in errors


@pytest.mark.slow
def test_tasks_go_to_workers_with_the_resources_they_need(videos, undisturbed, cluster, faulty, tmp_path):
    out = tmp_path / "out"
    cluster.begin_scheduler()
    cluster.begin_worker(**faulty)  # would fail
    cluster.begin_worker("--resources", "GPU=1")
    code, _, errors = run(
        "extract", videos, "-o", out, "--scheduler-file", cluster.file, "--cluster.resources", '{"GPU": 1}'
    )
    assert code == 0, errors
    assert digests(out) == undisturbed


@pytest.mark.slow
def test_workers_that_know_the_folders_by_other_paths(videos, cluster, tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    theirs.mkdir()
    shutil.copytree(videos, ours / "videos")
    (ours / "videos" / "broken.mp4").write_bytes(bytes(3000))
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("needs leave to make a mount namespace")
    assert run("extract", ours / "videos", "-o", ours / "alone")[0] == 1
    # In the workers' world our folder is empty, and its content, read-only but for the results, elsewhere.
    (ours / "out").mkdir()
    moved = (
        f"mount --bind {ours} {theirs} && mount --bind {ours}/out {theirs}/out && "
        f'mount -o remount,bind,ro {theirs} && mount -t tmpfs none {ours} && exec "$@"'
    )
    cluster.begin_scheduler()
    cluster.begin_worker(prefix=("unshare", "-m", "sh", "-c", moved, "sh"))
    paths = f'{{"{ours}": "{theirs}"}}'
    where = ("--scheduler-file", cluster.file, "--cluster.paths", paths)
    code, _, errors = run("extract", ours / "videos", "-o", ours / "out", *where)
    assert code == 1
    assert str(theirs) not in errors + (ours / "out" / "summary.csv").read_text()
    assert f"{ours}/videos/broken.mp4: " in errors
    rows = summary(ours / "out")
    assert [name for name, row in rows.items() if row["status"] == "failed"] == ["broken"]
    assert digests(ours / "out") == digests(ours / "alone")


@pytest.mark.slow
def test_with_certificates_only_who_has_one_is_let_in(videos, undisturbed, certificates, tmp_path):
    ours = certificates
    tls = ("--tls-ca-file", ours / "ca.pem", "--tls-cert", ours / "cert.pem", "--tls-key", ours / "key.pem")
    out = tmp_path / "out"
    with DaskCluster(tmp_path, *tls) as cluster:
        cluster.begin_scheduler("--host", "tls://127.0.0.1", "--port", "0", "--protocol", "tls")
        cluster.begin_worker()
        assert cluster.address.startswith("tls://")
        us = ("extract", videos, "-o", out, "--scheduler", cluster.address, "--cluster.connect_seconds=3")
        code, _, errors = run(*us)
        assert code == 1 and len(errors.splitlines()) == 1 and "needs certificates" in errors
        plain = (*us[:-2], cluster.address.replace("tls", "tcp"), us[-1])
        code, _, errors = run(*plain)
        assert code == 1 and len(errors.splitlines()) == 1 and "no cluster (" in errors
        files = (f"--cluster.tls.{n}={ours / f}" for n, f in
                 (("ca_file", "ca.pem"), ("cert", "cert.pem"), ("key", "key.pem")))  # fmt: skip
        code, _, errors = run(*us, *files)
        assert code == 0, errors
        assert digests(out) == undisturbed


def listening(pid: int) -> set[str]:
    """Local addresses on which a process and its children listen."""
    import psutil

    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return {c.laddr.ip for p in processes for c in p.net_connections("inet") if c.status == "LISTEN"}


def test_a_cluster_of_our_own_listens_on_loopback_only(videos, tmp_path):
    process = start("extract", videos, "-o", tmp_path / "out", "--cluster.workers=2")
    wait_for(lambda: (tmp_path / "out").is_dir() and list((tmp_path / "out").rglob("*.partial")))
    assert listening(process.pid) == {"127.0.0.1"}
    assert finish(process)[0] == 0
