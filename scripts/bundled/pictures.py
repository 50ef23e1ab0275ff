"""The pictures on the model card. Of faces, only the scikit-image photograph and warps of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import matplotlib
import numpy as np
from skimage.data import astronaut

from seqfer.faces.align import similarity_to_template
from seqfer.faces.centerface import CenterFace
from seqfer.labels import EMOTIONS
from seqfer.models import load_model

from .scoring import probabilities

matplotlib.use("agg")
from matplotlib import pyplot as plt

_SIDE = 112


def draw_confusion(path: Path, counts: list[list[int]]) -> None:
    """Rows are what most people saw, columns what the model says, shares of the row."""
    table = np.array(counts, float)
    shares = table / table.sum(axis=1, keepdims=True)
    figure, axes = plt.subplots(figsize=(5.6, 4.8))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for i, row in enumerate(shares):
        for k, share in enumerate(row):
            text = f"{share:.2f}\n({int(table[i, k])})"
            axes.text(k, i, text, ha="center", va="center", fontsize=7, color="w" if share > 0.6 else "k")
    axes.set(xticks=range(7), yticks=range(7), xlabel="said", ylabel="seen by most people")
    axes.set_xticklabels(EMOTIONS, rotation=40, ha="right")
    axes.set_yticklabels(EMOTIONS)
    _save(figure, path)


def draw_reliability(path: Path, bins: list[dict[str, float]]) -> None:
    """Accuracy against confidence."""
    figure, axes = plt.subplots(figsize=(4, 3.6))
    axes.plot([0, 1], [0, 1], "--", color="grey", linewidth=1)
    x, y, n = (np.array([b[key] for b in bins]) for key in ("confidence", "accuracy", "stills"))
    axes.errorbar(
        x, y, yerr=1.96 * np.sqrt(np.maximum(y * (1 - y), 1e-4) / n), fmt="o-", color="#0072B2", capsize=2
    )
    axes.set(xlabel="confidence", ylabel="accuracy (95 %)", xlim=(0.2, 1), ylim=(0, 1))
    _save(figure, path)


def draw_coverage(path: Path, points: list[dict[str, float]]) -> None:
    """Accuracy against how many stills keep a name, for rising limits of confidence."""
    figure, axes = plt.subplots(figsize=(4, 3.6))
    axes.plot(
        [p["coverage"] for p in points], [p["accuracy"] for p in points], "o-", color="#D55E00", markersize=3
    )
    for p in points[::2]:
        axes.annotate(f"{p['min_confidence']:.1f}", (p["coverage"], p["accuracy"]), fontsize=7,
                      xytext=(3, 3), textcoords="offset points")  # fmt: skip
    axes.set(xlabel="share that keeps a name", ylabel="accuracy on it", xlim=(0, 1.02))
    _save(figure, path)


def draw_curves(path: Path, curves: dict[str, dict[str, list[float]]]) -> None:
    """Losses and scores while training."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.2))
    done = 0.0
    for curve in (curves[stage] for stage in ("encoder", "refined") if stage in curves):
        for k, name in enumerate(("train_loss", "valid_loss", "valid_war", "valid_uar")):
            label = None if done else name.replace("_", ", ")
            left.plot([done + e for e in curve["epoch"]], curve[name], color=f"C{k}", label=label)
        done += max(curve["epoch"])
    left.set(xlabel="epoch", title="encoder, then refined on harder pictures")
    for name in ("cnnrnn", "convlstm"):
        right.plot(curves[name]["update"], curves[name]["loss"], label=name)
    right.set(xlabel="update", ylabel="loss", title="temporal models")
    for axes in (left, right):
        axes.legend(fontsize=7)
    _save(figure, path)


def draw_photograph(path: Path) -> None:
    """What ``cnnrnn`` says of one public-domain photograph, spoilt in several ways, each seen alone."""
    picture = astronaut()
    points = CenterFace().detect(picture).landmarks_xy[0].astype(float)
    model = load_model()
    crops = {name: _crop(change(picture), points) for name, change in _ways().items()}
    probs: Any = probabilities(model, np.stack(list(crops.values())))
    figure, axes = plt.subplots(1, len(crops), figsize=(1.7 * len(crops), 2.3))
    for place, (name, crop), row in zip(axes, crops.items(), probs, strict=True):
        best = np.argsort(-row)[:2]
        said = "\n".join(f"{EMOTIONS[k]} {row[k]:.2f}" for k in best)
        place.imshow(crop)
        place.set_title(name, fontsize=8)
        place.set_xlabel(said, fontsize=8)
        place.set(xticks=[], yticks=[])
    _save(figure, path)


def _ways() -> dict[str, Any]:
    def covered(picture: np.ndarray) -> np.ndarray:
        out = picture.copy()
        out[132:172, 195:255] = (60, 90, 140)  # the mouth
        return out

    def small(picture: np.ndarray) -> np.ndarray:
        less = cv2.resize(picture, None, fx=0.12, fy=0.12, interpolation=cv2.INTER_AREA)
        return cv2.resize(less, picture.shape[1::-1])

    return {
        "as it is": lambda p: p,
        "blurred": lambda p: cv2.GaussianBlur(p, (0, 0), 5),
        "eyes 5 px apart": small,
        "dark": lambda p: (p * 0.12).astype(np.uint8),
        "too bright": lambda p: np.clip(p * 2.5, 0, 255).astype(np.uint8),
        "mouth covered": covered,
    }  # fmt: skip


def _crop(picture: np.ndarray, points: np.ndarray) -> np.ndarray:
    return cv2.warpAffine(picture, similarity_to_template(points, _SIDE), (_SIDE, _SIDE))


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=100, metadata={"Software": None})
    plt.close(figure)
