"""Figures of what is said of stills, with confidence intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqfer.evaluation import (
    confusion_matrix,
    expected_calibration_error,
    macro_f1,
    unweighted_average_recall,
    weighted_average_recall,
)
from seqfer.labels import EMOTIONS
from seqfer.models import SequenceModel, predict_track

MIN_VOTES = 6  # of ten: the protocol is of stills whose winning label has more than five
_RESAMPLES = 2000


class Still:
    """A track of one frame."""

    track_id = 0
    frame_indices = np.zeros(1, np.int64)
    pts_seconds = np.zeros(1)

    def __init__(self, crop: NDArray[np.uint8]) -> None:
        self._crops = crop[None] if crop.ndim == 3 else np.repeat(crop[None, ..., None], 3, axis=3)

    def __len__(self) -> int:
        return 1

    def crops(self, start: int, stop: int) -> NDArray[np.uint8]:
        return self._crops[start:stop]


def probabilities(model: SequenceModel, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What ``predict_track`` says of each of N crops, each a track of its own: (N, K)."""
    return np.concatenate([predict_track(model, Still(crop)).emotion_probs for crop in crops])


@torch.inference_mode()
def moment_logits(model: SequenceModel, crops: NDArray[np.uint8]) -> Tensor:
    """The same before temperature, in batches and so much faster: (N, K)."""
    logits = []
    for grey in torch.from_numpy(crops)[..., None].split(64):
        features = model.encode(grey.expand(-1, -1, -1, 3))[:, None]
        out = model.temporal(features, torch.ones(features.shape[:2], dtype=torch.bool))
        logits.append(out.emotion_logits[:, 0])
    return torch.cat(logits)


@torch.inference_mode()
def encoder_probabilities(model: SequenceModel, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The encoder's own, uncalibrated reading of N grey crops: (N, K)."""
    parts = torch.from_numpy(crops)[..., None].split(64)
    return torch.cat([torch.softmax(model.encoder(p.expand(-1, -1, -1, 3)), dim=1) for p in parts]).numpy()


def clear_labels(raw: NDArray[np.uint8], columns: list[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The emotion with most votes among the seven (N,), and whether it has more than five of ten (N,)."""
    seven = raw[:, [columns.index(name) for name in EMOTIONS]]
    return seven.argmax(axis=1), seven.max(axis=1) >= MIN_VOTES


def figures(probs: NDArray[np.float32], truth: NDArray[np.int64], *, seed: int = 0) -> dict[str, Any]:
    """Accuracy, UAR, macro F1, calibration error, and recall and precision of each emotion.

    Intervals hold 95 % of the bootstrap (2,000 resamples of the stills).
    """
    guess = probs.argmax(axis=1)
    counts = confusion_matrix(truth, guess, len(EMOTIONS))
    scores = {
        "accuracy": weighted_average_recall, "uar": unweighted_average_recall, "macro_f1": macro_f1
    }  # fmt: skip
    drawn = _resampled(counts, seed)
    result: dict[str, Any] = {"stills": len(truth)}
    for name, score in scores.items():
        result[name] = round(score(counts), 4)
        result[f"{name}_95"] = _interval([score(c) for c in drawn])
    result["calibration_error"] = round(expected_calibration_error(probs, truth), 4)
    with np.errstate(invalid="ignore", divide="ignore"):
        recalls = np.stack([np.diag(c) / c.sum(axis=1) for c in drawn])
        result["emotions"] = {
            name: {
                "stills": int(counts[k].sum()),
                "recall": _rounded(counts[k, k] / counts[k].sum()),
                "recall_95": _interval(recalls[np.isfinite(recalls[:, k]), k]),
                "precision": _rounded(counts[k, k] / counts[:, k].sum()),
            }
            for k, name in enumerate(EMOTIONS)
        }
    result["confusion"] = counts.tolist()
    return result


def coverage(
    probs: NDArray[np.float32], truth: NDArray[np.int64], limits: NDArray[np.float64]
) -> list[dict[str, float]]:
    """For each limit of confidence: the share of stills at or above it, and the accuracy on those."""
    sure, right = probs.max(axis=1), probs.argmax(axis=1) == truth
    return [
        {
            "min_confidence": round(float(limit), 2),
            "coverage": _rounded((sure >= limit).mean()),
            "accuracy": _rounded(right[sure >= limit].mean()),
        }
        for limit in limits
        if (sure >= limit).any()
    ]


def reliability(
    probs: NDArray[np.float32], truth: NDArray[np.int64], bins: int = 10
) -> list[dict[str, float]]:
    """Per bin of confidence: how many stills, their mean confidence, their accuracy."""
    sure, right = probs.max(axis=1), probs.argmax(axis=1) == truth
    place = np.minimum((sure * bins).astype(int), bins - 1)
    return [
        {
            "stills": int((place == b).sum()),
            "confidence": _rounded(sure[place == b].mean()),
            "accuracy": _rounded(right[place == b].mean()),
        }
        for b in range(bins)
        if (place == b).any()
    ]


def _resampled(counts: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Confusion matrices of stills drawn with replacement: which cell a still lies in is all that counts."""
    rng = np.random.default_rng(seed)
    total = int(counts.sum())
    return rng.multinomial(total, counts.ravel() / max(total, 1), size=_RESAMPLES).reshape(-1, *counts.shape)


def _interval(values: Any) -> list[float] | None:
    return [_rounded(v) for v in np.quantile(values, [0.025, 0.975])] if len(values) else None


def _rounded(value: Any) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
