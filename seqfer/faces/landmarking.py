"""Dense landmarks: a second pass over faces whose place is settled, many at a time.

The first pass finds and follows faces. Its boxes, one for each face in each frame, give square cut-outs
(:func:`crop_matrices`, ``frame.crop``); a :class:`Landmarker` takes those of many frames and faces in one
batch; :func:`in_picture` takes its points back to where the cut-outs came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

TIGHT_BOXES = 165.0  # reference scale of boxes as CenterFace and YuNet give, brows to chin
LOOSE_BOXES = 195.0  # … and as S3FD and BlazeFace give
_SIDE_TO_BOX = (
    200.0  # a cut-out's side is this, over the reference scale, times the box's width plus height …
)
_UP = 0.12  # … and its centre above the box's by this much of its height


@dataclass(frozen=True, kw_only=True, eq=False)
class Landmarks:
    """The points of N faces.

    Attributes:
        points_xy: float32 (N, 68, 2), iBUG 300-W, pixels of the cut-out (pixel centres at integers).
        scores: float32 (N, 68), 0 to 1: how sure the network is of each point.
    """

    points_xy: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __post_init__(self) -> None:
        n = len(self.points_xy)
        if self.points_xy.shape != (n, 68, 2) or self.scores.shape != (n, 68):
            shapes = (self.points_xy.shape, self.scores.shape)
            raise ValueError(f"points_xy and scores must be (N, 68, 2) and (N, 68), got {shapes}")

    def __len__(self) -> int:
        return len(self.points_xy)

    @property
    def confidences(self) -> NDArray[np.float32]:
        """float32 (N,), 0 to 1: mean score of a face's points."""
        return self.scores.mean(axis=1)


class Landmarker(Protocol):
    """Finds the points of faces that are already cut out."""

    @property
    def side(self) -> int:
        """Width and height of the cut-outs it takes, pixels."""
        ...

    def landmarks(self, pictures: NDArray[np.uint8]) -> Landmarks:
        """Points of ``pictures``, uint8 (N, side, side, 3) RGB, one face in each, in any order and number."""
        ...


def crop_matrices(boxes_xyxy: ArrayLike, side: int, *, reference_scale: float) -> NDArray[np.float64]:
    """Warps from the picture to square cut-outs as ``face-alignment`` frames them.

    Args:
        boxes_xyxy: (N, 4) face boxes, pixels of the upright picture.
        side: of the cut-outs, pixels.
        reference_scale: of the detector: :data:`TIGHT_BOXES` or :data:`LOOSE_BOXES`.

    Returns:
        float64 (N, 2, 3), as ``cv2.warpAffine`` and ``Frame.crop`` take them.

    Raises:
        ValueError: boxes of another shape or without extent.
    """
    boxes = np.asarray(boxes_xyxy, np.float64)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"boxes_xyxy must be (N, 4), got {boxes.shape}")
    size_wh = boxes[:, 2:] - boxes[:, :2]
    if not (np.isfinite(boxes).all() and (size_wh > 0).all()):
        raise ValueError("boxes_xyxy must be finite and have an extent")
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    centre[:, 1] -= _UP * size_wh[:, 1]
    zoom = side * reference_scale / (_SIDE_TO_BOX * size_wh.sum(axis=1))
    matrices = np.zeros((len(boxes), 2, 3))
    matrices[:, 0, 0] = matrices[:, 1, 1] = zoom
    # Boxes and sides run from edge to edge; pixel centres sit half a pixel in, on either side of the warp.
    matrices[:, :, 2] = zoom[:, None] * (0.5 - centre) + side / 2 - 0.5
    return matrices


def in_picture(points_xy: ArrayLike, matrices: ArrayLike) -> NDArray[np.float32]:
    """Points of cut-outs (N, L, 2) in pixels of the pictures that ``matrices`` (N, 2, 3) cut them from."""
    matrices = np.asarray(matrices, np.float64)
    linear, shift = matrices[:, :, :2], matrices[:, :, 2]
    centred = np.asarray(points_xy, np.float64) - shift[:, None]
    return (centred @ np.linalg.inv(linear).transpose(0, 2, 1)).astype(np.float32)
