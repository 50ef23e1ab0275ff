"""How often a model is right, by what is measured of the pictures: light, blur, size of the face, pose."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from seqfer.faces.align import TEMPLATE
from seqfer.faces.pose import head_pose
from seqfer.faces.quality import measure
from seqfer.models import SequenceModel

from .ferplus import CROP_SIZE, align_stills, five_points_of
from .scoring import moment_logits

_EYES = (TEMPLATE[1, 0] - TEMPLATE[0, 0]) * CROP_SIZE  # distance between the eyes in a crop, pixels


def by_condition(
    model: SequenceModel, images: NDArray[np.uint8], truth: NDArray[np.int64]
) -> dict[str, list[dict[str, Any]]]:
    """Accuracy of the model on stills (N, 48, 48), in bins; only those in which a face is found."""
    points = five_points_of(images)
    seen = ~np.isnan(points[:, 0, 0])
    images, points, truth = images[seen], points[seen], truth[seen]
    crops = align_stills(images)[0]
    right = named(model, crops) == truth
    quality = measure(np.repeat(crops[..., None], 3, axis=3), points, (48, 48))
    pose = head_pose(points)
    table = {
        "brightness (mean luma of the face)": _bins(
            quality.brightness, (0, 0.25, 0.4, 0.55, 0.7, 1.01), right
        ),
        "sharpness (0.3 and more is clear)": _bins(quality.sharpness, (0, 0.2, 0.3, 0.4, 0.5, 9), right),
        "turned to the side (degrees)": _bins(np.abs(pose.yaw_degrees), (0, 10, 20, 30, 45, 90), right),
        "up or down (degrees)": _bins(np.abs(pose.pitch_degrees), (0, 10, 20, 30, 90), right),
    }
    for name, ways in _worse().items():
        table[name] = [
            {"bin": label, "stills": len(truth), "accuracy": _share(named(model, change(crops)) == truth)}
            for label, change in ways.items()
        ]
    return table


def named(model: SequenceModel, crops: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The emotion of each of N grey crops, each seen for one moment."""
    return moment_logits(model, crops).argmax(dim=1).numpy()


def _bins(values: NDArray, edges: tuple[float, ...], right: NDArray[np.bool_]) -> list[dict[str, Any]]:
    parts = []
    for low, high in pairwise(edges):
        inside = (values >= low) & (values < high)
        if inside.any():
            label = f"{low:g} and more" if high == edges[-1] else f"{low:g} to {high:g}"
            parts.append({"bin": label, "stills": int(inside.sum()), "accuracy": _share(right[inside])})
    return parts


def _worse() -> dict[str, dict[str, Callable[[NDArray], NDArray]]]:
    """The same stills made worse: by name, for each of several degrees."""

    def each(change: Callable[[NDArray], NDArray]) -> Callable[[NDArray], NDArray]:
        return lambda crops: np.stack([change(crop) for crop in crops])

    def small(crop: NDArray, eyes: float) -> NDArray:
        side = round(CROP_SIZE * eyes / _EYES)
        less = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
        return cv2.resize(less, crop.shape[::-1], interpolation=cv2.INTER_LINEAR)

    def lit(crops: NDArray, gain: float) -> NDArray:
        noise = np.random.default_rng(0).normal(0, 2, crops.shape)
        return np.clip(crops * gain + noise, 0, 255).astype(np.uint8)

    return {
        "size of the face (pixels between the eyes)": {
            str(eyes): each(lambda c, e=eyes: small(c, e)) for eyes in (16, 12, 8, 6, 5)
        },
        "blurred (σ, pixels of the crop)": {
            str(s): each(lambda c, s=s: cv2.GaussianBlur(c, (0, 0), s)) for s in (2, 3, 4)
        },
        "light (times)": {str(g): lambda c, g=g: lit(c, g) for g in (0.12, 0.25, 1.5, 2.0)},
    }


def _share(right: NDArray[np.bool_]) -> float:
    return round(float(right.mean()), 4)
