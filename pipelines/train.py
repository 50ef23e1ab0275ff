"""``seqfer train``: fit a temporal model on face tracks and a table of labels."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import torch
from jsonargparse import Namespace
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback, EarlyStopping, ModelCheckpoint
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI
from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger

from seqfer.data import TracksDataModule
from seqfer.errors import InputError, SeqferError, WeightsError
from seqfer.models import (
    SequenceModel,
    StagedThaw,
    ThawPlan,
    load_model,
    read_metadata,
    save_model,
)
from seqfer.models.calibration import calibrate
from seqfer.models.kept import KeptFeatures
from seqfer.models.starting import OF_ONES_OWN, start_from

from .options import complain
from .preemption import SaveWhenTold
from .versions import write_versions

_MONITOR = "val/uar"
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


class _Cli(LightningCLI):
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
            dirpath=folder, monitor=_MONITOR, mode="max", filename="{epoch:03d}"
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


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a training came to.

    Attributes:
        model: the saved model.
        epochs: trained.
        best: name of the checkpoint it is.
        score: its ``val/uar``.
        data: what it was trained on, divided.
        kept: features that it keeps, of faces of the data.
    """

    model: Path
    epochs: int
    best: str
    score: float
    data: TracksDataModule
    kept: KeptFeatures | None


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
    try:
        trained = train(argv)
    except (SeqferError, ValueError) as error:  # ValueError: a setting out of its range
        print(f"seqfer train: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    if trained is not None:
        what = f"best of {trained.epochs} epochs ({trained.best})"
        print(f"{trained.model}: {what}, {_MONITOR} {trained.score:.4f}")
    return 0


def train(argv: Sequence[str], kept: KeptFeatures | None = None) -> Trained | None:
    """Train as the command line ``argv`` says.

    Args:
        argv: options.
        kept: features of the same faces by the same network, where it keeps them; added to.

    Returns:
        None in processes that only help another.

    Raises:
        SeqferError: the stores, the labels or the weights cannot be used.
        ValueError: a setting out of its range.
    """
    with quiet_lightning():
        cli = make_cli(argv)
        if kept is not None:
            cli.datamodule.kept = kept
        return _fit(cli, cli.config)


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Without its tips, and without warnings of what is meant to be so."""
    for name in ("pytorch_lightning", "lightning_fabric", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    with warnings.catch_warnings():
        for known in _KNOWN_WARNINGS:
            warnings.filterwarnings("ignore", known)
        yield


def make_cli(argv: Sequence[str]) -> _Cli:
    """Model, data module and trainer as the command line ``argv`` says; nothing is read or trained yet."""
    return _Cli(
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


def _fit(cli: _Cli, config: Namespace) -> Trained | None:
    trainer, model, data = cli.trainer, cli.model, cli.datamodule
    torch.set_num_threads(config.threads or max(1, _cores() // trainer.world_size))
    if config.start_from is not None:
        start_from(model, config.start_from)
    resume = _resume_from(config.ckpt_path, Path(config.output))
    if resume is not None:
        _check_same(resume, model)
    data.inputs = model.inputs
    data.setup()
    model.trained_on = tuple(sorted(taught_before(config) | set(data.subjects)))
    if not model.by_gradient:
        if trainer.world_size > 1:
            raise ValueError(f"a {type(model).__name__} is solved by one process: set trainer.devices to 1")
        trainer.fit_loop.max_epochs = 1
    if trainer.is_global_zero:
        for emotion, count in sorted(data.left_out.items()):
            print(
                f"seqfer train: {count} labels of {emotion} left out: not in the vocabulary", file=sys.stderr
            )
        folder = Path(config.output) / "checkpoints"
        folder.mkdir(parents=True, exist_ok=True)
        cli.parser.save(config, folder / "config.yaml", skip_none=False, overwrite=True, multifile=False)
        versions = write_versions(folder / "versions.json")
    trainer.fit(model, datamodule=data, ckpt_path=resume, weights_only=True)
    if not trainer.is_global_zero:
        return None
    best = cli.checkpoints.best_model_path
    if not best:
        raise InputError(config.output, "stopped before the first epoch ended; nothing is saved")
    scores = {name: round(float(v), 4) for name, v in trainer.callback_metrics.items()}
    metadata = {
        "name": Path(config.output).name, "checkpoint": Path(best).name, "last_scores": scores,
        "versions": versions, "training_subjects": list(model.trained_on),
    }  # fmt: skip
    found = load_model(best)
    if found.by_gradient and data.val_windows is not None:
        calibrate(found, data.val_dataloader())
    path = save_model(found, Path(config.output) / "model", metadata)
    score = cli.checkpoints.best_model_score
    assert score is not None  # it has a path
    return Trained(
        model=path, epochs=trainer.current_epoch, best=Path(best).stem, score=float(score), data=data,
        kept=data.kept if model.keeps_features else None,
    )  # fmt: skip


def taught_before(config: Namespace) -> set[str]:
    """Who the weights that a training starts from were trained on, as far as these say."""
    encoder = config.model.get("init_args", {}).get("encoder")
    starts = [start for start in (config.start_from, encoder) if isinstance(start, str)]
    return {who for start in starts for who in read_metadata(start).get("training_subjects", ())}


def _resume_from(wanted: str | None, output: Path) -> str | None:
    """The checkpoint to go on from: the one named, or the newest whole one of the output folder."""
    if wanted != "auto":
        return wanted
    found = sorted((output / "checkpoints").glob("*.ckpt"), key=lambda p: p.stat().st_mtime, reverse=True)
    for path in found:
        try:
            read_metadata(path)
            return str(path)
        except WeightsError as error:  # cut off by what killed the training
            print(f"seqfer train: {error}; an older one will do", file=sys.stderr)
    return None


def _check_same(resume: str, model: SequenceModel) -> None:
    """Say in one line what Lightning would say in fifty, and what it would not say at all."""
    kept = load_model(resume)
    if type(kept) is not type(model):
        raise WeightsError(
            resume, f"a checkpoint of a {type(kept).__name__}, not of a {type(model).__name__}"
        )
    if kept.vocabulary != model.vocabulary:
        names = ", ".join(kept.vocabulary)
        raise WeightsError(resume, f"made for the vocabulary {names}, not {', '.join(model.vocabulary)}")
    wrong = sorted(k for k, v in model.arguments.items() if kept.arguments.get(k) != v)
    if wrong:
        raise WeightsError(resume, f"made with other settings of {', '.join(wrong)}")


def _cores() -> int:
    """Cores this process may use: as it is told, or where the system says (Linux), else all."""
    if told := os.environ.get("OMP_NUM_THREADS", ""):
        return torch.get_num_threads() if not told.isdigit() else int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
