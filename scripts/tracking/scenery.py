"""What is in a picture beside people: backgrounds that move with the camera, hands, and sensor noise."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from .portraits import pyramid
from .stage import Matrix, Picture

Ground = Callable[[float, Matrix], Picture]

_MARGIN = 0.4  # of the frame's size, beyond it on every side; further out it is mirrored

#: Pictures of scikit-image without a face that come inside its package.
PICTURES = ("coffee", "rocket", "stereo_motorcycle", "hubble_deep_field", "retina", "immunohistochemistry",
            "chelsea", "brick", "grass", "gravel", "page", "clock")  # fmt: skip


def ground(
    picture: Picture, size: tuple[int, int], *, drift_xy: tuple[float, float] = (0.0, 0.0), blur: float = 0.0
) -> Ground:
    """``picture`` behind the scene, larger than the frame, mirrored beyond its edges.

    Args:
        size: of the frame (width, height).
        drift_xy: its own movement, pixels per second.
        blur: sigma, pixels, as of a background out of focus.
    """
    width, height = size
    span = round(width * (1 + 2 * _MARGIN)), round(height * (1 + 2 * _MARGIN))
    scale = max(span[0] / picture.shape[1], span[1] / picture.shape[0])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    whole = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=how)[: span[1], : span[0]]
    if blur:
        whole = cv2.GaussianBlur(whole, (0, 0), blur)
    corner = np.array([width, height]) * _MARGIN

    @lru_cache(maxsize=1)
    def seen(matrix: tuple[float, ...]) -> Picture:
        return cv2.warpAffine(
            whole,
            np.array(matrix).reshape(2, 3),
            size,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )

    def at(seconds: float, camera: Matrix) -> Picture:
        shift = camera[:, :2] @ (np.array(drift_xy) * seconds - corner) + camera[:, 2]
        return seen(tuple(np.column_stack([camera[:, :2], shift]).ravel().tolist()))

    return at


def photograph(name: str) -> Picture:
    """One of :data:`PICTURES`, uint8 (H, W, 3) RGB."""
    picture = getattr(data, name)()
    if isinstance(picture, tuple):  # a stereo pair with its depth
        picture = picture[0]
    if picture.ndim == 2:
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
    return np.ascontiguousarray(picture[..., :3])


def clouds(seed: int, contrast: float = 1.0) -> Picture:
    """Smooth random colours with fine detail on them (six octaves of value noise), uint8 (720, 1280, 3)."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((720, 1280, 3), np.float32)
    for octave in range(6):
        coarse = rng.normal(0, 1, (3 * 2**octave, 5 * 2**octave, 3)).astype(np.float32)
        picture += cv2.resize(coarse, (1280, 720), interpolation=cv2.INTER_CUBIC) * 0.62**octave
    base = rng.uniform(70, 170, 3)
    return np.clip(base + 26 * contrast * picture, 0, 255).astype(np.uint8)


def studio(seed: int) -> Picture:
    """A plain wall, unevenly lit, uint8 (720, 1280, 3)."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(-1, 1, 1280), np.linspace(-1, 1, 720))
    slope = rng.uniform(-1, 1, 2)
    shade = 1 - 0.25 * (slope[0] * x + slope[1] * y) - 0.15 * (x**2 + y**2)
    return np.clip(rng.uniform(110, 190, 3) * shade[..., None], 0, 255).astype(np.uint8)


@lru_cache(maxsize=4)
def hand(seed: int) -> tuple[Picture, ...]:
    """A raised hand on its forearm, skin-coloured and shaded, 400 pixels wide: levels as of a puppet."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((900, 400), np.uint8)
    for x, y, thick in ((95, 110, 62), (165, 50, 66), (240, 60, 64), (310, 120, 56)):
        foot = (200 + round((x - 200) * 0.75), 320)
        cv2.line(mask, (x, y), foot, 255, thick)
        cv2.line(mask, foot, foot, 255, thick)
    cv2.line(mask, (45, 330), (140, 430), 255, 66)  # thumb
    cv2.ellipse(mask, (205, 380), (130, 130), 0, 0, 360, 255, -1)
    cv2.rectangle(mask, (125, 420), (285, 899), 255, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), 2.0)
    depth = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 5)
    shade = 0.55 + 0.45 * np.clip(depth / 40, 0, 1) ** 0.5
    coarse = rng.normal(0, 1, (90, 40)).astype(np.float32)
    shade += 0.05 * cv2.resize(coarse, (400, 900), interpolation=cv2.INTER_CUBIC)
    skin = np.array((205, 158, 132)) * rng.uniform(0.75, 1.05)
    alpha = mask[..., None] / 255.0
    colours = np.clip(skin * shade[..., None], 0, 255)
    return pyramid(np.concatenate([np.rint(colours * alpha), mask[..., None]], axis=-1).astype(np.uint8))


class Noise:
    """Sensor noise, so that no two frames of a still scene are the same."""

    _SHIFTS = 64  # pixels: drawn once and moved about

    def __init__(self, size: tuple[int, int], seed: int, sigma: float = 2.2) -> None:
        self._rng = np.random.default_rng(seed)
        grain = self._rng.normal(0, sigma, (size[1] + self._SHIFTS, size[0] + self._SHIFTS))
        self._grain: NDArray = (
            cv2.cvtColor(grain.astype(np.float32), cv2.COLOR_GRAY2RGB).round().astype(np.int16)
        )

    def __call__(self, picture: Picture) -> Picture:
        down, right = self._rng.integers(0, self._SHIFTS, 2)
        height, width = picture.shape[:2]
        return cv2.add(picture, self._grain[down : down + height, right : right + width], dtype=cv2.CV_8U)


def camera(
    size: tuple[int, int],
    shift_xy: Callable[[float], tuple[float, float]],
    zoom: Callable[[float], float] = lambda _: 1.0,
    turn_degrees: Callable[[float], float] = lambda _: 0.0,
) -> Callable[[float], Matrix]:
    """A camera that looks at the middle of the frame plus ``shift_xy`` (pixels of the scene)."""

    def at(seconds: float) -> Matrix:
        middle = np.array(size) / 2 - 0.5
        matrix = cv2.getRotationMatrix2D((0.0, 0.0), turn_degrees(seconds), zoom(seconds))
        matrix[:, 2] = middle - matrix[:, :2] @ (middle + np.array(shift_xy(seconds)))
        return matrix

    return at
