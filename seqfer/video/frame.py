"""One decoded frame, upright, with its time; and a batch of RGB frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .orientation import UPRIGHT, Orientation
from .picture import Picture


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """One displayed frame. Every method speaks of the *upright* picture, pixel centres at integers.

    A frame owns (or keeps alive) its pixels: it may be buffered for as long as memory allows.

    Attributes:
        frame_index: 0 for the first displayed frame, in order of display.
        pts_seconds: presentation time, zero at the first displayed frame, strictly rising.
        picture: the stored pixels, as decoded.
        orientation: how they stand upright.
        is_damaged: pieces of the picture are missing, or what came right before it could not be read.
    """

    frame_index: int
    pts_seconds: float
    picture: Picture
    orientation: Orientation = UPRIGHT
    is_damaged: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the upright picture."""
        return self.orientation.size(*self.picture.size)

    def grey(self, width: int, height: int) -> NDArray[np.uint8]:
        """Luminance, uint8 (height, width), 0 black to 255 white whatever range the stream uses."""
        return self.orientation.apply(self.picture.grey(*self.orientation.turned(width, height)))

    def rgb_resized(self, width: int, height: int) -> NDArray[np.uint8]:
        """uint8 (height, width, 3) RGB, by area averaging."""
        return self.orientation.apply(self.picture.rgb_resized(*self.orientation.turned(width, height)))

    def rgb(self) -> NDArray[np.uint8]:
        """The whole frame, uint8 (H, W, 3) RGB. Costly: see the other methods first."""
        size = self.orientation.stretched(*self.picture.size)
        whole = self.picture.rgb() if size == self.picture.size else self.picture.rgb_resized(*size)
        return self.orientation.apply(whole)

    def crop(self, matrix: ArrayLike, size: int) -> NDArray[np.uint8]:
        """A square cut-out through an affine warp, anti-aliased, uint8 (size, size, 3) RGB.

        Args:
            matrix: (2, 3), upright picture pixel to crop pixel, as ``cv2.warpAffine`` takes it.
            size: side of the crop, pixels.

        Raises:
            ValueError: the matrix is of another shape, singular or not finite.
        """
        to_crop = np.asarray(matrix, np.float64)
        if to_crop.shape != (2, 3):
            raise ValueError(f"matrix must be (2, 3), got {to_crop.shape}")
        stored = to_crop @ self.orientation.matrix(*self.picture.size)
        return self.picture.warp(stored, size, size)


@dataclass(frozen=True, kw_only=True, eq=False)
class FrameBatch:
    """Whole RGB frames.

    Attributes:
        data: uint8 (N, H, W, 3), upright.
        frame_indices: int64 (N,).
        pts_seconds: float64 (N,), see :class:`Frame`.

    Raises:
        ValueError: shapes that do not agree.
    """

    data: NDArray[np.uint8]
    frame_indices: NDArray[np.int64]
    pts_seconds: NDArray[np.float64]

    def __post_init__(self) -> None:
        n = len(self.data)
        shapes = (self.data.shape, self.frame_indices.shape, self.pts_seconds.shape)
        if self.data.ndim != 4 or shapes[0][3] != 3 or shapes[1:] != ((n,), (n,)):
            raise ValueError(
                f"data, frame_indices, pts_seconds must be (N, H, W, 3), (N,), (N,), got {shapes}"
            )

    def __len__(self) -> int:
        return len(self.data)
