"""68 points for faces that are followed by five, many frames and faces at a time.

Where a face is, how large and how tilted, is known in every frame by the time its rows are settled; what a
landmarker adds is the shape. So shapes are kept in the face's own frame (the alignment template), go linearly
from one look to the next there, and ride on the five points back into the picture: one look a second is a
thirtieth of the work of looking at every frame, and crops are aligned as they are without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .align import similarity_to_template
from .landmarking import TIGHT_BOXES, Landmarker, crop_matrices, in_picture
from .looking import PictureFrame


@dataclass(frozen=True, kw_only=True, eq=False)
class Shape:
    """The points of a face in its own frame at one moment.

    Attributes:
        pts_seconds: the moment.
        points: float64 (68, 2), fractions of the template's side.
    """

    pts_seconds: float
    points: NDArray[np.float64]


class DenseLandmarks:
    """Looks at faces again, for 68 points.

    Args:
        landmarker: finds the points of faces that are cut out.
        per_second: how often each face is looked at; 0 is in every frame.
    """

    def __init__(self, landmarker: Landmarker, *, per_second: float) -> None:
        self._landmarker = landmarker
        self.interval_seconds = 1 / per_second if per_second > 0 else 0.0

    def cut_out(self, frame: PictureFrame, box_xyxy: NDArray[np.float64]) -> NDArray[np.uint8]:
        """The face in a box (4,), pixels, as the landmarker wants it: uint8 (side, side, 3)."""
        return frame.crop(self._matrices(box_xyxy[None])[0], self._landmarker.side)

    def points(
        self,
        pts_seconds: NDArray[np.float64],
        boxes_xyxy: NDArray[np.float64],
        landmarks_xy: NDArray[np.float64],
        cut_outs: Sequence[NDArray[np.uint8] | None],
        before: Shape | None,
    ) -> tuple[NDArray[np.float64], Shape]:
        """Points of consecutive rows of one track, at least one of which was cut out or has one before it.

        Args:
            pts_seconds, boxes_xyxy, landmarks_xy: (T,), (T, 4), (T, 5, 2) of the rows.
            cut_outs: of the rows that are to be looked at; None for the others.
            before: the last look at the track, if there was one.

        Returns:
            float64 (T, 68, 2), pixels of the picture, and the last look.
        """
        looked = [i for i, picture in enumerate(cut_outs) if picture is not None]
        to_template = similarity_to_template(landmarks_xy, 1)
        shapes = [] if before is None else [before]
        if looked:
            pictures = np.stack([picture for picture in cut_outs if picture is not None])
            found = self._landmarker.landmarks(pictures).points_xy
            seen = in_picture(found, self._matrices(boxes_xyxy[looked])).astype(np.float64)
            linear, shift = to_template[looked, :, :2], to_template[looked, :, 2]
            framed = seen @ linear.transpose(0, 2, 1) + shift[:, None]
            shapes += [
                Shape(pts_seconds=float(pts_seconds[i]), points=points)
                for i, points in zip(looked, framed, strict=True)
            ]
        shape = _between(shapes, pts_seconds)
        back = np.linalg.inv(to_template[..., :2])
        return (shape - to_template[:, None, :, 2]) @ back.transpose(0, 2, 1), shapes[-1]

    def _matrices(self, boxes_xyxy: NDArray[np.float64]) -> NDArray[np.float64]:
        return crop_matrices(boxes_xyxy, self._landmarker.side, reference_scale=TIGHT_BOXES)


def _between(shapes: Sequence[Shape], pts_seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shapes at the given times, linearly from each to the next, the first and last for what lies beyond."""
    times, points = np.array([s.pts_seconds for s in shapes]), np.stack([s.points for s in shapes])
    right = np.clip(np.searchsorted(times, pts_seconds), 1, max(1, len(times) - 1))
    if len(times) == 1:
        return np.repeat(points, len(pts_seconds), axis=0)
    w = (pts_seconds - times[right - 1]) / (times[right] - times[right - 1])
    w = np.clip(w, 0, 1)[:, None, None]
    return (1 - w) * points[right - 1] + w * points[right]
