"""FER+ stills through the very crop that video gets: CenterFace, five points, similarity warp.

FER2013 pictures (Goodfellow et al. 2013, arXiv:1307.0414) are 48x48 and tight around the face; FER+
(Barsoum et al. 2016, arXiv:1608.01041) gives each ten votes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import h5py
import numpy as np
from numpy.typing import NDArray

from seqfer.faces.align import TEMPLATE_NAME, similarity_to_template
from seqfer.faces.centerface import CenterFace
from seqfer.labels import EMOTIONS

CROP_SIZE = 112
MIN_SCORE = 0.3
#: From picture to crop where no face is found: the median of the training stills, without its slight turn.
MEDIAN_WARP = np.array([[1.978, 0.0, 8.44], [0.0, 1.978, 10.67]])
_PICTURE, _PADDED, _BORDER = 48, 64, 32


@dataclass(frozen=True, kw_only=True, eq=False)
class Stills:
    """Aligned stills of one FER+ group.

    Attributes:
        crops: uint8 (N, 112, 112), grey, aligned; pixels beyond the picture repeat its edge.
        votes: float32 (N, 7), shares of the votes, columns as ``seqfer.labels.EMOTIONS``, rows sum to 1.
        found: bool (N,), a face was found; elsewhere the crop is that of :data:`MEDIAN_WARP`.
        inside: uint8 (N, 112, 112), 255 where the crop shows the picture and not its repeated edge.
    """

    crops: NDArray[np.uint8]
    votes: NDArray[np.float32]
    found: NDArray[np.bool_]
    inside: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.crops)

    def sample(self, count: int, seed: int) -> Stills:
        """``count`` of the stills, or all: rare emotions keep all of theirs for as long as that fits."""
        if count >= len(self):
            return self
        emotion = self.votes.argmax(axis=1)
        order = np.random.default_rng(seed).permutation(len(self))
        rank = np.empty(len(self), np.int64)
        for k in np.unique(emotion):
            own = order[emotion[order] == k]
            rank[own] = np.arange(len(own))
        rows = np.sort(np.argsort(rank, kind="stable")[:count])
        return Stills(
            crops=self.crops[rows], votes=self.votes[rows], found=self.found[rows], inside=self.inside[rows]
        )


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_stills(source: Path, group: str, cache: Path) -> Stills:
    """Stills of ``group`` (``train`` or ``valid``), aligned once and kept in the folder ``cache``."""
    kept = cache / f"ferplus-{group}-{TEMPLATE_NAME}-{CROP_SIZE}.npz"
    if not kept.exists():
        with h5py.File(source) as file:
            columns = [str(name) for name in file.attrs["vote_columns"]]
            images, raw = file[group]["images"][:], file[group]["votes"][:]
        votes, keep = soft_labels(raw, columns)
        crops, inside, found = align_stills(images[keep])
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(kept, crops=crops, inside=inside, found=found, votes=votes[keep])
    with np.load(kept) as stored:
        return Stills(**{name: stored[name] for name in ("crops", "votes", "found", "inside")})


def soft_labels(raw: NDArray, columns: list[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Ten votes to shares of the seven emotions, and which pictures to keep.

    Dropped: pictures that most voters called unknown, not a face, or contempt, and pictures without a
    vote for any of the seven. Single votes are dropped as noise where others agree, as Barsoum et al. do.
    """
    seven = np.stack([raw[:, columns.index(name)] for name in EMOTIONS], axis=1).astype(np.float32)
    other = raw[:, [i for i, name in enumerate(columns) if name not in EMOTIONS]].max(axis=1)
    seven[(seven <= 1) & (seven.max(axis=1, keepdims=True) > 1)] = 0
    keep = (seven.max(axis=1) > 0) & (seven.max(axis=1) > other)
    return seven / np.maximum(seven.sum(axis=1, keepdims=True), 1e-9), keep


def align_stills(
    images: NDArray[np.uint8], *, detect: bool = True
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_]]:
    """Grey stills (N, 48, 48) to crops (N, 112, 112), where they show the picture, and faces found (N,).

    Where no face is found, or none is looked for, the warp is :data:`MEDIAN_WARP`.
    """
    points = five_points_of(images) if detect else np.full((len(images), 5, 2), np.nan)
    found = ~np.isnan(points[:, 0, 0])
    warps = np.repeat(MEDIAN_WARP[None], len(images), axis=0)
    if found.any():
        warps[found] = similarity_to_template(points[found], CROP_SIZE)
    white = np.full((_PICTURE, _PICTURE), 255, np.uint8)
    size = (CROP_SIZE, CROP_SIZE)
    crops = [
        cv2.warpAffine(image, warp, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        for image, warp in zip(images, warps, strict=True)
    ]
    inside = [cv2.warpAffine(white, warp, size, flags=cv2.INTER_NEAREST) for warp in warps]
    return np.stack(crops), np.stack(inside), found


def five_points_of(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Five points in the pixels of each still (N, 5, 2), NaN where no face is found.

    The detector has never seen faces that fill the picture: it is shown them with a black frame around.
    """
    detector = CenterFace(min_score=MIN_SCORE)
    points = np.full((len(images), 5, 2), np.nan)
    for i, image in enumerate(images):
        large = cv2.resize(image, (_PADDED, _PADDED), interpolation=cv2.INTER_CUBIC)
        framed = cv2.copyMakeBorder(large, *(_BORDER,) * 4, cv2.BORDER_CONSTANT, value=0)
        faces = detector.detect(np.repeat(framed[..., None], 3, axis=2))
        if len(faces):
            scale = _PICTURE / _PADDED
            points[i] = (faces.landmarks_xy[0].astype(np.float64) - _BORDER + 0.5) * scale - 0.5
    return points
