"""Train the frame encoder on aligned stills."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seqfer.evaluation import (
    confusion_matrix,
    expected_calibration_error,
    macro_f1,
    unweighted_average_recall,
    weighted_average_recall,
)
from seqfer.labels import EMOTIONS
from seqfer.models.encoder import FrameEncoder

from .augment import augmented
from .ferplus import Stills


@dataclass(frozen=True, kw_only=True)
class EncoderRecipe:
    """How the encoder is trained.

    Attributes:
        epochs: passes over the training stills.
        small_epochs: of these, how many on pictures of ``small_side`` pixels (cheaper, as good a start).
        small_side: pixels.
        batch_size: stills.
        peak_rate: highest learning rate (Nesterov momentum 0.9; warm-up, then cosine to zero).
        weight_decay: of convolution and linear weights.
        balance: stills are drawn with a chance ~ frequency of their emotion ** -balance; 0 is as they come.
        average: decay per step of the running average of the weights, which is what is kept.
        seed: of everything random.
    """

    epochs: int = 28
    small_epochs: int = 12
    small_side: int = 36
    batch_size: int = 128
    peak_rate: float = 0.1
    weight_decay: float = 5e-4
    balance: float = 0.4
    average: float = 0.998
    seed: int = 20


def train_encoder(
    encoder: FrameEncoder, train: Stills, valid: Stills, recipe: EncoderRecipe, folder: Path
) -> FrameEncoder:
    """The averaged encoder after the last epoch; ``folder`` keeps a checkpoint to go on from.

    Prints one line per epoch: loss, accuracy (WAR) and mean recall (UAR) on ``valid``.
    """
    torch.manual_seed(recipe.seed)
    encoder = encoder.to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(encoder).eval()
    steps = len(train) // recipe.batch_size
    optimizer = torch.optim.SGD(
        _groups(encoder, recipe.weight_decay), lr=recipe.peak_rate, momentum=0.9, nesterov=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=recipe.peak_rate, total_steps=recipe.epochs * steps, pct_start=0.15
    )
    first = 0
    folder.mkdir(parents=True, exist_ok=True)
    resume = folder / "encoder_training.ckpt"
    if resume.exists():
        state = torch.load(resume, weights_only=True)
        encoder.load_state_dict(state["encoder"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        first = state["epoch"]
    emotion = train.votes.argmax(axis=1)
    chance = np.bincount(emotion, minlength=train.votes.shape[1])[emotion] ** -recipe.balance
    chance /= chance.sum()
    for epoch in range(first, recipe.epochs):
        began, total = time.perf_counter(), 0.0
        rng = np.random.default_rng([recipe.seed, epoch])  # an epoch is the same after a resume
        torch.manual_seed(recipe.seed * 1000 + epoch)
        side = recipe.small_side if epoch < recipe.small_epochs else encoder.input_size
        order = rng.choice(len(train), size=steps * recipe.batch_size, p=chance)
        encoder.train()
        for rows in order.reshape(steps, -1):
            pictures = augmented(train.crops[rows], train.inside[rows], side, rng)
            logits = encoder.classify(encoder.pool(encoder.maps(pictures)))
            loss = F.cross_entropy(logits, torch.from_numpy(train.votes[rows]))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            _average(averaged, encoder, recipe.average)
            total += float(loss.detach())
        war, uar, cross = score(averaged, valid)
        print(
            f"epoch {epoch + 1:2d}/{recipe.epochs} side {side} loss {total / steps:.4f}  "
            f"valid loss {cross:.4f} WAR {war:.4f} UAR {uar:.4f}  {time.perf_counter() - began:.0f} s",
            flush=True,
        )
        state = {
            "encoder": encoder.state_dict(), "averaged": averaged.state_dict(), "epoch": epoch + 1,
            "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(),
        }  # fmt: skip
        torch.save(state, resume.with_suffix(".partial"))
        resume.with_suffix(".partial").replace(resume)
    return averaged


def _groups(encoder: FrameEncoder, weight_decay: float) -> list[dict]:
    weights = [p for p in encoder.parameters() if p.ndim > 1]
    others = [p for p in encoder.parameters() if p.ndim <= 1]
    return [{"params": weights, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


@torch.no_grad()
def _average(averaged: FrameEncoder, encoder: FrameEncoder, decay: float) -> None:
    for kept, new in zip(averaged.state_dict().values(), encoder.state_dict().values(), strict=True):
        if kept.dtype.is_floating_point:
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


@torch.inference_mode()
def encoder_logits(encoder: FrameEncoder, stills: Stills, batch_size: int = 64) -> Tensor:
    """Frame-only logits (N, K) of stills, through the encoder's own preprocessing of RGB crops."""
    parts = []
    for start in range(0, len(stills), batch_size):
        grey = torch.from_numpy(stills.crops[start : start + batch_size])
        parts.append(encoder(grey[..., None].expand(-1, -1, -1, 3)))
    return torch.cat(parts)


def score(encoder: FrameEncoder, stills: Stills) -> tuple[float, float, float]:
    """WAR, UAR, and soft cross-entropy against the votes."""
    logits = encoder_logits(encoder, stills)
    counts = confusion_matrix(stills.votes.argmax(axis=1), logits.argmax(dim=1).numpy(), len(EMOTIONS))
    cross = float(F.cross_entropy(logits, torch.from_numpy(stills.votes)))
    return weighted_average_recall(counts), unweighted_average_recall(counts), cross


def encoder_scores(encoder: FrameEncoder, stills: Stills) -> dict[str, Any]:
    """WAR, UAR, macro F1, calibration error and recall of each emotion, against the majority of votes."""
    probs = torch.softmax(encoder_logits(encoder, stills), dim=1).numpy()
    truth = stills.votes.argmax(axis=1)
    counts = confusion_matrix(truth, probs.argmax(axis=1), len(EMOTIONS))
    recalls = np.diag(counts) / np.maximum(counts.sum(axis=1), 1)
    return {
        "war": round(weighted_average_recall(counts), 4),
        "uar": round(unweighted_average_recall(counts), 4),
        "macro_f1": round(macro_f1(counts), 4),
        "calibration_error": round(expected_calibration_error(probs, truth), 4),
        "recall": {name: round(float(r), 4) for name, r in zip(EMOTIONS, recalls, strict=True)},
    }
