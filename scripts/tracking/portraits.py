"""Portraits as puppets: cut out of their background, with a box and five points known once for all."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from seqfer.errors import InputError
from seqfer.faces.centerface import CenterFace
from seqfer.faces.detection import iou

_SIDE = 640  # longer side of the pictures cut from, pixels; larger ones are reduced
_ZOOMS = (
    0.85,
    1.0,
    1.2,
    1.45,
    1.7,
)  # close-ups the reference is the mean of: face widths of 85 to 170 pixels …
_SHIFTS = (-0.06, 0.0, 0.06)  # … and their places, in face widths
_CLOSE_UP_FACE, _CLOSE_UP_SIDE = 100, 320
_BODY = 2.0  # the body goes on below the picture for this many face heights
_SUFFIXES = {".jpg", ".jpeg", ".png"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Puppet:
    """A person cut out of a still.

    Attributes:
        name: of the file, without suffix.
        levels: RGBA pictures, uint8 (H, W, 4), colours premultiplied, each half the size of the one before.
        box_xyxy: float64 (4,), pixels of ``levels[0]``, centres at integers.
        landmarks_xy: float64 (5, 2), likewise.
    """

    name: str
    levels: tuple[NDArray[np.uint8], ...]
    box_xyxy: NDArray[np.float64]
    landmarks_xy: NDArray[np.float64]

    @property
    def centre_xy(self) -> NDArray[np.float64]:
        return (self.box_xyxy[:2] + self.box_xyxy[2:]) / 2

    @property
    def width(self) -> float:
        """Of the face's box, pixels of ``levels[0]``."""
        return float(self.box_xyxy[2] - self.box_xyxy[0])


def portrait_files(folder: Path) -> list[Path]:
    """The stills in ``folder``, ordered so that the first ones are of different people.

    ``NNN_neutral.jpg`` comes before ``NNN_smiling.jpg`` of the same number.

    Raises:
        InputError: there are none.
    """
    files = [p for p in sorted(folder.iterdir()) if p.suffix.lower() in _SUFFIXES] if folder.is_dir() else []
    if not files:
        raise InputError(folder, "holds no .jpg or .png portraits")
    return sorted(files, key=lambda p: ("smiling" in p.stem, p.name))


def write_astronaut(folder: Path) -> Path:
    """The one portrait that comes with scikit-image (NASA, public domain), as a file in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "astronaut.png"
    cv2.imwrite(str(path), cv2.cvtColor(data.astronaut()[:336], cv2.COLOR_RGB2BGR))  # below: a helmet
    return path


def digest_of(files: Iterable[Path]) -> str:
    """Digest of the names and contents of ``files``."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


class Cast:
    """The people of ``files``, cut out when first asked for.

    Fewer portraits than people asked for are used several times, mirrored every other time.
    """

    def __init__(self, files: list[Path]) -> None:
        self._files = files
        self._known: dict[int, Puppet] = {}
        self._next = 0

    def __getitem__(self, number: int) -> Puppet:
        """Person ``number``, counted from 0.

        Raises:
            InputError: none of the portraits shows a face.
        """
        while number not in self._known and self._next < len(self._files):
            puppet = _read_puppet(self._files[self._next])
            self._next += 1
            if puppet is not None:
                self._known[len(self._known)] = puppet
        if not self._known:
            raise InputError(self._files[0].parent, "no face found in any portrait")
        if number in self._known:
            return self._known[number]
        rounds, index = divmod(number, len(self._known))
        return mirrored(self._known[index]) if rounds % 2 else self._known[index]


