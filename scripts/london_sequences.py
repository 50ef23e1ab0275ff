"""Sequences of expressions made from the Face Research Lab London Set, laid out as Cohn-Kanade is.

    python scripts/london_sequences.py --london LONDON -o OUT [--takes 3] [--everybody] [--condition own]
    seqfer import ck OUT -o STUDY

LONDON holds NNN_neutral.jpg and NNN_smiling.jpg (DeBruine & Jones 2017, doi 10.6084/m9.figshare.5047666,
CC BY 4.0). Each person gets sequences from neutral to an apex, of four emotions. Happiness is the person's
own smile: a morph between the two photographs along the optical flow. Anger, sadness and surprise are
stand-ins: warps of the neutral photograph that move brows, lids and mouth as FACS describes them (AU 4+7+24,
AU 1+15+17, AU 1+2+5+26), and no more. Every sequence has its own course, strength (faint to full), sway of
the head, light, blur and noise, by ``--seed``. People that the bundled model was trained on are left out, so
that it can be compared with others; ``--everybody`` takes them in.

``--condition own`` makes the same people's sequences under other conditions, subtler and dark under a light
from high on one side, for ``scripts/measure_own_conditions.py``.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from seqfer.faces.align import similarity, similarity_to_template
from seqfer.faces.centerface import CenterFace
from seqfer.models import read_metadata

CODES = {"anger": 1, "happiness": 5, "sadness": 6, "surprise": 7}
STEPS = 16
_INSIDE_RGB = (48, 20, 20)  # of a mouth
_SIDE = 360
#: What is moved at full strength: where (in the aligned face, fractions of its side), how far, where to.
_WARPS = {
    "anger": [((0.29, 0.325), 0.07, (0.012, 0.026)), ((0.71, 0.325), 0.07, (-0.012, 0.026)),
              ((0.42, 0.335), 0.055, (0.018, 0.040)), ((0.58, 0.335), 0.055, (-0.018, 0.040)),
              ((0.356, 0.445), 0.035, (0.0, -0.010)), ((0.644, 0.445), 0.035, (0.0, -0.010)),
              ((0.38, 0.756), 0.05, (0.016, 0.006)), ((0.62, 0.756), 0.05, (-0.016, 0.006)),
              ((0.50, 0.735), 0.045, (0.0, 0.018)), ((0.50, 0.785), 0.045, (0.0, -0.020))],
    "sadness": [((0.42, 0.325), 0.042, (0.008, -0.034)), ((0.58, 0.325), 0.042, (-0.008, -0.034)),
                ((0.28, 0.340), 0.05, (0.0, 0.018)), ((0.72, 0.340), 0.05, (0.0, 0.018)),
                ((0.356, 0.405), 0.035, (0.0, 0.012)), ((0.644, 0.405), 0.035, (0.0, 0.012)),
                ((0.37, 0.762), 0.045, (0.0, 0.026)), ((0.63, 0.762), 0.045, (0.0, 0.026)),
                ((0.50, 0.80), 0.06, (0.0, -0.014))],
    "surprise": [((0.30, 0.315), 0.06, (0.0, -0.040)), ((0.70, 0.315), 0.06, (0.0, -0.040)),
                 ((0.43, 0.315), 0.045, (0.0, -0.026)), ((0.57, 0.315), 0.045, (0.0, -0.026)),
                 ((0.356, 0.400), 0.035, (0.0, -0.012)), ((0.644, 0.400), 0.035, (0.0, -0.012)),
                 ((0.38, 0.76), 0.05, (0.018, 0.010)), ((0.62, 0.76), 0.05, (-0.018, 0.010)),
                 ((0.50, 0.90), 0.10, (0.0, 0.030))],
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--london", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--takes", type=int, default=3, help="sequences of each person and emotion")
    parser.add_argument("--everybody", action="store_true", help="also whom the bundled model was trained on")
    parser.add_argument("--condition", choices=("usual", "own"), default="usual")
    parser.add_argument("--seed", type=int, default=1)
    made = parser.parse_args()
    cv2.setNumThreads(1)
    shutil.rmtree(made.out, ignore_errors=True)
    detector = CenterFace(min_score=0.5)
    left_out = [] if made.everybody else read_metadata("bundled")["training"]["london"]["trained_on"]
    for path in sorted(made.london.glob("*_neutral.jpg")):
        name = path.name[:3]
        if name in left_out:
            continue
        person = Person(detector, path, path.with_name(f"{name}_smiling.jpg"))
        for take, emotion in enumerate(list(CODES) * made.takes, start=1):
            rng = np.random.default_rng([made.seed, int(name), take, made.condition == "own"])
            frames = person.sequence(emotion, rng, own=made.condition == "own")
            _write(made.out, f"S{name}", f"{take:03d}", frames, CODES[emotion])


def _write(out: Path, subject: str, sequence: str, frames: list[NDArray[np.uint8]], code: int) -> None:
    name = f"{subject}_{sequence}"
    folder = out / "cohn-kanade-images" / subject / sequence
    folder.mkdir(parents=True)
    for n, frame in enumerate(frames, start=1):
        picture = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{name}_{n:08d}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
    note = out / "Emotion" / subject / sequence / f"{name}_{len(frames):08d}_emotion.txt"
    note.parent.mkdir(parents=True)
    note.write_text(f"   {code}.0000000e+00\n")


class Person:
    """A neutral photograph, the smile brought to the same place, and the flow from each to the other.

    Attributes:
        points: float64 (5, 2), of the neutral face, pixels of the frames to come.
    """

    def __init__(self, detector: CenterFace, neutral: Path, smiling: Path) -> None:
        self.neutral, points = _portrait(detector, neutral)
        self.points = points
        smile, others = _portrait(detector, smiling)
        warp = similarity_to_template(points, 1)
        warp[:, 2] += 0.5  # fractions of the side begin at the edge, not in the middle of the first pixel
        y, x = np.mgrid[:_SIDE, :_SIDE].astype(np.float32)
        self._turn = warp[:, :2].astype(np.float32)
        self._places = np.stack([x, y], axis=-1) @ self._turn.T + warp[:, 2].astype(np.float32)
        self._lips = _Lips(self.neutral, points, warp)
        # Eyes and nose only: the mouth is what moves.
        move = similarity(others[:3], points[:3])
        self.smile = cv2.warpAffine(smile, move, (_SIDE, _SIDE), borderMode=cv2.BORDER_REPLICATE)
        flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        grey = [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in (self.neutral, self.smile)]
        smooth = [cv2.GaussianBlur(g, (0, 0), 1.5) for g in grey]
        self.there = cv2.GaussianBlur(flow.calc(smooth[0], smooth[1], None), (0, 0), 3)
        self.back = cv2.GaussianBlur(flow.calc(smooth[1], smooth[0], None), (0, 0), 3)

    def sequence(
        self, emotion: str, rng: np.random.Generator, *, own: bool, every: int = 1
    ) -> list[NDArray[np.uint8]]:
        """Frames from neutral to the apex of an expression, or every so many of them."""
        strength = rng.uniform(0.25, 0.5) if own else rng.uniform(0.15, 0.8)
        begin, rise = rng.integers(2, 5), rng.integers(5, 9)
        t = np.clip((np.arange(STEPS) - begin) / rise, 0, 1)
        course = strength * (3 * t**2 - 2 * t**3)
        course = course + rng.normal(0, 0.01, STEPS).cumsum() * 0.3 * (course > 0)
        moves = self._moves(emotion)
        sway = _smooth(rng, STEPS, 4) * [0.8, 1.5, 1.5, 0.008]
        light = _Light(rng, own)
        blur = rng.uniform(0, 0.9)
        frames = []
        for n in range(0, STEPS, every):
            level = float(np.clip(course[n], 0, 1))
            picture = (
                self._smiling(level)
                if emotion == "happiness"
                else self._warped(moves, level, parted=emotion == "surprise")
            )
            turn = cv2.getRotationMatrix2D((_SIDE / 2, _SIDE / 2), sway[n, 0], 1 + sway[n, 3])
            turn[:, 2] += sway[n, 1:3]
            moved = cv2.warpAffine(picture, turn, (_SIDE, _SIDE), borderMode=cv2.BORDER_REPLICATE)
            if blur > 0.3:
                moved = cv2.GaussianBlur(moved, (0, 0), blur)
            frames.append(light(moved, rng))
        return frames

    def _smiling(self, level: float) -> NDArray[np.uint8]:
        a = _pulled(self.neutral, self.there * level)
        b = _pulled(self.smile, self.back * (1 - level))
        return cv2.addWeighted(a, 1 - level, b, level, 0)

    def _moves(self, emotion: str) -> NDArray[np.float32]:
        """How far every place is moved at full strength, (H, W, 2)."""
        moved = np.zeros_like(self._places)
        for centre, reach, move in _WARPS.get(emotion, ()):
            far = np.square(self._places - np.float32(centre)).sum(axis=-1)
            moved += np.exp(-far / (2 * reach**2))[..., None] * np.float32(move)
        return moved

    def _warped(self, moves: NDArray[np.float32], level: float, *, parted: bool) -> NDArray[np.uint8]:
        """The neutral face with brows, lids and mouth moved, the lips parted or closed."""
        places = self._places - np.float32(level) * moves
        gap = np.zeros(places.shape[:2], np.float32)
        if parted:
            places, gap = self._lips.parted(places, level)
        back = np.linalg.inv(self._turn).astype(np.float32)
        y, x = np.mgrid[:_SIDE, :_SIDE].astype(np.float32)
        source = np.stack([x, y], axis=-1) + (places - self._places) @ back.T
        picture = cv2.remap(self.neutral, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return (picture + gap[..., None] * (np.float32(_INSIDE_RGB) - picture)).astype(np.uint8)


class _Lips:
    """Where lips meet in a neutral face, and what they look like apart; in fractions of the aligned face."""

    def __init__(
        self, picture: NDArray[np.uint8], points: NDArray[np.float64], warp: NDArray[np.float64]
    ) -> None:
        left, right = points[3:] @ warp[:, :2].T + warp[:, 2]
        self._left, self._right = left, right
        # Where they meet is the darkest row in the middle of the mouth.
        to_crop = warp * 250
        grey = cv2.cvtColor(cv2.warpAffine(picture, to_crop, (250, 250)), cv2.COLOR_RGB2GRAY)
        (u, v), reach = (left + right) * 125, 8
        rows = grey[round(v) - reach : round(v) + reach + 1, round(u) - 6 : round(u) + 7].mean(axis=1)
        self._sag = (int(np.argmin(rows)) - reach) / 250

    def parted(
        self, places: NDArray[np.float32], level: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Places (H, W, 2) of the closed mouth to look at instead; how much of each is inside (H, W)."""
        u, v = places[..., 0], places[..., 1]
        along = (u - self._left[0]) / (self._right[0] - self._left[0])  # 0 to 1 from corner to corner
        arch = np.clip(4 * along * (1 - along), 0, 1) ** 0.7
        line = self._left[1] + along * (self._right[1] - self._left[1]) + self._sag * arch
        up, down = 0.008 * level * arch, 0.050 * level * arch
        above, below = line - up - v, v - line - down
        source = np.where(
            above >= 0,
            v + up * np.exp(-above / 0.04),
            np.where(below >= 0, v - down * np.exp(-below / 0.10), line),
        )
        inside = np.clip(np.minimum(-above, -below) / 0.006, 0, 1)
        return np.stack([u, source], axis=-1).astype(np.float32), inside.astype(np.float32)


