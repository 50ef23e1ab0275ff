"""What every face detector gives, and what it must be able to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Detections:
    """The faces of one picture, most certain first.

    Attributes:
        boxes_xyxy: float32 (N, 4), pixels.
        landmarks_xy: float32 (N, L, 2), pixels; L is 5 or 68 (see :mod:`seqfer.faces.align`).
        scores: float32 (N,), 0 to 1.
    """

    boxes_xyxy: NDArray[np.float32]
    landmarks_xy: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __post_init__(self) -> None:
        n = len(self.scores)
        shapes = (self.boxes_xyxy.shape, self.landmarks_xy.shape, self.scores.shape)
        if shapes[0] != (n, 4) or shapes[1] not in ((n, 5, 2), (n, 68, 2)) or shapes[2] != (n,):
            raise ValueError(f"boxes, landmarks and scores must be (N,4), (N,5|68,2), (N,), got {shapes}")

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def none(cls, num_landmarks: int = 5) -> Detections:
        """A picture without a face."""
        return cls(
            boxes_xyxy=np.zeros((0, 4), np.float32),
            landmarks_xy=np.zeros((0, num_landmarks, 2), np.float32),
            scores=np.zeros(0, np.float32),
        )

    def __getitem__(self, keep: NDArray) -> Detections:
        return Detections(
            boxes_xyxy=self.boxes_xyxy[keep], landmarks_xy=self.landmarks_xy[keep], scores=self.scores[keep]
        )

    def scaled(self, factor_x: float, factor_y: float) -> Detections:
        """The same faces in a picture ``factor`` times as large."""
        xy = np.array([factor_x, factor_y], np.float32)
        return Detections(
            boxes_xyxy=self.boxes_xyxy * np.tile(xy, 2),
            landmarks_xy=self.landmarks_xy * xy,
            scores=self.scores,
        )

    def moved(self, x: float, y: float) -> Detections:
        """The same faces in a picture that begins ``(x, y)`` pixels further left and up."""
        xy = np.array([x, y], np.float32)
        return Detections(
            boxes_xyxy=self.boxes_xyxy + np.tile(xy, 2),
            landmarks_xy=self.landmarks_xy + xy,
            scores=self.scores,
        )


FAINT = 0.6  # a face 12 pixels wide gets half of the score that it has when it is looked at closely


class FaceDetector(Protocol):
    """Finds faces and their landmarks in one upright RGB picture."""

    @property
    def num_landmarks(self) -> int:
        """5 or 68."""
        ...

    def detect(self, image: NDArray[np.uint8], *, faint: bool = False) -> Detections:
        """Faces of ``image``, uint8 (H, W, 3) RGB, in its pixels, most certain first.

        Args:
            faint: where it costs nothing, also faces with scores down to :data:`FAINT` of the least that is
                asked for otherwise: for those who look at each once more.
        """
        ...


def suppress_overlaps(boxes_xyxy: NDArray, scores: NDArray, max_iou: float) -> NDArray[np.int64]:
    """Greedy non-maximum suppression: indices of the boxes to keep, most certain first.

    Ties are broken by position in the input, so the result is the same on every machine.
    """
    order = np.argsort(-scores, kind="stable")
    keep: list[int] = []
    while order.size:
        best, order = order[0], order[1:]
        keep.append(int(best))
        order = order[iou(boxes_xyxy[best : best + 1], boxes_xyxy[order])[0] < max_iou]
    return np.array(keep, np.int64)


def iou(a_xyxy: NDArray, b_xyxy: NDArray) -> NDArray[np.float64]:
    """Intersection over union of every box of ``a`` (N, 4) with every box of ``b`` (M, 4): (N, M)."""
    a, b = np.asarray(a_xyxy, np.float64)[:, None], np.asarray(b_xyxy, np.float64)[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    overlap = np.clip(sides, 0, None).prod(axis=-1)
    area_a, area_b = (np.clip(x[..., 2:] - x[..., :2], 0, None).prod(axis=-1) for x in (a, b))
    union = area_a + area_b - overlap
    return np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)