def _read_puppet(file: Path) -> Puppet | None:
    picture = cv2.imread(str(file))
    if picture is None:
        print(f"{file}: cannot be read as a picture, left out", file=sys.stderr)
        return None
    puppet = make_puppet(file.stem, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    if puppet is None:
        print(f"{file}: no face found, left out", file=sys.stderr)
    return puppet


def mirrored(puppet: Puppet) -> Puppet:
    """The same person, left and right swapped."""
    across = puppet.levels[0].shape[1] - 1
    left, top, right, bottom = puppet.box_xyxy
    points = puppet.landmarks_xy[[1, 0, 2, 4, 3]] * (-1, 1) + (across, 0)
    return Puppet(
        name=f"{puppet.name}_mirrored",
        levels=pyramid(np.ascontiguousarray(puppet.levels[0][:, ::-1])),
        box_xyxy=np.array([across - right, top, across - left, bottom]),
        landmarks_xy=points,
    )


def make_puppet(name: str, picture: NDArray[np.uint8]) -> Puppet | None:
    """Cut the largest face's owner out of ``picture``, uint8 (H, W, 3) RGB; None without a face."""
    scale = min(1.0, _SIDE / max(picture.shape[:2]))
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = reference_face(picture)
    if found is None:
        return None
    box, points = found
    return Puppet(name=name, levels=pyramid(_cut_out(picture, box)), box_xyxy=box, landmarks_xy=points)


def reference_face(
    picture: NDArray[np.uint8],
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Box (4,) and five points (5, 2) of the largest face: means over close-ups of many sizes and places.

    One detection is off by a percent or so of the face, differently at each size and place; the mean over
    many is the detector's own best opinion, so what is measured against it is what video adds.
    """
    detector = CenterFace()
    found = detector.detect(picture)
    if not len(found):
        return None
    sides = found.boxes_xyxy[:, 2:] - found.boxes_xyxy[:, :2]
    rough = found.boxes_xyxy[int(sides.prod(axis=1).argmax())].astype(np.float64)
    width, centre = rough[2] - rough[0], (rough[:2] + rough[2:]) / 2
    boxes, points = [], []
    for zoom in (z * _CLOSE_UP_FACE / width for z in _ZOOMS):
        for right in _SHIFTS:
            for down in _SHIFTS:
                shift = (_CLOSE_UP_SIDE - 1) / 2 - zoom * (centre + np.array([right, down]) * width)
                matrix = np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]]])
                seen = detector.detect(_warped(picture, matrix, _CLOSE_UP_SIDE))
                if not len(seen):
                    continue
                there = (seen.boxes_xyxy - np.tile(shift, 2)) / zoom
                best = int(iou(rough[None], there)[0].argmax())
                if iou(rough[None], there)[0, best] > 0.5:
                    boxes.append(there[best])
                    points.append((seen.landmarks_xy[best] - shift) / zoom)
    return (np.mean(boxes, axis=0), np.mean(points, axis=0)) if boxes else None


def _warped(picture: NDArray[np.uint8], matrix: NDArray[np.float64], side: int) -> NDArray[np.uint8]:
    if matrix[0, 0] < 0.7:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.4 / matrix[0, 0])
    return cv2.warpAffine(
        picture, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def pyramid(rgba: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
    """Pictures of halved size, each the mean of four pixels of the one before, down to a few pixels."""
    levels = [rgba]
    while min(levels[-1].shape[:2]) >= 16:
        h, w = (n - n % 2 for n in levels[-1].shape[:2])
        levels.append(cv2.resize(levels[-1][:h, :w], (w // 2, h // 2), interpolation=cv2.INTER_AREA))
    return tuple(levels)


def _cut_out(picture: NDArray[np.uint8], box_xyxy: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Premultiplied RGBA of the person, who goes on below the picture."""
    height, width = picture.shape[:2]
    (x, y), (w, h) = (box_xyxy[:2] + box_xyxy[2:]) / 2, box_xyxy[2:] - box_xyxy[:2]

    def shape(*outlines: tuple[float, float]) -> NDArray[np.int32]:
        return np.array([(x + dx * w, min(y + dy * h, 4.0 * height)) for dx, dy in outlines], np.int32)

    def ellipse(mask: NDArray[np.uint8], dy: float, rx: float, ry: float, value: int) -> None:
        cv2.ellipse(mask, (round(x), round(y + dy * h)), (round(rx * w), round(ry * h)), 0, 0, 360, value, -1)

    labels = np.full((height, width), cv2.GC_BGD, np.uint8)
    ellipse(labels, -0.15, 1.0, 0.95, cv2.GC_PR_BGD)
    cv2.fillPoly(
        labels, [shape((-0.6, 0.5), (0.6, 0.5), (2.2, 1.1), (2.2, 6), (-2.2, 6), (-2.2, 1.1))], cv2.GC_PR_BGD
    )
    ellipse(labels, -0.1, 0.62, 0.66, cv2.GC_PR_FGD)
    cv2.fillPoly(
        labels, [shape((-0.4, 0.3), (0.4, 0.3), (1.6, 1.1), (1.6, 6), (-1.6, 6), (-1.6, 1.1))], cv2.GC_PR_FGD
    )
    ellipse(labels, 0.0, 0.46, 0.5, cv2.GC_FGD)
    cv2.fillPoly(
        labels, [shape((-0.28, 0.4), (0.28, 0.4), (1.1, 1.15), (1.1, 6), (-1.1, 6), (-1.1, 1.15))], cv2.GC_FGD
    )
    cv2.setRNGSeed(0)  # grabCut starts from a random clustering
    cv2.grabCut(
        picture[..., ::-1].copy(),
        labels,
        None,
        np.zeros((1, 65)),
        np.zeros((1, 65)),
        3,
        cv2.GC_INIT_WITH_MASK,
    )
    person = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    person = cv2.morphologyEx(person, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8), iterations=2)
    person = cv2.morphologyEx(person, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8), iterations=3)
    below = round(_BODY * h)
    picture = cv2.copyMakeBorder(picture, 0, below, 0, 0, cv2.BORDER_REPLICATE)
    body = np.flatnonzero(person[-1])
    if len(body):  # not the neckline drawn out: one colour of clothes, from beside it
        picture[height:] = np.median(picture[height - 1, body[: max(1, len(body) // 4)]], axis=0)
    person = cv2.copyMakeBorder(person, 0, below, 0, 0, cv2.BORDER_REPLICATE)
    inside = cv2.copyMakeBorder(cv2.erode(person, np.ones((3, 3), np.uint8)), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    alpha = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 1.5)[1:-1, 1:-1, None]
    return np.concatenate([np.rint(picture * alpha), np.rint(255 * alpha)], axis=-1).astype(np.uint8)
