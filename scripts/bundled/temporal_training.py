"""Train a temporal model on sequences of still features."""

from __future__ import annotations

import csv
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from seqfer.models import LossWeights, SequenceModel
from seqfer.models.calibration import best_temperature
from seqfer.models.encoder import FrameEncoder
from seqfer.models.losses import sequence_loss

from .artefacts import through_h264
from .augment import augmented
from .encoder_training import bfloat16_is_fast
from .ferplus import Stills
from .london import STEPS, Person, as_stills
from .scoring import moment_logits
from .sequences import FeatureBank, batches


@dataclass(frozen=True, kw_only=True)
class TemporalRecipe:
    """How a temporal model is trained.

    Attributes:
        updates: optimizer steps (AdamW; warm-up, then cosine to zero).
        batch_size: sequences,
        steps: of up to so many moments each.
        learning_rate: highest.
        views: augmented views of each still, beside the clean one.
        max_stills: of the training split; rare emotions keep all of theirs.
        seed: of everything random.
        network: arguments of the model, beyond its defaults.
    """

    updates: int = 1000
    batch_size: int = 32
    steps: int = 100
    learning_rate: float = 3e-3
    views: int = 2
    max_stills: int = 16_000
    seed: int = 21
    network: dict[str, int] = field(default_factory=dict)


@torch.inference_mode()
def feature_bank(
    encoder: FrameEncoder, stills: Stills, people: list[Person], *, views: int, seed: int, as_maps: bool
) -> FeatureBank:
    """Every still as the encoder sees it: clean, and ``views`` augmented views (float16)."""
    london = as_stills(people, every=1) if people else None
    seen = None if london is None else _views(encoder, london, views, seed + 1, as_maps)
    own = _views(encoder, stills, views, seed, as_maps)
    if seen is None:
        seen = np.zeros((0, *own.shape[1:]), own.dtype)
    return FeatureBank(
        features=own, votes=stills.votes, people=seen.reshape(len(people), STEPS, *own.shape[1:])
    )


def _views(encoder: FrameEncoder, stills: Stills, views: int, seed: int, as_maps: bool) -> NDArray:
    rng = np.random.default_rng(seed)
    parts = []
    for start in range(0, len(stills), 128):
        crops, inside = stills.crops[start : start + 128], stills.inside[start : start + 128]
        clean = encoder.preprocess(torch.from_numpy(crops)[..., None].expand(-1, -1, -1, 3))
        coded = through_h264(crops, int(rng.integers(2**31)))
        seen = [clean]
        for view in range(views):
            seen.append(augmented(coded if view % 2 else crops, inside, encoder.input_size, rng))
        maps = [encoder.maps(s) for s in seen]
        parts.append(torch.stack(maps if as_maps else [encoder.pool(m) for m in maps], dim=1).half().numpy())
    return np.concatenate(parts)


def train_temporal(model: SequenceModel, bank: FeatureBank, recipe: TemporalRecipe, curve: Path) -> None:
    """Train all of ``model`` but its encoder, in place; ``curve`` keeps the loss and its parts (CSV)."""
    torch.manual_seed(recipe.seed)
    model.train()
    learnt = [p for name, p in model.named_parameters() if not name.startswith("encoder.")]
    optimizer = torch.optim.AdamW(learnt, lr=recipe.learning_rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=recipe.learning_rate, total_steps=recipe.updates, pct_start=0.1
    )
    drawn = batches(
        bank, count=recipe.updates, size=recipe.batch_size, steps=recipe.steps,
        rate_hz=model.sample_rate_hz, seed=recipe.seed,
    )  # fmt: skip
    began, totals = (
        time.perf_counter(),
        dict.fromkeys(("loss", "emotion", "phase", "intensity", "flicker"), 0.0),
    )
    fast = bfloat16_is_fast() and bank.features.ndim > 3  # of no use to the small products of a GRU
    with curve.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["update", *totals])
        for update, batch in enumerate(drawn, start=1):
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast):
                outputs = model.temporal(batch["features"], batch["mask"])
            outputs = type(outputs)(*(None if o is None else o.float() for o in outputs))
            parts = sequence_loss(outputs, batch, LossWeights())
            optimizer.zero_grad(set_to_none=True)
            parts["loss"].backward()
            torch.nn.utils.clip_grad_norm_(learnt, 1.0)
            optimizer.step()
            schedule.step()
            for name in totals:
                totals[name] += float(parts[name].detach()) / 100 if name in parts else 0.0
            if update % 100 == 0:
                print(f"update {update}: loss {totals['loss']:.4f}  {time.perf_counter() - began:.0f} s",
                      flush=True)  # fmt: skip
                table.writerow([update, *(round(v, 4) for v in totals.values())])
                totals = dict.fromkeys(totals, 0.0)
    model.eval()


@torch.inference_mode()
def calibrate(model: SequenceModel, crops: NDArray[np.uint8], truth: NDArray[np.int64]) -> float:
    """Set and return the temperature that makes what is said of held-out stills most likely.

    Args:
        crops: uint8 (N, S, S), grey, each seen for one moment.
        truth: int64 (N,), their emotions.
    """
    best = best_temperature(moment_logits(model, crops), torch.from_numpy(truth), np.geomspace(0.3, 3.0, 81))
    model.temperature.fill_(best)
    return float(model.temperature)
