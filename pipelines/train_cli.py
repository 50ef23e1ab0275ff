"""The command line of ``seqfer train``: Lightning's own, with our options, checkpoints and logs."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback, EarlyStopping, ModelCheckpoint
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI
from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger

from seqfer.data import TracksDataModule
from seqfer.models import SequenceModel, StagedThaw, ThawPlan, load_model, read_metadata
from seqfer.models.starting import OF_ONES_OWN

from .options import complain
from .preemption import SaveWhenTold

#: What the best checkpoint has most of.
MONITOR = "val/uar"
_KNOWN_WARNINGS = (
    "LightningCLI's args parameter",  # we are the command line
    ".*tensorboardX.*",
    ".*isinstance.treespec, LeafSpec.*",
    ".*in eval mode at the start of training.*",  # a frozen encoder is
    ".*does not have many workers.*",
    "Checkpoint directory .* exists and is not empty",  # resumed training goes on in it
    ".*before resuming from it.*",  # ours are: see ResumableLoader
    ".*resuming from a checkpoint that ended.*",
    ".*The total number of parameters detected may be inaccurate.*",
    "The `srun` command is available",
    ".*sync_dist=True.*",  # of several processes: summed by the scores themselves
    ".*The ``compute`` method of metric.*",  # one of several processes had nothing to score
)


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Without its tips, and without warnings of what is meant to be so."""
    for name in ("pytorch_lightning", "lightning_fabric", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    with warnings.catch_warnings():
        for known in _KNOWN_WARNINGS:
            warnings.filterwarnings("ignore", known)
        yield


def make_cli(argv: Sequence[str]) -> TrainCli:
    """Model, data module and trainer as the command line ``argv`` says; nothing is read or trained yet."""
    return TrainCli(
        SequenceModel,
        TracksDataModule,
        parser_class=_Parser,
        subclass_mode_model=True,
        save_config_callback=None,  # written where the checkpoints are
        trainer_defaults={
            "max_epochs": 50, "log_every_n_steps": 1, "num_sanity_val_steps": 0,
            "use_distributed_sampler": False,  # the data module shares out
        },
        seed_everything_default=1,
        auto_configure_optimizers=False,
        args=list(argv),
        run=False,
    )  # fmt: skip


class _StepSeeds(Callback):
    """Dropout's choices depend on seed and step alone: what is resumed goes on as if never stopped."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        torch.manual_seed(
            self._seed * 1_000_003 + trainer.global_step * trainer.world_size + trainer.global_rank
        )


class _Parser(LightningArgumentParser):
    """Says what is wrong in one line, as do the parsers inside it, which are of its class."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Print ``message`` on one line, and exit."""
        self.prog = "seqfer train"
        complain(self, message)


class TrainCli(LightningCLI):
    """Model, data module and trainer by their options, and ours.

    Attributes:
        checkpoints: keeps the best.
    """

    checkpoints: ModelCheckpoint

    def before_instantiate_classes(self) -> None:
        """Say what is wrong with the weights to start from before jsonargparse says it at length.

        A model that starts from another is built like it.
        """
        start = self.config.start_from
        if start is not None:
            notes = read_metadata(start)
            self.config.model.class_path = f"seqfer.models.{notes['architecture']}"
            for name, value in notes["arguments"].items():
                if name not in OF_ONES_OWN:
                    self.config.model.init_args[name] = value
            if "encoder" in notes["arguments"]:
                self.config.model.init_args.encoder = start
        encoder = self.config.model.get("init_args", {}).get("encoder")
        if isinstance(encoder, str):
            load_model(encoder)

    def add_arguments_to_parser(self, parser: Any) -> None:
        parser.prog = "seqfer train"
        parser.description = "Fit a temporal model on face tracks (HDF5 stores) and a table of labels (CSV)."
        parser.add_argument(
            "-o", "--output", type=Path, required=True, help="folder for the model and its logs"
        )
        parser.add_argument(
            "--start_from", type=str | None, default=None,
            help="a saved model to go on learning from, all of it: bundled, or a path; it is built alike",
        )  # fmt: skip
        parser.add_argument(
            "--ckpt_path", type=str, default=None,
            help="go on from this checkpoint; auto: from the last one in the output folder, if there is one",
        )  # fmt: skip
        parser.add_argument("--patience", type=int, default=10, help="epochs without gain before it stops")
        parser.add_argument(
            "--checkpoint_every_n_steps", type=int, default=None,
            help="also keep a checkpoint every so many steps: what a killed training loses at most",
        )  # fmt: skip
        parser.add_argument("--thaw", type=ThawPlan | None, default=None, help="thaw the encoder in stages")
        parser.add_argument(
            "--tensorboard", type=bool, default=False, help="also log for TensorBoard (extra tensorboard)"
        )
        parser.add_argument(
            "--threads", type=int, default=None, help="of torch; default: OMP_NUM_THREADS, or every core"
        )
        parser.link_arguments("data.vocabulary", "model.init_args.vocabulary")
        parser.link_arguments("data.sample_rate_hz", "model.init_args.sample_rate_hz")

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """The trainer, with our checkpoints and early stopping, and a CSV log where the config names none."""
        config, output = self.config, Path(self.config.output)
        folder = output / "checkpoints"
        self.checkpoints = ModelCheckpoint(
            dirpath=folder, monitor=MONITOR, mode="max", filename="{epoch:03d}"
        )
        callbacks: list[Callback] = [
            self.checkpoints,
            ModelCheckpoint(dirpath=folder, filename="last", enable_version_counter=False),
            EarlyStopping("val/loss", patience=config.patience),
            _StepSeeds(int(config.seed_everything)),
        ]
        if config.checkpoint_every_n_steps is not None:
            steps = config.checkpoint_every_n_steps
            callbacks.append(
                ModelCheckpoint(dirpath=folder, filename="latest", every_n_train_steps=steps,
                                enable_version_counter=False)
            )  # fmt: skip
        told = SaveWhenTold(folder / "told.ckpt")
        told.listen()
        callbacks.append(told)
        if config.thaw is not None:
            callbacks.append(StagedThaw(config.thaw))
        self.trainer_defaults["callbacks"] = callbacks
        kwargs.setdefault("default_root_dir", config.trainer.default_root_dir or str(output))
        if config.trainer.logger in (None, True):
            loggers: list[Logger] = [CSVLogger(output, name="logs")]
            if config.tensorboard:
                loggers.append(_tensorboard(output))
            kwargs["logger"] = loggers
        return super().instantiate_trainer(**kwargs)


def _tensorboard(output: Path) -> Logger:
    try:
        return TensorBoardLogger(output, name="tensorboard")
    except ModuleNotFoundError as error:
        raise ValueError("tensorboard needs pip install 'seqfer[tensorboard]'") from error
