"""A block of settled rows of one face track, on its way from the tracker into a store."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..timeline import check_shapes


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
    """

    track_id: int
    frame_indices: NDArray[np.int64]
    pts_seconds: NDArray[np.float64]
    boxes_xyxy: NDArray[np.float32]
    landmarks_xy: NDArray[np.float32]
    scores: NDArray[np.float32]
    interpolated: NDArray[np.bool_]
    crops: NDArray[np.uint8]

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
            },
        )

    def __len__(self) -> int:
        return len(self.frame_indices)

    @classmethod
    def concatenate(cls, blocks: list[TrackRows]) -> TrackRows:
        """Several blocks of one track as one."""
        names = [name for name in cls.__dataclass_fields__ if name != "track_id"]
        columns = {name: np.concatenate([getattr(b, name) for b in blocks]) for name in names}
        return cls(track_id=blocks[0].track_id, **columns)
