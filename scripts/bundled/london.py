"""The Face Research Lab London Set (DeBruine & Jones 2017): the same people, neutral and smiling.

Some of them are trained on; all figures are of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from seqfer.faces.align import similarity_to_template
from seqfer.faces.centerface import CenterFace
from seqfer.labels import EMOTIONS

from .ferplus import Stills
from .morphs import Morph

STEPS = 21  # of a morph: every 5 %
#: Of the way to the smile: nobody calls it one yet, everybody does. Who sees the face change sees it earlier.
_IN_MOTION, _BY_ITSELF = (0.1, 0.5), (0.25, 0.75)


@dataclass(frozen=True, kw_only=True, eq=False)
class Person:
    """One person's way from neutral to smiling.

    Attributes:
        name: number in the set.
        frames: uint8 (STEPS, S, S, 3), aligned, evenly from the neutral picture to the smiling one.
    """

    name: str
    frames: NDArray[np.uint8]


def load_people(folder: Path, size: int = 112) -> list[Person]:
    """All people of the set, in order of their numbers."""
    detector = CenterFace(min_score=0.5)
    people = []
    for path in sorted(folder.glob("*_neutral.jpg")):
        smiling = path.with_name(path.name.replace("neutral", "smiling"))
        morph = Morph(_crop(detector, path, size), _crop(detector, smiling, size))
        frames = np.stack([morph.at(share) for share in np.linspace(0, 1, STEPS)])
        people.append(Person(name=path.name.split("_")[0], frames=frames))
    return people


def divided(people: list[Person], trained: int, seed: int) -> tuple[list[Person], list[Person]]:
    """People to train on, ``trained`` of them by lot, and people to measure on, each in their old order."""
    chosen = set(np.random.default_rng(seed).permutation(len(people))[:trained].tolist())
    return (
        [p for i, p in enumerate(people) if i in chosen],
        [p for i, p in enumerate(people) if i not in chosen],
    )


def called_happiness(share: NDArray[np.float64], *, in_motion: bool) -> NDArray[np.float64]:
    """How many would call it a smile at a share of the way to one, seen in motion or by itself."""
    begins, seen = _IN_MOTION if in_motion else _BY_ITSELF
    x = np.clip((share - begins) / (seen - begins), 0, 1)
    return x * x * (3 - 2 * x)


def as_stills(people: list[Person], every: int = 2) -> Stills:
    """Every so many frames of the people's morphs, grey, labelled by how far the smile has come."""
    share = np.linspace(0, 1, STEPS)[::every]
    smiling = called_happiness(share, in_motion=False)
    votes = np.zeros((len(people), len(share), len(EMOTIONS)), np.float32)
    votes[..., EMOTIONS.index("happiness")] = smiling
    votes[..., EMOTIONS.index("neutral")] = 1 - smiling
    crops = np.stack([cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for p in people for f in p.frames[::every]])
    return Stills(
        crops=crops,
        votes=votes.reshape(len(crops), -1),
        found=np.ones(len(crops), np.bool_),
        inside=np.full_like(crops, 255),
    )


def _crop(detector: CenterFace, path: Path, size: int) -> NDArray[np.uint8]:
    picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    side = max(picture.shape[:2])
    scale = 256 / side
    faces = detector.detect(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    if not len(faces):
        raise SystemExit(f"{path}: no face found")
    points = (faces.landmarks_xy[0].astype(float) + 0.5) / scale - 0.5
    warp = similarity_to_template(points, size)
    shrink = np.hypot(*warp[0, :2])  # average what falls into one pixel of the crop before sampling
    if shrink < 0.7:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.4 / shrink)
    return cv2.warpAffine(
        picture, warp, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
