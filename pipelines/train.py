"""``seqfer train``: fit a temporal model on face tracks and a table of labels."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import torch
from jsonargparse import Namespace
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback, EarlyStopping, ModelCheckpoint
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI
from pytorch_lightning.loggers import CSVLogger

from seqfer.data import TracksDataModule
from seqfer.errors import SeqferError
from seqfer.models import SequenceModel, load_model, read_metadata, save_model

from .options import VerbParser

_MONITOR = "val/loss"
_KNOWN_WARNINGS = (
    "LightningCLI's args parameter",  # we are the command line
    ".*tensorboardX.*",
    ".*isinstance.treespec, LeafSpec.*",
    ".*in eval mode at the start of training.*",  # a frozen encoder is
    ".*does not have many workers.*",
    "Checkpoint directory .* exists and is not empty",  # resumed training goes on in it
)


class _StepSeeds(Callback):
    """Dropout's choices depend on seed and step alone: what is resumed goes on as if never stopped."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        torch.manual_seed(self._seed * 1_000_003 + trainer.global_step)


class _Parser(LightningArgumentParser):
    """Says what is wrong in one line, as do the parsers inside it, which are of its class."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Print ``message`` on one line, and exit."""
        self.prog = "seqfer train"
        VerbParser.error(self, message, ex)


class _Cli(LightningCLI):
    def before_instantiate_classes(self) -> None:
        """Say what is wrong with the weights to start from before jsonargparse says it at length."""
        encoder = self.config.model.init_args.get("encoder")
        if isinstance(encoder, str):
            read_metadata(encoder)

    def add_arguments_to_parser(self, parser: Any) -> None:
        parser.prog = "seqfer train"
        parser.description = "Fit a temporal model on face tracks (HDF5 stores) and a table of labels (CSV)."
        parser.add_argument(
            "-o", "--output", type=Path, required=True, help="folder for the model and its logs"
        )
        parser.add_argument("--ckpt_path", type=Path, default=None, help="go on from this checkpoint")
        parser.add_argument("--patience", type=int, default=10, help="epochs without gain before it stops")
        parser.add_argument("--threads", type=int, default=None, help="of torch; default: every core")
        parser.link_arguments("data.vocabulary", "model.init_args.vocabulary")
        parser.link_arguments("data.sample_rate_hz", "model.init_args.sample_rate_hz")

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """The trainer, with our checkpoints and early stopping, and a CSV log where the config names none."""
        output = Path(self.config.output)
        self.checkpoints = ModelCheckpoint(
            dirpath=output / "checkpoints", monitor=_MONITOR, save_last=True, filename="{epoch:03d}"
        )
        self.trainer_defaults["callbacks"] = [
            self.checkpoints,
            EarlyStopping(_MONITOR, patience=self.config.patience),
            _StepSeeds(int(self.config.seed_everything)),
        ]
        kwargs.setdefault("default_root_dir", self.config.trainer.default_root_dir or str(output))
        if self.config.trainer.logger in (None, True):
            kwargs["logger"] = CSVLogger(output, name="logs")
        return super().instantiate_trainer(**kwargs)


def make_parser() -> ArgumentParser:
    """The options that are not settings of Lightning, the model or the data, for shells to complete."""
    parser = ArgumentParser(prog="seqfer train")
    parser.add_argument("--config", help="YAML file with any of the settings")
    for name in ("-o", "--output", "--ckpt_path", "--data.stores", "--data.labels"):
        parser.add_argument(name)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb.

    Returns:
        0; 2 where the configuration, the stores, the labels or the weights cannot be used.
    """
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)  # not its tips
    try:
        with warnings.catch_warnings():
            for known in _KNOWN_WARNINGS:
                warnings.filterwarnings("ignore", known)
            cli = _Cli(
                SequenceModel,
                TracksDataModule,
                parser_class=_Parser,
                subclass_mode_model=True,
                save_config_kwargs={"overwrite": True},
                trainer_defaults={"max_epochs": 50, "log_every_n_steps": 1, "num_sanity_val_steps": 0},
                seed_everything_default=1,
                auto_configure_optimizers=False,
                args=list(argv),
                run=False,
            )
            return _fit(cli, cli.config)
    except (SeqferError, ValueError) as error:  # ValueError: a setting out of its range
        print(f"seqfer train: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def _fit(cli: _Cli, config: Namespace) -> int:
    torch.set_num_threads(config.threads or _cores())
    if config.ckpt_path is not None:
        load_model(config.ckpt_path)  # says in one line what Lightning would say in fifty
    cli.datamodule.setup()
    cli.trainer.fit(cli.model, datamodule=cli.datamodule, ckpt_path=config.ckpt_path, weights_only=True)
    best = cli.checkpoints.best_model_path
    if not best:
        print("seqfer train: stopped before the first epoch ended; nothing is saved", file=sys.stderr)
        return 2
    model = load_model(best)
    scores = {name: round(float(v), 4) for name, v in cli.trainer.callback_metrics.items()}
    metadata = {"name": Path(config.output).name, "checkpoint": Path(best).name, "last_scores": scores}
    path = save_model(model, Path(config.output) / "model", metadata)
    print(f"{path}: best of {cli.trainer.current_epoch} epochs ({Path(best).stem}), {_MONITOR} "
          f"{float(cli.checkpoints.best_model_score):.4f}")  # fmt: skip
    return 0


def _cores() -> int:
    """Cores this process may use, where the system says (Linux), else all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
