"""Two processes that train together (gloo, on processors) come to what one comes to."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from fake_tracks import write_data

ENCODER = '{"widths": [8, 8, 16], "depths": [1, 1], "input_size": 24}'


@pytest.mark.slow
def test_two_processes_come_to_the_same_metrics_as_one(seqfer, tmp_path):
    stores, labels = write_data(tmp_path, people=9)

    def scores(devices):
        out = tmp_path / str(devices)
        done = seqfer(
            "train", "--model=CnnRnn", f"--model.init_args.encoder={ENCODER}", "--model.init_args.hidden=8",
            "--model.init_args.dropout=0", "--model.init_args.learning_rate=0.02", f"--data.stores={stores}",
            f"--data.labels={labels}", "--data.vocabulary=neutral,happiness", "--data.window_seconds=2",
            "--data.sample_rate_hz=10", f"--data.batch_size={4 // devices}", "--data.val_share=0.34",
            "--data.augmentation=null", "--trainer.max_epochs=4", "--trainer.accelerator=cpu",
            f"--trainer.devices={devices}", f"--trainer.strategy={'ddp' if devices > 1 else 'auto'}",
            "--trainer.enable_progress_bar=false", "--trainer.enable_model_summary=false", "--threads=1",
            f"--output={out}",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("model.safetensors") == 1, "one process tells"
        with (out / "logs" / "version_0" / "metrics.csv").open() as file:
            rows = [r for r in csv.DictReader(file) if r["val/loss"]]
        return [[float(r[name]) for name in ("val/loss", "val/uar", "val/war")] for r in rows]

    # 6 windows to train on and 3 to validate on: the last batches of the two are filled up.
    alone, together = scores(1), scores(2)
    assert len(alone) == 4
    np.testing.assert_allclose(together, alone, rtol=1e-3, atol=0.02)  # a frame of 60 may tip over
    np.testing.assert_allclose(np.array(together)[:, 0], np.array(alone)[:, 0], rtol=1e-3)
