"""Training as a job of a real Slurm of one node: told to go it is queued again, and comes to the same."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from fake_tracks import write_data

from seqfer.models import load_model

slurm = pytest.importorskip("slurm", reason="the tests' own Slurm is not here")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(slurm.missing() is not None, reason=str(slurm.missing())),
]
SUBMIT = Path(__file__).parents[2] / "scripts" / "submit_slurm.sh"
ENCODER = '{"widths": [8, 8, 16], "depths": [1, 1], "input_size": 24}'


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with slurm.slurm_node(tmp_path_factory.mktemp("slurm")) as environment:
        yield {
            **environment,
            "SEQFER": f"{sys.executable} -m seqfer.pipelines",
            "SEQFER_CHECKPOINT_STEPS": "5",
        }


def wait_for(condition, what, seconds=150):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.2)


def test_a_job_told_to_go_is_queued_again_and_comes_to_what_it_would_have(node, tmp_path):
    stores, labels = write_data(tmp_path, people=6)
    options = [
        "--model=CnnRnn", f"--model.init_args.encoder={ENCODER}", "--model.init_args.hidden=8",
        f"--data.stores={stores}", f"--data.labels={labels}", "--data.vocabulary=neutral,happiness",
        "--data.window_seconds=2", "--data.sample_rate_hz=10", "--data.batch_size=1", "--patience=999",
        "--trainer.max_epochs=40", "--trainer.accelerator=cpu", "--trainer.devices=1", "--threads=1",
        "--trainer.enable_progress_bar=false", "--trainer.enable_model_summary=false",
    ]  # fmt: skip
    whole, out, log = tmp_path / "whole", tmp_path / "out", tmp_path / "job.log"
    alone = [sys.executable, "-m", "seqfer.pipelines", "train", *options, f"--output={whole}"]
    subprocess.run(alone, check=True, capture_output=True)

    def ask(*command):
        return subprocess.run(command, capture_output=True, text=True, env=node, check=True).stdout.strip()

    # A job queued again is held back for a minute or two, unless told when to begin.
    job = ask(str(SUBMIT), f"--output={log}", "--ntasks=1", "--", *options, f"--output={out}")
    said = lambda: log.read_text() if log.exists() else ""  # noqa: E731
    wait_for(lambda: (out / "checkpoints" / "latest.ckpt").exists(), said)
    ask("scancel", "--signal=USR1", job)
    wait_for(lambda: "told to go; kept" in said(), said)
    wait_for(lambda: "PENDING" in ask("squeue", "-h", "-j", job, "-o", "%T"), said)
    ask("scontrol", "update", f"JobId={job}", "StartTime=now")
    wait_for(lambda: (out / "model.safetensors").exists(), said)
    assert len(list((out / "logs").iterdir())) == 2, "it ran twice"
    ends = [load_model(f / "checkpoints" / "last.ckpt").state_dict() for f in (whole, out)]
    for name, tensor in ends[0].items():
        torch.testing.assert_close(tensor, ends[1][name], rtol=1e-4, atol=1e-5)
    assert os.access(SUBMIT, os.X_OK)
