"""How a stored picture must be turned (and mirrored) to stand upright.

Phones store the sensor's picture and a display matrix beside it. The eight upright-able cases are
written as one optional transposition followed by optional flips, which is both cheap to apply to an
array and trivial to compose with a warp. Tapes and broadcasts store pixels that are not square: those are
first stretched (never shrunk) in the direction in which they are too short, or faces would look squeezed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Orientation:
    """Stored picture to upright picture of square pixels: stretch first, then transpose, then flip.

    Attributes:
        pixel_aspect: width of a stored pixel over its height.
        transpose: rows become columns.
        flip_x: mirror left and right, after the transposition.
        flip_y: mirror top and bottom, after the transposition.
    """

    pixel_aspect: float = 1.0
    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @classmethod
    def from_display_matrix(cls, data: bytes, pixel_aspect: float = 1.0) -> Orientation:
        """From the nine big numbers of an ISO 14496-12 track matrix, as FFmpeg hands them on.

        Turns that are no multiple of 90 degrees go to the nearest one, as players do.
        """
        a, b, _, c, d = np.frombuffer(data, np.int32, count=5).tolist()
        if abs(b) > abs(a):
            return cls(pixel_aspect=pixel_aspect, transpose=True, flip_x=c < 0, flip_y=b < 0)
        return cls(pixel_aspect=pixel_aspect, flip_x=a < 0, flip_y=d < 0)

    @property
    def rotation_degrees(self) -> int:
        """Clockwise turn of the stored picture, 0, 90, 180 or 270 (a mirror image not counted)."""
        if self.transpose:
            return 90 if self.flip_x else 270
        return 180 if self.flip_y else 0

    def stretched(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) of a stored picture when its pixels are made square."""
        if self.pixel_aspect >= 1:
            return round(width * self.pixel_aspect), height
        return width, round(height / self.pixel_aspect)

    def turned(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) after, or before, turning alone."""
        return (height, width) if self.transpose else (width, height)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) of the upright picture that a stored one becomes."""
        return self.turned(*self.stretched(width, height))

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """``image`` (H, W) or (H, W, C) turned, not stretched; a contiguous copy unless upright already."""
        if self.transpose:
            image = cv2.transpose(image)
        if self.flip_x or self.flip_y:
            image = cv2.flip(image, -1 if self.flip_x and self.flip_y else 1 if self.flip_x else 0)
        return image

    def matrix(self, width: int, height: int) -> NDArray[np.float64]:
        """float64 (3, 3): stored pixel to upright pixel (centres at integers) of a stored (width, height)."""
        return _matrix(self, width, height)


@lru_cache(maxsize=16)  # asked for with every crop
def _matrix(to: Orientation, width: int, height: int) -> NDArray[np.float64]:
    wide, high = to.stretched(width, height)
    x, y = wide / width, high / height
    stretch = np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])
    turned = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]] if to.transpose else np.eye(3), np.float64)
    up_width, up_height = to.size(width, height)
    flip = np.eye(3)
    if to.flip_x:
        flip[0] = -1, 0, up_width - 1
    if to.flip_y:
        flip[1] = 0, -1, up_height - 1
    matrix = flip @ turned @ stretch
    matrix.setflags(write=False)
    return matrix


UPRIGHT = Orientation()
