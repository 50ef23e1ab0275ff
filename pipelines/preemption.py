"""Trainings that are told to go: kept at the end of the step at hand, and queued again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

SIGNAL = signal.SIGUSR1


class SaveWhenTold(Callback):
    """Keeps a checkpoint soon after SIGUSR1, which Slurm sends ahead of the end of a job's time.

    Lightning's own answer to the signal saves wherever training happens to be; this one waits for the end of
    the step, when everything fits together. Within a Slurm job, the job is queued again; it goes on with
    ``--ckpt_path auto``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._told = False

    def listen(self) -> None:
        """From now on; before the trainer looks whether somebody does."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(SIGNAL, self._note)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Save if told to; all processes or none."""
        told = self._told
        if trainer.world_size > 1:
            told = trainer.strategy.reduce_boolean_decision(told, all=False)
        if not told:
            return
        self._told = False
        trainer.save_checkpoint(self._path)
        if trainer.is_global_zero:
            print(f"seqfer train: told to go; kept {self._path}", file=sys.stderr, flush=True)
            job = os.environ.get("SLURM_JOB_ID")
            if job:
                with suppress(OSError):
                    subprocess.run(["scontrol", "requeue", job], check=False)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._told = True
