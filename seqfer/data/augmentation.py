"""Augmentation of windows: drawn once, applied to every frame alike, so that motion stays motion."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How much windows are changed; each amount is a standard deviation.

    Attributes:
        mirror: chance of left and right changing places.
        turn_degrees: rotation.
        scale, shift: as fractions of the side.
        gamma: of its logarithm.
        blur: chance of a Gaussian blur of 0.5 to 1.5 pixels.
        erase: chance of a grey rectangle, a fifth to a third of the side.
    """

    mirror: float = 0.5
    turn_degrees: float = 5.0
    scale: float = 0.05
    shift: float = 0.025
    gamma: float = 0.2
    blur: float = 0.2
    erase: float = 0.2

    def __call__(self, crops: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """Changed copies of ``crops``, uint8 (T, S, S, 3), by choices of ``rng``."""
        side = crops.shape[1]
        centre = (side - 1) / 2
        scale = float(np.exp(rng.normal(0, self.scale)))
        warp = np.asarray(
            cv2.getRotationMatrix2D((centre, centre), rng.normal(0, self.turn_degrees), scale), np.float64
        )
        warp[:, 2] += rng.normal(0, self.shift * side, size=2)
        if rng.random() < self.mirror:
            warp = warp @ np.array([[-1, 0, side - 1], [0, 1, 0], [0, 0, 1.0]])
        curve = 255 * (np.arange(256) / 255) ** np.exp(rng.normal(0, self.gamma))
        table = curve.round().astype(np.uint8)
        sigma = rng.uniform(0.5, 1.5) if rng.random() < self.blur else 0.0
        hole = _rectangle(side, rng) if rng.random() < self.erase else None
        out = np.empty_like(crops)
        for i, crop in enumerate(crops):
            picture = cv2.warpAffine(crop, warp, (side, side), borderMode=cv2.BORDER_REPLICATE)
            picture = table[picture]
            out[i] = cv2.GaussianBlur(picture, (0, 0), sigma) if sigma else picture
        if hole is not None:
            out[:, hole[0], hole[1]] = 127
        return out


def _rectangle(side: int, rng: np.random.Generator) -> tuple[slice, slice]:
    def span() -> slice:
        length = int(rng.uniform(0.2, 0.33) * side)
        start = int(rng.integers(0, side - length))
        return slice(start, start + length)

    return span(), span()
