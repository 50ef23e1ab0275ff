"""``seqfer train``: fit a temporal model on face tracks and a table of labels."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jsonargparse import Namespace

from seqfer.data import TracksDataModule
from seqfer.errors import InputError, SeqferError, WeightsError
from seqfer.models import SequenceModel, load_model, read_metadata, save_model
from seqfer.models.calibration import calibrate
from seqfer.models.kept import KeptFeatures
from seqfer.models.starting import start_from

from .train_cli import MONITOR, TrainCli, make_cli, quiet_lightning
from .versions import write_versions


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
        print(f"{trained.model}: {what}, {MONITOR} {trained.score:.4f}")
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


def _fit(cli: TrainCli, config: Namespace) -> Trained | None:
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
