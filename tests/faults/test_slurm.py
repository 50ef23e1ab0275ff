"""Extraction as jobs of a real Slurm, of one node."""

from __future__ import annotations

import shutil
import subprocess

import pytest
import slurm
from disturbance import digests, finish, run, start, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(slurm.missing() is not None, reason=str(slurm.missing())),
]


_CONFIGURATION = """
cluster:
  kind: slurm
  workers: 2
  memory_limit: 800MiB
  interface: lo
  stall_seconds: 60
  tries: 5
  options:
    walltime: "00:10:00"
    log_directory: {folder}
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    pytest.importorskip("dask_jobqueue")
    with slurm.slurm_node(tmp_path_factory.mktemp("slurm")) as environment:
        yield environment


def test_jobs_of_slurm_do_the_work_over_tls_and_a_cancelled_one_is_replaced(videos, node, tmp_path):
    many, out, alone = (tmp_path / name for name in ("videos", "out", "alone"))
    for n in range(4):
        shutil.copytree(videos, many / str(n))
    assert run("extract", many, "-o", alone)[0] == 0
    (tmp_path / "slurm.yaml").write_text(_CONFIGURATION.format(folder=tmp_path))
    process = start("extract", many, "-o", out, "--config", tmp_path / "slurm.yaml", **node)

    def ask(*command: str) -> list[str]:
        return subprocess.run(command, capture_output=True, text=True, env=node, check=True).stdout.split()

    wait_for(lambda: len(list(out.rglob("*.h5"))) >= 2, 90)
    first = ask("squeue", "-h", "-o", "%i")
    subprocess.run(["scancel", first[0]], env=node, check=True)  # as if its time had run out
    code, _, errors = finish(process)
    assert code == 0, errors
    assert digests(out) == digests(alone)
    assert "tls://" in next(tmp_path.glob("*.err")).read_text()
    wait_for(lambda: not ask("squeue", "-h"))


def test_jobs_of_slurm_come_with_work_and_go_without(videos, undisturbed, node, tmp_path):
    out = tmp_path / "out"
    (tmp_path / "slurm.yaml").write_text(_CONFIGURATION.format(folder=tmp_path) + "  min_workers: 0\n")
    process = start("extract", videos, "-o", out, "--config", tmp_path / "slurm.yaml", **node)

    def num_jobs() -> int:
        told = subprocess.run(["squeue", "-h"], capture_output=True, text=True, env=node, check=True)
        return len(told.stdout.splitlines())

    wait_for(lambda: num_jobs() == 2, 90)
    code, _, errors = finish(process)
    assert code == 0, errors
    assert digests(out) == undisturbed
    wait_for(lambda: num_jobs() == 0)


def test_without_the_commands_of_the_batch_system_it_is_said_in_a_line(videos, tmp_path):
    configuration = tmp_path / "slurm.yaml"
    configuration.write_text(_CONFIGURATION.format(folder=tmp_path))
    code, _, errors = run(
        "extract", videos, "-o", tmp_path / "out", "--config", configuration, PATH="/nowhere"
    )
    assert code == 1
    assert len(errors.splitlines()) == 1 and "slurm cluster: no cluster (" in errors
