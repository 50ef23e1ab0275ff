"""Which face of this frame is which track: one assignment over place, size and looks.

The assignment is global (Hungarian method, as in SORT, Bewley et al. 2016), predicted places come from
constant velocity, and faces too faint to start a track may still continue one (ByteTrack, Zhang et
al. 2022). Looks are a small, normalised, aligned grey picture: too weak to recognise people across
scenes, strong enough to keep two people in one shot apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

LOOKS_SIDE = 32  # pixels of the aligned crop that looks are taken from
_FORBIDDEN = 1e6
_GATE = 0.8  # how far a face may be from where it is expected, in face sizes …
_GATE_PER_SECOND = 3.0  # … and how fast that grows while it is not seen
_MAX_GATE = 6.0
_MAX_LOG_RATIO = 0.6  # of sizes
_SAME_FRAMING = 0.02  # of a face's size: close-ups that differ by less are taken as one
_MIN_SIMILARITY_FAR = 0.3  # of looks, for a face that jumped by more than half its size
_MIN_SIMILARITY_LOST = 0.5  # of looks, for a face that was out of sight


@dataclass(frozen=True, kw_only=True, eq=False)
class Sighting:
    """One face in one frame.

    Attributes:
        frame_index, pts_seconds: of the frame.
        box_xyxy: float64 (4,), pixels.
        landmarks_xy: float64 (L, 2), pixels.
        score: of the detector, 0 to 1.
        looks: float32 (D,), from :func:`looks_of`.
        framed_xy: float64 (L, 2), pixels: landmarks that the close-up was framed by.
        after_gap: the face was looked for and not found since the track's sighting before.
    """

    frame_index: int
    pts_seconds: float
    box_xyxy: NDArray[np.float64]
    landmarks_xy: NDArray[np.float64]
    score: float
    looks: NDArray[np.float32]
    framed_xy: NDArray[np.float64]
    after_gap: bool = False

    @property
    def centre(self) -> NDArray[np.float64]:
        return (self.box_xyxy[:2] + self.box_xyxy[2:]) / 2

    @property
    def size(self) -> float:
        return max(1e-9, float(np.prod(self.box_xyxy[2:] - self.box_xyxy[:2]))) ** 0.5


def looks_of(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Unit vector of a small aligned crop, uint8 (S, S, 3): 16×16 grey, free of brightness and contrast."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    small -= small.mean()
    return small / max(1e-6, float(np.linalg.norm(small)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Expectation:
    """Where a track should be by now: what :func:`match` compares faces with."""

    box_xyxy: NDArray[np.float64]
    landmarks_xy: NDArray[np.float64]
    looks: NDArray[np.float32]
    unseen_seconds: float
    lost: bool

    @property
    def centre(self) -> NDArray[np.float64]:
        return (self.box_xyxy[:2] + self.box_xyxy[2:]) / 2

    @property
    def size(self) -> float:
        return max(1e-9, float(np.prod(self.box_xyxy[2:] - self.box_xyxy[:2]))) ** 0.5

    @classmethod
    def of(cls, last: Sighting, before: Sighting | None, pts_seconds: float, lost: bool) -> Expectation:
        """From the last two sightings, at constant velocity unless the track is lost. Time may run back."""
        unseen = pts_seconds - last.pts_seconds
        moved = np.zeros(2)
        if before is not None and not lost:
            elapsed = last.pts_seconds - before.pts_seconds
            moved = (last.centre - before.centre) * min(1.0, unseen / elapsed)
        landmarks = last.landmarks_xy + moved
        if np.linalg.norm(landmarks - last.framed_xy, axis=1).mean() <= _SAME_FRAMING * last.size:
            landmarks = last.framed_xy  # a face that stands still is looked at in the same frame
        return cls(
            box_xyxy=last.box_xyxy + np.tile(moved, 2),
            landmarks_xy=landmarks,
            looks=last.looks,
            unseen_seconds=abs(unseen),
            lost=lost,
        )


def match(expected: list[Expectation], seen: list[Sighting]) -> list[int | None]:
    """For each expectation the index of the face that is it, or None."""
    if not expected or not seen:
        return [None] * len(expected)
    costs = np.array([[_cost(e, s) for s in seen] for e in expected])
    result: list[int | None] = [None] * len(expected)
    for row, column in zip(*linear_sum_assignment(costs), strict=True):
        if costs[row, column] < _FORBIDDEN:
            result[row] = int(column)
    return result


def is_same(expected: Expectation, seen: Sighting) -> bool:
    """Whether a face may be the one that is expected."""
    return _cost(expected, seen) < _FORBIDDEN


def _cost(expected: Expectation, seen: Sighting) -> float:
    gate = min(_GATE + _GATE_PER_SECOND * expected.unseen_seconds, _MAX_GATE)
    distance = float(np.linalg.norm(seen.centre - expected.centre)) / ((seen.size + expected.size) / 2)
    ratio = abs(np.log(seen.size / expected.size))
    similarity = float(expected.looks @ seen.looks)
    if expected.lost:
        allowed = similarity >= _MIN_SIMILARITY_LOST and ratio <= 2 * _MAX_LOG_RATIO
    else:
        allowed = ratio <= _MAX_LOG_RATIO and (distance <= 0.5 or similarity >= _MIN_SIMILARITY_FAR)
    if not allowed or distance > gate:
        return _FORBIDDEN
    # A track in view has the first claim on a face; a lost one takes what is left.
    return distance / gate + ratio + 1.5 * (1 - similarity) + (1.0 if expected.lost else 0.0)
