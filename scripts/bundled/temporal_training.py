"""Train a temporal model on drawn sequences of still features, and measure it beside its baseline."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import median_filter
from torch import Tensor
from torch.nn import functional as F

from seqfer.evaluation import confusion_matrix, unweighted_average_recall, weighted_average_recall
from seqfer.models import LossWeights, SequenceModel
from seqfer.models.encoder import FrameEncoder
from seqfer.models.losses import sequence_loss

from .augment import augmented
from .ferplus import Stills
from .sequences import FeatureBank, batches


@dataclass(frozen=True, kw_only=True)
class TemporalRecipe:
    """How a temporal model is trained.

    Attributes:
        updates: optimizer steps (AdamW; warm-up, then cosine to zero).
        batch_size: sequences,
        steps: of so many moments each.
        learning_rate: highest.
        views: augmented views of each still, beside the clean one.
        max_stills: of the training split.
        measured: batches of 32 sequences to measure on.
        seed: of everything random.
    """

    updates: int = 900
    batch_size: int = 32
    steps: int = 150
    learning_rate: float = 3e-3
    views: int = 2
    max_stills: int = 16_000
    measured: int = 16
    seed: int = 21


@torch.inference_mode()
def feature_bank(
    encoder: FrameEncoder, stills: Stills, *, views: int, seed: int, as_maps: bool
) -> FeatureBank:
    """Every still as the encoder sees it: clean, and ``views`` augmented views (float16)."""
    rng = np.random.default_rng(seed)
    parts = []
    for start in range(0, len(stills), 128):
        crops, inside = stills.crops[start : start + 128], stills.inside[start : start + 128]
        clean = encoder.preprocess(torch.from_numpy(crops)[..., None].expand(-1, -1, -1, 3))
        seen = [clean, *(augmented(crops, inside, encoder.input_size, rng) for _ in range(views))]
        maps = [encoder.maps(s) for s in seen]
        parts.append(torch.stack(maps if as_maps else [encoder.pool(m) for m in maps], dim=1).half().numpy())
    return FeatureBank(features=np.concatenate(parts), votes=stills.votes)


def train_temporal(model: SequenceModel, bank: FeatureBank, recipe: TemporalRecipe) -> None:
    """Train all of ``model`` but its encoder, in place."""
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
    began, total = time.perf_counter(), 0.0
    for update, batch in enumerate(drawn, start=1):
        parts = sequence_loss(model.temporal(batch["features"], batch["mask"]), batch, LossWeights())
        optimizer.zero_grad(set_to_none=True)
        parts["loss"].backward()
        torch.nn.utils.clip_grad_norm_(learnt, 1.0)
        optimizer.step()
        schedule.step()
        total += float(parts["loss"].detach())
        if update % 100 == 0:
            print(f"update {update}: loss {total / 100:.4f}  {time.perf_counter() - began:.0f} s", flush=True)
            total = 0.0
    model.eval()


@torch.inference_mode()
def calibrate(model: SequenceModel, bank: FeatureBank, *, seed: int, steps: int) -> float:
    """Set and return the temperature that lowers the loss on held-out sequences most."""
    logits, targets = [], []
    for batch in batches(bank, count=8, size=16, steps=steps, rate_hz=model.sample_rate_hz, seed=seed):
        logits.append(model.temporal(batch["features"], batch["mask"]).emotion_logits.flatten(0, 1))
        targets.append(batch["emotion"].flatten(0, 1))
    scores, shares = torch.cat(logits), torch.cat(targets)
    grid = np.geomspace(0.5, 2.0, 41)
    losses = [float(F.cross_entropy(scores / t, shares)) for t in grid]
    model.temperature.fill_(float(grid[int(np.argmin(losses))]))
    return float(model.temperature)


@torch.inference_mode()
def measure(
    model: SequenceModel, bank: FeatureBank, *, seed: int, steps: int, count: int
) -> dict[str, float]:
    """Scores on held-out drawn sequences, of the model and of per-frame argmax with a median filter.

    ``switches`` is the number of changes of emotion per second; ``true_switches`` what it should be.
    """
    rate = model.sample_rate_hz
    guess: dict[str, list[np.ndarray]] = {"model": [], "frame": [], "median": []}
    truth, phase_right, intensity_error = [], [], []
    for batch in batches(bank, count=count, size=32, steps=steps, rate_hz=rate, seed=seed):
        out = model.temporal(batch["features"], batch["mask"])
        pooled = batch["features"]
        pooled = pooled.mean(dim=(3, 4)) if pooled.ndim == 5 else pooled
        frame: Tensor = torch.softmax(model.encoder.classify(pooled), dim=-1)
        window = 2 * round(0.2 * rate) + 1
        guess["model"].append(out.emotion_logits.argmax(-1).numpy())
        guess["frame"].append(frame.argmax(-1).numpy())
        guess["median"].append(median_filter(frame.numpy(), size=(1, window, 1)).argmax(-1))
        truth.append(batch["emotion"].argmax(-1).numpy())
        phase_right.append((out.phase_logits.argmax(-1) == batch["phase"]).float().mean())
        intensity_error.append((out.intensity - batch["intensity"]).abs().mean())
    real = np.concatenate(truth)
    result = {
        "phase_accuracy": float(np.mean(phase_right)),
        "intensity_mae": float(np.mean(intensity_error)),
        "true_switches": _switches(real, rate),
    }
    for name, parts in guess.items():
        said = np.concatenate(parts)
        recalls = [(said[real == k] == k).mean() for k in np.unique(real)]
        result |= {
            f"{name}_war": float((said == real).mean()),
            f"{name}_uar": float(np.mean(recalls)),
            f"{name}_switches": _switches(said, rate),
        }
    return {name: round(value, 4) for name, value in result.items()}


@torch.inference_mode()
def held_stills(model: SequenceModel, stills: Stills, *, steps: int = 25) -> dict[str, float]:
    """WAR and UAR of ``model`` on stills that are held for ``steps`` moments."""
    guess = []
    for start in range(0, len(stills), 64):
        grey = torch.from_numpy(stills.crops[start : start + 64])
        features = model.encode(grey[..., None].expand(-1, -1, -1, 3))
        held = features[:, None].expand(-1, steps, *features.shape[1:])
        out = model.temporal(held, torch.ones(held.shape[:2], dtype=torch.bool))
        guess.append(out.emotion_logits[:, steps // 2].argmax(dim=1))
    counts = confusion_matrix(stills.votes.argmax(axis=1), torch.cat(guess).numpy(), len(model.vocabulary))
    return {
        "war": round(weighted_average_recall(counts), 4),
        "uar": round(unweighted_average_recall(counts), 4),
    }


def _switches(said: np.ndarray, rate_hz: float) -> float:
    return float((np.diff(said, axis=1) != 0).mean() * rate_hz)