class _Light:
    """Light of a sequence: usual rooms, or dark with a lamp high on one side."""

    def __init__(self, rng: np.random.Generator, own: bool) -> None:
        gamma = float(np.exp(rng.normal(0.75, 0.12) if own else rng.normal(0, 0.15)))
        self._curve = (255 * (np.arange(256) / 255) ** gamma).astype(np.float32)
        self._noise = rng.uniform(5, 8) if own else rng.uniform(1, 4)
        ramp = np.linspace(-1, 1, _SIDE, dtype=np.float32)
        down, across = (rng.uniform(0.6, 0.8), rng.choice([-1, 1]) * rng.uniform(0.3, 0.5)) if own else (
            rng.normal(0, 0.12), rng.normal(0, 0.12))  # fmt: skip
        self._field = np.clip(1 - down * ramp[:, None] + across * ramp[None], 0.08, 1.8)[..., None]

    def __call__(self, picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        lit = cv2.LUT(picture, self._curve) * self._field
        return np.clip(lit + rng.normal(0, self._noise, picture.shape), 0, 255).astype(np.uint8)


def _portrait(detector: CenterFace, path: Path) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    picture = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    faces = detector.detect(picture)
    if not len(faces):
        raise SystemExit(f"{path}: no face found")
    return picture, faces.landmarks_xy[0].astype(np.float64)


def _pulled(picture: NDArray[np.uint8], field: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The picture with what was at p shown at p + field(p), to first order."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    source_x, source_y = x - field[..., 0], y - field[..., 1]
    return cv2.remap(picture, source_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _smooth(rng: np.random.Generator, steps: int, columns: int) -> NDArray[np.float64]:
    """Random courses (steps, columns) of deviation about 1, slower than frames."""
    rough = rng.normal(0, 1, (steps + 8, columns)).cumsum(axis=0)
    calm = cv2.GaussianBlur(rough, (1, 9), 2.0)[4:-4]
    calm = calm - calm.mean(axis=0)
    return calm / np.maximum(calm.std(axis=0), 1e-6)


if __name__ == "__main__":
    main()
