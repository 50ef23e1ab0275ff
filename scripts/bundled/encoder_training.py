"""Train the frame encoder on aligned stills."""

from __future__ import annotations

import copy
import csv
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from seqfer.evaluation import confusion_matrix, unweighted_average_recall, weighted_average_recall
from seqfer.labels import EMOTIONS
from seqfer.models.encoder import FrameEncoder

from .artefacts import through_h264
from .augment import augmented
from .ferplus import Stills
from .london import Person, as_stills


@dataclass(frozen=True, kw_only=True)
class EncoderRecipe:
    """How the encoder is built and trained.

    Attributes:
        widths, depths: of :class:`seqfer.models.encoder.FrameEncoder`.
        epochs: passes over the training stills.
        small_epochs: of these, how many on pictures of ``small_side`` pixels (cheaper, as good a start).
        small_side: pixels.
        batch_size: stills.
        peak_rate: highest learning rate (Nesterov momentum 0.9; warm-up, then cosine to zero).
        weight_decay: of convolution and linear weights.
        balance: stills are drawn with a chance ~ frequency of their emotion ** -balance; 0 is as they come.
        london_share: of the stills drawn, how many come from the people of the London set.
        h264_share: how many are shown as they come out of a lossy video.
        mixup: share of batches whose pictures and labels are mixed (Zhang et al. 2018, arXiv:1710.09412).
        average: decay per step of the running average of the weights, which is what is kept.
        seed: of everything random.
    """

    widths: tuple[int, ...] = (24, 48, 96, 160)
    depths: tuple[int, ...] = (1, 1, 1)
    epochs: int = 28
    small_epochs: int = 12
    small_side: int = 36
    batch_size: int = 128
    peak_rate: float = 0.1
    weight_decay: float = 5e-4
    balance: float = 0.4
    london_share: float = 0.0
    h264_share: float = 0.0
    mixup: float = 0.0
    average: float = 0.998
    seed: int = 20


def train_encoder(
    train: Stills,
    people: list[Person],
    valid: Stills,
    recipe: EncoderRecipe,
    folder: Path,
    start: FrameEncoder | None = None,
) -> FrameEncoder:
    """The averaged encoder after the last epoch; ``folder`` keeps a checkpoint to go on from.

    It begins as ``start``, whose shape counts then, or from nothing.

    Prints one line per epoch: loss, accuracy (WAR) and mean recall (UAR) on ``valid``; ``encoder.csv`` in
    ``folder`` keeps them.
    """
    torch.manual_seed(recipe.seed)
    encoder = FrameEncoder(widths=recipe.widths, depths=recipe.depths) if start is None else start
    encoder = copy.deepcopy(encoder).requires_grad_(True).to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(encoder).eval()
    steps = len(train) // recipe.batch_size
    optimizer = torch.optim.SGD(
        _groups(encoder, recipe.weight_decay), lr=recipe.peak_rate, momentum=0.9, nesterov=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=recipe.peak_rate, total_steps=recipe.epochs * steps, pct_start=0.1
    )
    first = 0
    folder.mkdir(parents=True, exist_ok=True)
    resume, curve = folder / "encoder.ckpt", folder / "encoder.csv"
    if resume.exists():
        state = torch.load(resume, weights_only=True)
        encoder.load_state_dict(state["encoder"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        first = state["epoch"]
    else:
        _note(curve, ["epoch", "train_loss", "valid_loss", "valid_war", "valid_uar"], mode="w")
    if first == recipe.epochs:
        return averaged
    london = as_stills(people) if people and recipe.london_share else None
    chance = _chances(train, london, recipe)
    stills = train if london is None else _together(train, london)
    coded = through_h264(stills.crops, recipe.seed) if recipe.h264_share else stills.crops
    fast = bfloat16_is_fast()
    for epoch in range(first, recipe.epochs):
        began, total = time.perf_counter(), 0.0
        rng = np.random.default_rng([recipe.seed, epoch])  # an epoch is the same after a resume
        torch.manual_seed(recipe.seed * 1000 + epoch)
        side = recipe.small_side if epoch < recipe.small_epochs else encoder.input_size
        order = rng.choice(len(stills), size=steps * recipe.batch_size, p=chance)
        encoder.train()
        for rows in order.reshape(steps, -1):
            seen = np.where((rng.random(len(rows)) < recipe.h264_share)[:, None, None], coded[rows],
                            stills.crops[rows])  # fmt: skip
            pictures = augmented(seen, stills.inside[rows], side, rng)
            votes = torch.from_numpy(stills.votes[rows])
            if rng.random() < recipe.mixup:
                share, others = float(rng.beta(0.4, 0.4)), torch.from_numpy(rng.permutation(len(rows)))
                pictures = share * pictures + (1 - share) * pictures[others]
                votes = share * votes + (1 - share) * votes[others]
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast):
                maps = encoder.maps(pictures.to(memory_format=torch.channels_last))
            loss = F.cross_entropy(encoder.classify(encoder.pool(maps.float())), votes)
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
        _note(curve, [epoch + 1, *(round(v, 4) for v in (total / steps, cross, war, uar))])
        state = {
            "encoder": encoder.state_dict(), "averaged": averaged.state_dict(), "epoch": epoch + 1,
            "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(),
        }  # fmt: skip
        torch.save(state, resume.with_suffix(".partial"))
        resume.with_suffix(".partial").replace(resume)
    return averaged


def bfloat16_is_fast() -> bool:
    """Whether this processor multiplies 16-bit matrices in hardware (AMX: convolutions 3.7 times as fast)."""
    return torch.cpu._is_amx_tile_supported()


def _chances(train: Stills, london: Stills | None, recipe: EncoderRecipe) -> NDArray[np.float64]:
    emotion = train.votes.argmax(axis=1)
    chance = np.bincount(emotion, minlength=train.votes.shape[1])[emotion] ** -recipe.balance
    chance = chance / chance.sum()
    if london is None:
        return chance
    share = recipe.london_share
    return np.concatenate([chance * (1 - share), np.full(len(london), share / len(london))])


def _together(a: Stills, b: Stills) -> Stills:
    names = ("crops", "votes", "found", "inside")
    return replace(a, **{n: np.concatenate([getattr(a, n), getattr(b, n)]) for n in names})


def _note(curve: Path, row: list, mode: str = "a") -> None:
    with curve.open(mode, newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(row)


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
    """WAR, UAR, and soft cross-entropy against the votes, of all stills, unanimous or not."""
    logits = encoder_logits(encoder, stills)
    counts = confusion_matrix(stills.votes.argmax(axis=1), logits.argmax(dim=1).numpy(), len(EMOTIONS))
    cross = float(F.cross_entropy(logits, torch.from_numpy(stills.votes)))
    return weighted_average_recall(counts), unweighted_average_recall(counts), cross
