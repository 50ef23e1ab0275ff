"""One stored picture, as planes of luma and chroma or as RGB, and the few ways to look at it.

Turning whole frames into RGB is the waste of naive readers: the detector wants a small picture, the
models a face. Both are made here from the planes: reduce or warp first, convert the little that is left.
Nothing here knows of rotation flags: coordinates are those of the *stored* picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from .colour import grey_levels, yuv_to_rgb


class Picture(Protocol):
    """What :class:`seqfer.video.Frame` needs of a stored picture."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        ...

    def grey(self, width: int, height: int) -> NDArray[np.uint8]:
        """Luminance, uint8 (height, width), full range; tiny ones from a sample of the pixels."""
        ...

    def rgb_resized(self, width: int, height: int) -> NDArray[np.uint8]:
        """uint8 (height, width, 3) RGB."""
        ...

    def rgb(self) -> NDArray[np.uint8]:
        """uint8 (H, W, 3) RGB."""
        ...

    def warp(self, matrix: NDArray[np.float64], width: int, height: int) -> NDArray[np.uint8]:
        """uint8 (height, width, 3) RGB through ``matrix`` (2, 3), stored pixel to result pixel."""
        ...


# Chroma sample to luma pixel: see :meth:`YuvPicture._chroma_matrix`.
_LEVEL = np.array([[2.0, 0.0, 0.0], [0.0, 2.0, 0.5], [0.0, 0.0, 1.0]])
_CENTRED = np.array([[2.0, 0.0, 0.5], [0.0, 2.0, 0.5], [0.0, 0.0, 1.0]])


