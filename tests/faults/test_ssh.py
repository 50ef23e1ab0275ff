"""Hosts reached by ssh: a real server on each of two network namespaces, or on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest
import sshd
from disturbance import digests, finish, on, run, start, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sshd.missing() is not None, reason=str(sshd.missing())),
]

_CONFIGURATION = """
cluster:
  kind: ssh
  hosts: [{hosts}]
  memory_limit: 1GiB
  tries: 5
  {trust}
  options:
    remote_python: env PYTHONPATH={path} {python}
    connect_options: {{port: {port}, username: {user}, client_keys: ["{key}"], known_hosts: "{known_hosts}"}}
    scheduler_options: {{idle_timeout: 20 seconds}}
"""


@pytest.fixture(autouse=True)
def needs_asyncssh():
    pytest.importorskip("asyncssh")


def configured(folder: Path, server: sshd.Server, *hosts: str, **changed: object) -> Path:
    values = {
        "hosts": ", ".join(hosts),
        "trust": "insecure: true",
        "path": os.environ.get("PYTHONPATH", ""),
        "python": sys.executable,
        **vars(server),
    }
    path = folder / "ssh.yaml"
    path.write_text(_CONFIGURATION.format(**(values | changed)))
    return path


def dask_parts(below: sshd.Server | None = None) -> dict[int, str]:
    """Process numbers and commands of what Dask runs on hosts; all, or what is below one server."""
    found = {}
    root = psutil.Process(below.process.pid) if below else psutil.Process(1)
    for process in root.children(recursive=True):
        with suppress(psutil.Error):
            command = " ".join(process.cmdline())
            if "-m distributed.cli.dask_spec" in command:
                found[process.pid] = command
    return found


def test_hosts_do_the_work_over_tls_and_one_that_is_lost_is_begun_again(
    videos, hosts, certificates, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    here, there = hosts
    many, out, alone = Path("videos"), Path("out"), Path("alone")  # workers are in other folders
    for n in range(4):
        shutil.copytree(videos, many / str(n))
    assert run("extract", many, "-o", alone)[0] == 0
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(sshd.ssh_server(tmp_path, [address], on(name)))
            for name, address in ((here, "10.231.7.1"), (there, "10.231.7.2"))
        )
        files = {"ca_file": "ca.pem", "cert": "cert.pem", "key": "key.pem"}
        tls = ", ".join(f"{name}: {certificates / file}" for name, file in files.items())
        configuration = configured(
            tmp_path, first, "10.231.7.1", "10.231.7.1", "10.231.7.2", trust=f"tls: {{{tls}}}"
        )
        process = start("extract", many, "-o", out, "--config", configuration, prefix=on(here))
        wait_for(lambda: process.poll() is not None or len(list(out.rglob("*.h5"))) >= 2, 90)
        assert process.poll() is None, process.stderr.read()
        lost = dask_parts(second)
        assert lost and all("tls://" in command for command in lost.values())
        for pid in lost:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: dask_parts(second).keys() - lost)
        code, _, errors = finish(process)
        assert code == 0, errors
        assert digests(out) == digests(alone)
        wait_for(lambda: not dask_parts())


@pytest.fixture
def server(tmp_path):
    """On two addresses of this machine."""
    with sshd.ssh_server(tmp_path, ["127.0.0.1", "127.0.0.2"]) as server:
        yield server


def test_what_runs_on_hosts_ends_by_itself_where_the_run_is_killed_and_the_run_goes_on(
    videos, undisturbed, server, tmp_path
):
    out = tmp_path / "out"
    us = ("extract", videos, "-o", out, "--config", configured(tmp_path, server, "127.0.0.1", "127.0.0.2"))
    process = start(*us)
    wait_for(lambda: list(out.rglob("*.partial")), 90)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    wait_for(lambda: not dask_parts())
    code, _, errors = run(*us)
    assert code == 0, errors
    assert digests(out) == undisturbed


def test_workers_that_say_much_are_not_held_up(videos, undisturbed, server, tmp_path):
    noisy = tmp_path / "noisy.py"
    noisy.write_text("import sys\ndef dask_setup(worker):\n    from seqfer.video import pyav_reader\n"
                     "    read = pyav_reader.read\n"
                     "    def loud(*args, **more):\n        sys.stderr.write('x' * (4 << 20))\n"
                     "        return read(*args, **more)\n    pyav_reader.read = loud\n")  # fmt: skip
    out = tmp_path / "out"
    configuration = configured(tmp_path, server, "127.0.0.1", "127.0.0.2")
    preload = {"DASK_DISTRIBUTED__WORKER__PRELOAD": str(noisy)}
    code, _, errors = run("extract", videos, "-o", out, "--config", configuration, **preload)
    assert code == 0, errors
    assert digests(out) == undisturbed


@pytest.mark.parametrize(
    ("wrong", "hosts", "reason"),
    [
        ({"python": "/nowhere/python"}, "127.0.0.1", "127.0.0.1: cannot use "),
        ({"port": 9}, "127.0.0.1", "127.0.0.1: "),
        ({"known_hosts": os.devnull}, "127.0.0.1", "127.0.0.1: Host key is not trusted"),
        ({}, "127.0.0.3", "127.0.0.3: "),
    ],
)
def test_a_host_that_cannot_be_used_is_named_in_a_line(wrong, hosts, reason, videos, server, tmp_path):
    configuration = configured(tmp_path, server, "127.0.0.1", hosts, **wrong)
    code, _, errors = run("extract", videos, "-o", tmp_path / "out", "--config", configuration)
    assert code == 1
    assert len(errors.splitlines()) == 1 and "ssh cluster: no cluster (" in errors and reason in errors
    assert not dask_parts()
