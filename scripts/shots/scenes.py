"""Pictures in motion: what a shot of the benchmark shows, from stills and real films."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

from seqfer.video import read_frames

Picture = NDArray[np.uint8]
Scene = Callable[[int], Iterator[Picture]]  # how many frames -> the frames, uint8 (H, W, 3) RGB
WIDTH, HEIGHT = 640, 360
_STILLS = ("astronaut", "cat", "coffee", "rocket", "camera", "coins", "hubble_deep_field", "retina", "brick")
_FILMS = ("single_face.mp4", "two_faces_head_pose.mp4", "profile_turn.mp4", "no_face.mp4")


@dataclass(frozen=True, kw_only=True)
class Material:
    """Pictures to film.

    Attributes:
        stills: uint8 (H, W, 3) RGB, of any size.
        portraits: the same, all alike: one face before a plain ground.
        films: frames of real videos, each uint8 (HEIGHT, WIDTH, 3).
    """

    stills: tuple[Picture, ...]
    portraits: tuple[Picture, ...]
    films: tuple[tuple[Picture, ...], ...]


def load_material(data: Path | None) -> Material:
    """Stills that come with scikit-image; portraits and films from ``data``, where that is given."""
    stills = []
    for name in _STILLS:
        picture = getattr(skimage.data, name)()
        stills.append(picture if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB))
    portraits, films = [], []
    if data is not None:
        for path in sorted((data / "london").glob("*_neutral.jpg"))[:24]:
            portraits.append(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB))
        for name in _FILMS:
            frames = (frame.rgb_resized(WIDTH, HEIGHT) for frame in read_frames(data / "videos" / name))
            films.append(tuple(frames))
    return Material(stills=tuple(stills), portraits=tuple(portraits), films=tuple(films))


class Shots:
    """Shots of something, filmed somehow, no two in a row of the same thing."""

    def __init__(self, material: Material, rng: np.random.Generator) -> None:
        self._material, self._rng = material, rng
        self._last = 0

    def next(self, motions: tuple[str, ...] | None = None) -> Scene:
        """Of a still with one of ``motions``; None is any gentle one, and now and then a real film."""
        rng, stills = self._rng, self._material.stills
        if self._material.films and motions is None and rng.random() < 0.3:
            return film(
                self._material.films[rng.integers(len(self._material.films))], int(rng.integers(1000))
            )
        motion = str(rng.choice(motions or ("still", "handheld", "pan", "zoom")))
        self._last = (self._last + 1 + int(rng.integers(len(stills) - 1))) % len(stills)
        return camera(stills[self._last], motion, rng)


def film(frames: tuple[Picture, ...], start: int) -> Scene:
    """A real film, forth and back."""
    around = [*range(len(frames)), *range(len(frames) - 2, 0, -1)]
    return lambda count: (frames[around[(start + i) % len(around)]] for i in range(count))


def camera(picture: Picture, motion: str, rng: np.random.Generator) -> Scene:
    """A still filmed by a camera that stands, trembles, pans (fast: by a width in a second) or zooms."""
    h, w = picture.shape[:2]
    seed = int(rng.integers(1 << 31))

    def frames(count: int) -> Iterator[Picture]:
        inner = np.random.default_rng(seed)
        whole = min(w / WIDTH, h / HEIGHT)  # picture pixels per pixel that just fill the view
        scale = whole * inner.uniform(0.6, 0.8)
        speed = {"pan": 0.004, "fast pan": 0.04, "whip": 0.15}.get(motion, 0.0) * inner.choice([-1, 1])
        rate = {"zoom": 1.006, "fast zoom": 1.03}.get(motion, 1.0) ** inner.choice([-1, 1])
        angle = inner.uniform(0, 2 * np.pi)
        x, y = inner.uniform(0.4, 0.6, 2) * (w, h)
        shake = np.zeros(2)
        for number in range(count):
            if motion == "handheld":
                shake = 0.9 * shake + inner.normal(0, 1.2, 2)
            zoom = scale * rate ** (number - count / 2)
            moved = speed * number * WIDTH * scale * np.array([np.cos(angle), np.sin(angle)])
            cx, cy = np.array([x, y]) + moved + shake * scale
            matrix = np.array([[zoom, 0, cx - zoom * WIDTH / 2], [0, zoom, cy - zoom * HEIGHT / 2]])
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            view = cv2.warpAffine(
                picture, matrix, (WIDTH, HEIGHT), flags=flags, borderMode=cv2.BORDER_REFLECT
            )
            yield _noisy(view, inner)

    return frames


def _noisy(view: Picture, rng: np.random.Generator) -> Picture:
    return np.clip(view + rng.normal(0, 3, view.shape[:2])[..., None], 0, 255).astype(np.uint8)


def lit(scene: Scene, light: Callable[[int, int], float]) -> Scene:
    """A scene under a light that changes: a factor for each (frame, count)."""
    return lambda count: (
        np.clip(view * light(i, count), 0, 255).astype(np.uint8) for i, view in enumerate(scene(count))
    )


def crossed(scene: Scene, passer: Picture, rng: np.random.Generator) -> Scene:
    """A scene with somebody walking past close to the camera now and then, two thirds of the picture high."""
    every, speed = int(rng.integers(30, 50)), int(rng.integers(25, 60))
    height = HEIGHT * 3 // 4
    cut_out = cv2.resize(passer, (height * 2 // 3, height), interpolation=cv2.INTER_AREA)

    def frames(count: int) -> Iterator[Picture]:
        for number, view in enumerate(scene(count)):
            left = -cut_out.shape[1] + (number % every) * speed
            a, b = max(left, 0), min(left + cut_out.shape[1], WIDTH)
            if a < b:
                view = view.copy()
                view[HEIGHT - height :, a:b] = cut_out[:, a - left : b - left]
            yield view

    return frames
