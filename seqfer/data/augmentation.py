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
        scale, shift: as fractions of the side: the crop.
        gamma: of its logarithm.
        light: of a light from one side, as a share of the brightness at the edge.
        blur: chance of a Gaussian blur of 0.5 to 1.5 pixels.
        erase: chance of a grey rectangle, a fifth to a third of the side: something before the face.
        speed: of the logarithm of how fast time runs.
        jitter: of landmarks, as a fraction of the crop's side.
    """

    mirror: float = 0.5
    turn_degrees: float = 5.0
    scale: float = 0.05
    shift: float = 0.025
    gamma: float = 0.2
    light: float = 0.15
    blur: float = 0.2
    erase: float = 0.2
    speed: float = 0.1
    jitter: float = 0.004

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
        ramp = np.linspace(-1, 1, side)
        slope_x, slope_y = rng.normal(0, self.light, size=2)
        light = np.clip(1 + slope_x * ramp[None, :] + slope_y * ramp[:, None], 0.2, 2)
        lit = np.repeat(light[..., None], 3, axis=2).astype(np.float32)
        sigma = rng.uniform(0.5, 1.5) if rng.random() < self.blur else 0.0
        hole = _rectangle(side, rng) if rng.random() < self.erase else None
        out = np.empty_like(crops)
        for i, crop in enumerate(crops):
            picture = cv2.warpAffine(crop, warp, (side, side), borderMode=cv2.BORDER_REPLICATE)
            picture = cv2.multiply(cv2.LUT(picture, table), lit, dtype=cv2.CV_8U)
            out[i] = cv2.GaussianBlur(picture, (0, 0), sigma) if sigma else picture
        if hole is not None:
            out[:, hole[0], hole[1]] = 127
        return out

    def of_landmarks(self, points: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """Changed copies of aligned landmarks (T, L, 2): mirrored, and every point moved a little, for good.

        Turn, scale and shift are what alignment takes away.
        """
        moved = points + rng.normal(0, self.jitter, size=points.shape[1:]).astype(np.float32)
        if rng.random() < self.mirror:
            moved = moved[:, mirrored_order(points.shape[1])]
            moved[..., 0] = 1 - moved[..., 0]
        return moved

    def draw_speed(self, rng: np.random.Generator) -> float:
        """How many seconds of the video go into a second of the window."""
        return float(np.exp(np.clip(rng.normal(0, self.speed), -0.7, 0.7)))


def mirrored_order(num_landmarks: int) -> list[int]:
    """Which landmark is in the place of which in the mirror: of the 5 points, or of the 68 (iBUG 300-W)."""
    if num_landmarks == 5:
        return [1, 0, 2, 4, 3]
    jaw = list(range(16, -1, -1))
    brows = list(range(26, 16, -1))
    nose = [27, 28, 29, 30, 35, 34, 33, 32, 31]
    eyes = [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
    outer = [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55]
    inner = [64, 63, 62, 61, 60, 67, 66, 65]
    return jaw + brows + nose + eyes + outer + inner


def _rectangle(side: int, rng: np.random.Generator) -> tuple[slice, slice]:
    def span() -> slice:
        length = int(rng.uniform(0.2, 0.33) * side)
        start = int(rng.integers(0, side - length))
        return slice(start, start + length)

    return span(), span()
