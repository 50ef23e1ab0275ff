"""Where work is done: what cannot be is refused, short forms mean the long ones, paths are exchanged."""

from __future__ import annotations

from pathlib import Path

import pytest
from seqfer.pipelines.cluster_config import ClusterConfig
from seqfer.pipelines.cluster_kinds import make_cluster
from seqfer.pipelines.options import add_cluster, parsed, verb_parser

from seqfer.jobs import STAGES, Job, Outcome, RunConfig


def cluster_of(*args: str) -> ClusterConfig:
    parser = verb_parser("run", "", "")
    add_cluster(parser)
    return parsed(parser, args).cluster


def test_the_short_forms_mean_the_long_ones():
    assert cluster_of().is_here
    assert cluster_of("--cluster", "slurm") == cluster_of("--cluster=slurm") == ClusterConfig(kind="slurm")
    assert cluster_of("--scheduler", "tcp://h:1") == ClusterConfig(scheduler="tcp://h:1")
    assert cluster_of("--scheduler-file=/f") == ClusterConfig(scheduler_file=Path("/f"))
    assert cluster_of("--cluster=pbs", "--cluster.workers=4").workers == 4


@pytest.mark.parametrize(
    "args",
    [
        ("--cluster.tries=0",),
        ("--cluster.stall_seconds=0",),
        ("--cluster.workers=2", "--cluster.min_workers=3"),
        ("--scheduler=tcp://h:1", "--scheduler-file=f"),
        ("--scheduler=tcp://h:1", "--cluster=slurm"),
        ("--cluster=ssh",),
        ("--cluster=ssh", "--cluster.hosts=[a,b]"),
        ("--cluster=ssh", "--cluster.hosts=[a]", "--cluster.insecure=true"),
        (
            "--cluster=ssh",
            "--cluster.hosts=[a,b]",
            "--cluster.insecure=true",
            "--cluster.workers=2",
            "--cluster.min_workers=1",
        ),
        ("--cluster=condor",),
    ],
)
def test_what_cannot_be_is_refused(args, capsys):
    with pytest.raises(SystemExit) as stop:
        cluster_of(*args)
    assert stop.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_paths_are_exchanged_there_and_back():
    config = ClusterConfig(scheduler="tcp://head:8786", paths={"/home/ann/study": "/mnt/study"})
    job = Job(
        video_id="a",
        path=Path("/home/ann/study/a.mp4"),
        out=Path("/home/ann/study/out"),
        stages=STAGES,
        config=RunConfig(model="/home/ann/study/model"),
    )
    there = config.to_workers(job)
    assert (there.path, there.out) == (Path("/mnt/study/a.mp4"), Path("/mnt/study/out"))
    assert there.config.model == "/mnt/study/model"
    assert config.to_workers(Job(**{**vars(job), "path": Path("/home/ann/studying/a.mp4")})).path == Path(
        "/home/ann/studying/a.mp4"
    )
    failed = Outcome(video_id="a", path=there.where, status="failed", error="/mnt/study/a.mp4: is empty")
    back = config.from_workers(job, failed)
    assert (back.path, back.error) == (job.where, "/home/ann/study/a.mp4: is empty")


def test_workers_elsewhere_are_told_whole_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job = Job(
        video_id="a", path=Path("a.mp4"), out=Path("out"), stages=STAGES, config=RunConfig(model="mine")
    )
    elsewhere = ClusterConfig(scheduler="tcp://head:8786")
    there = elsewhere.to_workers(job)
    assert (there.path, there.out) == (tmp_path / "a.mp4", tmp_path / "out")
    assert there.config.model == str(tmp_path / "mine")
    assert elsewhere.to_workers(Job(**{**vars(job), "config": RunConfig()})).config.model == "bundled"
    failed = Outcome(video_id="a", path=there.where, status="failed", error=f"{tmp_path}/a.mp4: is empty")
    assert elsewhere.from_workers(job, failed).error == "a.mp4: is empty"
    assert ClusterConfig().to_workers(job) == job


@pytest.mark.parametrize(
    ("kind", "submit", "words"),
    [
        ("slurm", "sbatch", "#SBATCH --mem=2G"),
        ("pbs", "qsub", "#PBS -l select=1:ncpus=1:mem=2048MB"),
        ("sge", "qsub", "#$ -l h_rt="),
        ("lsf", "bsub", "#BSUB -M "),
    ],
)
def test_the_job_of_each_batch_system_is_one_worker_with_certificates(
    kind, submit, words, tmp_path, monkeypatch
):
    pytest.importorskip("dask_jobqueue")
    pytest.importorskip("cryptography")
    command = tmp_path / "bin" / submit
    command.parent.mkdir()
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    options = {"lsf_units": "mb"} if kind == "lsf" else {}
    config = ClusterConfig(
        kind=kind, memory_limit="2GiB", resources={"GPU": 1}, interface="lo", options=options
    )
    with make_cluster(config) as cluster:
        script = cluster.job_script()
    assert words in script
    assert "--nthreads 1" in script and "--resources GPU=1" in script and "--no-dashboard" in script
    assert "--tls-key" in script and "tls://" in script
    assert "DASK_INTERNAL_INHERIT_CONFIG=" in script
