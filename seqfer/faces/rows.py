"""A block of settled rows of one face track, on its way from the tracker into a store."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..timeline import check_shapes
from .quality import QUALITY_COLUMNS, measure


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackRows:
    """Consecutive frames of one face track.

    Attributes:
        track_id: number of the track in its video.
        frame_indices: int64 (T,), strictly rising.
        pts_seconds: float64 (T,), seconds.
        boxes_xyxy: float32 (T, 4), pixels.
        landmarks_xy: float32 (T, L, 2), pixels.
        scores: float32 (T,), 0 to 1.
        interpolated: bool (T,).
        crops: uint8 (T, S, S, 3), RGB.
        quality: float32 (T, Q), columns as :data:`seqfer.faces.quality.QUALITY_COLUMNS`.
    """

    track_id: int
    frame_indices: NDArray[np.int64]
    pts_seconds: NDArray[np.float64]
    boxes_xyxy: NDArray[np.float32]
    landmarks_xy: NDArray[np.float32]
    scores: NDArray[np.float32]
    interpolated: NDArray[np.bool_]
    crops: NDArray[np.uint8]
    quality: NDArray[np.float32]

    def __post_init__(self) -> None:
        t = len(self.frame_indices)
        points = self.landmarks_xy.shape[1] if self.landmarks_xy.ndim == 3 else 5
        side = self.crops.shape[1] if self.crops.ndim == 4 else 0
        check_shapes(
            self,
            {
                "frame_indices": (t,),
                "pts_seconds": (t,),
                "boxes_xyxy": (t, 4),
                "landmarks_xy": (t, points, 2),
                "scores": (t,),
                "interpolated": (t,),
                "crops": (t, side, side, 3),
                "quality": (t, len(QUALITY_COLUMNS)),
            },
        )

    def __len__(self) -> int:
        return len(self.frame_indices)

    @classmethod
    def build(
        cls,
        *,
        track_id: int,
        frame_indices: ArrayLike,
        pts_seconds: ArrayLike,
        boxes_xyxy: ArrayLike,
        landmarks_xy: ArrayLike,
        scores: ArrayLike,
        interpolated: ArrayLike,
        crops: ArrayLike,
        frame_size: tuple[int, int],
    ) -> TrackRows:
        """Rows from what was found, with the types they are kept in and their quality measured.

        Args:
            frame_size: width and height of the upright picture; the others are the attributes, (T, …).

        Raises:
            ValueError: shapes that do not go together, or landmarks of a row all in one place.
        """
        pictures = np.asarray(crops, np.uint8)
        return cls(
            track_id=track_id,
            frame_indices=np.asarray(frame_indices, np.int64),
            pts_seconds=np.asarray(pts_seconds, np.float64),
            boxes_xyxy=np.asarray(boxes_xyxy, np.float32),
            landmarks_xy=np.asarray(landmarks_xy, np.float32),
            scores=np.asarray(scores, np.float32),
            interpolated=np.asarray(interpolated, np.bool_),
            crops=pictures,
            quality=measure(pictures, landmarks_xy, frame_size).table,
        )

    @classmethod
    def concatenate(cls, blocks: list[TrackRows]) -> TrackRows:
        """Several blocks of one track as one."""
        names = [name for name in cls.__dataclass_fields__ if name != "track_id"]
        columns = {name: np.concatenate([getattr(b, name) for b in blocks]) for name in names}
        return cls(track_id=blocks[0].track_id, **columns)
