"""What happens in front of the camera: where portraits are at a moment, and the picture of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .portrait import Portrait

_NOISE_SIGMA = 2.2  # grey levels, of a camera's sensor in a lit room
_SHIFTS = 64  # pixels: the noise is drawn once and moved about


def ramp(time_seconds: float, start_seconds: float, end_seconds: float) -> float:
    """0 before, 1 after, smooth in between (minimum jerk, as muscles move: Flash & Hogan 1985)."""
    u = float(np.clip((time_seconds - start_seconds) / (end_seconds - start_seconds), 0, 1))
    return u**3 * (10 - 15 * u + 6 * u * u)


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Where a portrait is, in frame heights: (0, 0) is the middle of the frame, y down.

    Attributes:
        eyes_xy: middle between the eyes.
        size: height of the photograph's 100 pixels, about eyebrows to chin.
        turn_degrees: clockwise.
    """

    eyes_xy: tuple[float, float]
    size: float
    turn_degrees: float = 0.0


class Sway:
    """The small movements of somebody who stands still: sums of slow sines, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._hertz = rng.uniform(0.08, 0.45, (4, 3))
        self._phase = rng.uniform(0, 2 * np.pi, (4, 3))

    def __call__(self, pose: Pose, time_seconds: float) -> Pose:
        waves = np.sin(2 * np.pi * self._hertz * time_seconds + self._phase).mean(axis=1)
        dx, dy, turn, grow = waves * (0.024, 0.014, 2.6, 0.025)
        return Pose(
            eyes_xy=(pose.eyes_xy[0] + dx, pose.eyes_xy[1] + dy),
            size=pose.size * (1 + grow),
            turn_degrees=pose.turn_degrees + turn,
        )


def place(canvas: NDArray[np.uint8], portrait: Portrait, smile: float, pose: Pose) -> NDArray[np.uint8]:
    """``canvas``, uint8 (H, W, 3) RGB, with ``portrait`` before it."""
    height, width = canvas.shape[:2]
    texture = portrait.texture(smile)
    scale = pose.size * height / (100 * portrait.scale)
    matrix = cv2.getRotationMatrix2D(portrait.eyes_xy, -pose.turn_degrees, scale)
    matrix[:, 2] += np.array([width / 2, height / 2]) + np.array(pose.eyes_xy) * height - portrait.eyes_xy
    drawn = cv2.warpAffine(texture, matrix, (width, height), flags=cv2.INTER_LINEAR)
    uncovered = cv2.cvtColor(255 - cv2.extractChannel(drawn, 3), cv2.COLOR_GRAY2RGB)
    behind = cv2.multiply(canvas, uncovered, scale=1 / 255)
    return np.asarray(cv2.add(behind, cv2.cvtColor(drawn, cv2.COLOR_RGBA2RGB)), np.uint8)


def backdrop(
    size: tuple[int, int], light_rgb: Sequence[int], dark_rgb: Sequence[int], seed: int
) -> NDArray[np.uint8]:
    """A studio wall out of focus, unevenly lit: uint8 (H, W, 3) RGB for ``size`` (width, height)."""
    width, height = size
    coarse = np.random.default_rng(seed).random((5, 8)).astype(np.float32)
    clouds = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    shade = np.clip(0.3 * (x + 0.4) ** 2 + 0.3 * (y + 0.2) ** 2 + 0.35 * clouds, 0, 1)[..., None]
    return (np.array(light_rgb) * (1 - shade) + np.array(dark_rgb) * shade).round().astype(np.uint8)


def pan(picture: NDArray[np.uint8], size: tuple[int, int], progress: float) -> NDArray[np.uint8]:
    """A still picture, uint8 (H, W, 3) RGB, under a slowly moving camera.

    Args:
        size: width and height of the frame, pixels.
        progress: 0 at the start of the movement, 1 at its end.

    Returns:
        uint8 (height, width, 3) RGB.
    """
    width, height = size
    scale = (1.18 + 0.12 * progress) * max(width / picture.shape[1], height / picture.shape[0])
    slack_x, slack_y = picture.shape[1] * scale - width, picture.shape[0] * scale - height
    along = 0.15 + 0.7 * progress
    matrix = np.array([[scale, 0, -slack_x * along], [0, scale, -slack_y * along]])
    return np.asarray(cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC), np.uint8)


class Camera:
    """Sensor noise, so that no two frames of a still scene are the same."""

    def __init__(self, size: tuple[int, int], seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        width, height = size
        noise = self._rng.normal(0, _NOISE_SIGMA, (height + _SHIFTS, width + _SHIFTS))
        self._noise = cv2.cvtColor(noise.astype(np.float32), cv2.COLOR_GRAY2RGB).round().astype(np.int16)

    def film(self, scenes: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
        """The frames, uint8 (H, W, 3) RGB, of scenes of the same kind."""
        for scene in scenes:
            height, width = scene.shape[:2]
            down, right = self._rng.integers(0, _SHIFTS, 2)
            noise = self._noise[down : down + height, right : right + width]
            yield np.asarray(cv2.add(scene, noise, dtype=cv2.CV_8U), np.uint8)