@dataclass(frozen=True, kw_only=True, eq=False)
class YuvPicture:
    """Planar 8-bit 4:2:0.

    Attributes:
        y: uint8 (H, W).
        u, v: uint8 (ceil(H/2), ceil(W/2)).
        matrix: H.273 matrix number, see :func:`seqfer.video.colour.matrix_for`.
        full_range: luma runs over 0 to 255, not 16 to 235.
    """

    y: NDArray[np.uint8]
    u: NDArray[np.uint8]
    v: NDArray[np.uint8]
    matrix: int
    full_range: bool

    def __post_init__(self) -> None:
        height, width = self.y.shape
        wanted = ((height + 1) // 2, (width + 1) // 2)
        if self.u.shape != wanted or self.v.shape != wanted:
            got = f"{self.u.shape} and {self.v.shape}"
            raise ValueError(f"4:2:0 chroma of a {width}x{height} picture must be {wanted}, got {got}")

    @property
    def size(self) -> tuple[int, int]:
        return self.y.shape[1], self.y.shape[0]

    def grey(self, width: int, height: int) -> NDArray[np.uint8]:
        return cv2.LUT(_sampled(self.y, width, height), grey_levels(self.full_range))

    def rgb_resized(self, width: int, height: int) -> NDArray[np.uint8]:
        # Chroma is sited half a stored pixel to the left of where this puts it: invisible when reduced.
        return self._to_rgb([_resize(plane, width, height) for plane in (self.y, self.u, self.v)])

    def rgb(self) -> NDArray[np.uint8]:
        width, height = self.size
        onto = self._chroma_matrix(np.eye(2, 3))
        u, v = (warp_plane(plane, onto, width, height) for plane in (self.u, self.v))
        return self._to_rgb([self.y, u, v])

    def warp(self, matrix: NDArray[np.float64], width: int, height: int) -> NDArray[np.uint8]:
        chroma = self._chroma_matrix(matrix)
        y = warp_plane(self.y, matrix, width, height)
        return self._to_rgb([y, *(warp_plane(plane, chroma, width, height) for plane in (self.u, self.v))])

    def _chroma_matrix(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """``matrix`` as it acts on chroma samples, which stand for 2x2 pixels.

        MPEG-2, H.264 and their kin put them level with the left column, JPEG (full range) in the middle;
        both half-way between the rows.
        """
        return matrix @ (_CENTRED if self.full_range else _LEVEL)

    def _to_rgb(self, planes: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        return cv2.transform(cv2.merge(planes), yuv_to_rgb(self.matrix, self.full_range))


@dataclass(frozen=True, kw_only=True, eq=False)
class RgbPicture:
    """Packed RGB, as stills, GIF and the decord reader give it.

    Attributes:
        data: uint8 (H, W, 3).
    """

    data: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.data.ndim != 3 or self.data.shape[2] != 3 or self.data.dtype != np.uint8:
            raise ValueError(f"RGB must be uint8 (H, W, 3), got {self.data.dtype} {self.data.shape}")

    @property
    def size(self) -> tuple[int, int]:
        return self.data.shape[1], self.data.shape[0]

    def grey(self, width: int, height: int) -> NDArray[np.uint8]:
        return cv2.cvtColor(_sampled(self.data, width, height), cv2.COLOR_RGB2GRAY)

    def rgb_resized(self, width: int, height: int) -> NDArray[np.uint8]:
        small = _resize(self.data, width, height)
        return self.rgb() if small is self.data else small

    def rgb(self) -> NDArray[np.uint8]:
        return self.data.copy()  # who draws on it must not draw on the frame

    def warp(self, matrix: NDArray[np.float64], width: int, height: int) -> NDArray[np.uint8]:
        return warp_plane(self.data, matrix, width, height)


def _resize(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Anti-aliased reduction (or enlargement); ``image`` itself where nothing is to be done."""
    if width > image.shape[1] or height > image.shape[0]:
        # Averaging over areas, the right choice for reduction, is blocky for enlargement.
        return cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    # OpenCV averages 2x2 pixels many times faster than any other area: go there in such steps.
    h, w = image.shape[:2]
    while w >= 4 * width and h >= 4 * height and w % 2 == 0 and h % 2 == 0:
        w, h = w // 2, h // 2
        image = cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA)
    return (
        image
        if (w, h) == (width, height)
        else cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    )


def _sampled(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """As :func:`_resize`, but a strong reduction looks at 32 pixels for each of its own, not at all."""
    if image.shape[1] >= 8 * width and image.shape[0] >= 8 * height:
        image = cv2.resize(image, (4 * width, 2 * height), interpolation=cv2.INTER_LINEAR)
    return _resize(image, width, height)


def warp_plane(
    plane: NDArray[np.uint8], matrix: NDArray[np.float64], width: int, height: int
) -> NDArray[np.uint8]:
    """Affine warp that reads only the region it needs and does not alias.

    Where the result is smaller than its region by a factor of two or more, the region is first averaged
    down by a power of two (OpenCV averages 2x2 pixels ten times faster than any other area), on a grid
    that stays put in the picture, so that a face that drifts does not shimmer. Beyond the picture's edge
    its outermost pixels are repeated: a constant colour would draw a hard line across the crop, which
    networks read as a feature.

    Args:
        plane: uint8 (H, W) or (H, W, C).
        matrix: float64 (2, 3), plane pixel to result pixel, pixel centres at integers.
        width, height: of the result.

    Raises:
        ValueError: the matrix is singular or not finite.
    """
    # Plain floats: this runs for each plane of each crop, and NumPy is slow on six numbers.
    (a, b, c), (d, e, f) = matrix.tolist()
    area = a * e - b * d
    if not math.isfinite(area + c + f) or abs(area) < 1e-12:
        raise ValueError(f"a crop needs a finite, invertible 2x3 matrix, got {matrix.tolist()}")
    ia, ib, id_, ie = e / area, -b / area, -d / area, a / area  # the inverse, result to plane
    ic, if_ = -ia * c - ib * f, -id_ * c - ie * f
    step = 2 ** max(0, math.floor(math.log2(1 / abs(area)) / 2 + 1e-9))
    right, down = width - 1, height - 1
    x0, x1 = _span(ic, ia * right, ib * down, plane.shape[1], step)
    y0, y1 = _span(if_, id_ * right, ie * down, plane.shape[0], step)
    region = plane[y0:y1, x0:x1]
    if step > 1:
        rows, cols = -(-(y1 - y0) // step), -(-(x1 - x0) // step)
        short = rows * step - (y1 - y0), cols * step - (x1 - x0)
        if any(short):
            region = cv2.copyMakeBorder(region, 0, short[0], 0, short[1], cv2.BORDER_REPLICATE)
        for _ in range(step.bit_length() - 1):
            region = cv2.resize(
                region, (region.shape[1] // 2, region.shape[0] // 2), interpolation=cv2.INTER_AREA
            )
    # Sample j of the reduced region is the mean of `step` pixels, centred (step - 1) / 2 past the first.
    middle = (step - 1) / 2
    local = np.array(
        [
            [ia / step, ib / step, (ic - x0 - middle) / step],
            [id_ / step, ie / step, (if_ - y0 - middle) / step],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(region, local, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _span(start: float, along: float, across: float, length: int, step: int) -> tuple[int, int]:
    """Half-open range of samples that a result needs along one axis of its plane, on the grid of steps.

    Args:
        start: where the first corner of the result lies.
        along, across: from there to the next corner to the right, and downwards.
        length: of the plane.
    """
    least = start + min(along, 0.0) + min(across, 0.0)
    most = start + max(along, 0.0) + max(across, 0.0)
    low = min(max(math.floor(least) - step - 1, 0), length - 1)
    high = min(max(math.ceil(most) + step + 2, 1), length)
    low -= low % step
    return low, max(min(high + (low - high) % step, length), low + 1)
