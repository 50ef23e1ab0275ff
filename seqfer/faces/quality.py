"""What can be measured of each frame of a face: sharpness, light, size, pose, how much of it is there.

All rows of a block at once, for a few hundredths of a millisecond each; a row comes out the same, to the bit,
in whatever block it is. The measures follow those that
ISO/IEC 29794-5:2025 (face image quality) names; what a model should not trust is decided later, and can be
changed without extracting again (:class:`seqfer.decoding.QualityGate`).

Sharpness is that of the picture a model sees: the aligned crop, brought to 56 pixels a side by averaging, so
that it does not depend on the crop's size, and a small face that was enlarged is unsharp. It is the root mean
square of second differences (the modified Laplacian of Nayar & Nakajima 1994, IEEE PAMI 16:824-831)
along the direction of four where it is least, because motion blurs one direction only, over the
standard deviation of the light, so that pale, dark and low-contrast faces are not called unsharp. Noise
counts as sharp: see brightness for that.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .align import similarity_to_template
from .pose import head_pose

_SIDE = 56  # pixels of the picture that is measured: near what models see, and half of the usual crop
_FACE = (0.50, 0.57, 0.28, 0.36)  # centre and half axes of the face's ellipse in the template
_GRID = 16  # places along a side that are tried for being in the picture
_SECOND_DIFFERENCES = (
    ([[0, 0, 0], [-1, 2, -1], [0, 0, 0]], 1),
    ([[0, -1, 0], [0, 2, 0], [0, -1, 0]], 1),
    ([[-1, 0, 0], [0, 2, 0], [0, 0, -1]], 2),  # a diagonal neighbour is √2 away
    ([[0, 0, -1], [0, 2, 0], [-1, 0, 0]], 2),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Quality:
    """Measures of T frames of a face; each attribute is float32 (T,).

    Attributes:
        sharpness: see the module; about 0.3 to 0.5 for a clear face, under 0.1 for a smear.
        brightness: mean luma of the face, 0 to 1.
        contrast: standard deviation of the face's luma, 0 to 0.5.
        eye_distance_pixels: size of the face in the video: between the pupils, as if seen from the front.
        yaw_degrees, pitch_degrees, roll_degrees: see :mod:`seqfer.faces.pose`.
        in_picture: share of the face that is inside the frame, 0 to 1; the rest of the crop repeats the edge.
        fit_error: distance of the landmarks from those of a generic head in the best pose, in distances
            between the eyes; large where the landmarks cannot be those of a face.
    """

    sharpness: NDArray[np.float32]
    brightness: NDArray[np.float32]
    contrast: NDArray[np.float32]
    eye_distance_pixels: NDArray[np.float32]
    yaw_degrees: NDArray[np.float32]
    pitch_degrees: NDArray[np.float32]
    roll_degrees: NDArray[np.float32]
    in_picture: NDArray[np.float32]
    fit_error: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.sharpness)

    @property
    def table(self) -> NDArray[np.float32]:
        """float32 (T, Q), columns as :data:`QUALITY_COLUMNS`."""
        return np.stack([getattr(self, name) for name in QUALITY_COLUMNS], axis=1).astype(np.float32)

    @classmethod
    def from_table(cls, table: NDArray[np.float32]) -> Quality:
        """The measures of a table (T, Q)."""
        return cls(**dict(zip(QUALITY_COLUMNS, np.asarray(table).T, strict=True)))


QUALITY_COLUMNS = tuple(f.name for f in fields(Quality))


def measure(crops: NDArray[np.uint8], landmarks_xy: ArrayLike, frame_size: tuple[int, int]) -> Quality:
    """The quality of T frames.

    Args:
        crops: uint8 (T, S, S, 3), RGB, aligned.
        landmarks_xy: (T, L, 2), pixels of the upright picture; L is 5 or 68.
        frame_size: width and height of that picture.

    Raises:
        ValueError: landmarks of another shape, or all in one place.
    """
    pose = head_pose(landmarks_xy)
    sharpness, brightness, contrast = _light(crops)
    return Quality(
        sharpness=sharpness,
        brightness=brightness,
        contrast=contrast,
        eye_distance_pixels=pose.eye_distance_pixels.astype(np.float32),
        yaw_degrees=pose.yaw_degrees.astype(np.float32),
        pitch_degrees=pose.pitch_degrees.astype(np.float32),
        roll_degrees=pose.roll_degrees.astype(np.float32),
        in_picture=_in_picture(landmarks_xy, frame_size),
        fit_error=pose.fit_error.astype(np.float32),
    )


def _light(crops: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Sharpness, brightness and contrast, float32 (T,) each."""
    t, side = crops.shape[:2]
    # Crops one below the other are one tall picture to OpenCV; the face does not reach the edges.
    grey = cv2.cvtColor(crops.reshape(t * side, side, 3), cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, (_SIDE, t * _SIDE), interpolation=cv2.INTER_AREA)
    window, face = _face_window()
    grey = np.ascontiguousarray(grey.reshape(t, _SIDE, _SIDE)[:, *window])
    grey = grey.reshape(-1, grey.shape[2])
    pixels = face.sum()
    # Whole numbers in float64: sums are exact, so the order in which BLAS adds does not show.
    values = grey.astype(np.float64)
    total = values.reshape(t, -1) @ face
    np.square(values, out=values)
    mean = total / pixels
    spread = np.sqrt(np.maximum(pixels * (values.reshape(t, -1) @ face) - total**2, 0)) / pixels
    least = np.full(t, np.inf)
    for kernel, step_squared in _SECOND_DIFFERENCES:
        cv2.filter2D(grey, cv2.CV_64F, np.array(kernel, np.float64), dst=values)
        np.square(values, out=values)
        least = np.minimum(least, values.reshape(t, -1) @ face / step_squared**2)
    # A level of grey at least: what is flatter has no detail.
    sharpness = np.sqrt(least / pixels) / np.maximum(spread, 1)
    return sharpness.astype(np.float32), (mean / 255).astype(np.float32), (spread / 255).astype(np.float32)


def _in_picture(landmarks_xy: ArrayLike, frame_size: tuple[int, int]) -> NDArray[np.float32]:
    """Share of the places of the face's ellipse that are inside the frame, float32 (T,)."""
    to_crop = similarity_to_template(landmarks_xy, 1)
    # As complex numbers, crop = a · picture + b. Pixel centres are at integers: edges are half a pixel out.
    a, b = to_crop[:, 0, 0] + 1j * to_crop[:, 1, 0], to_crop[:, 0, 2] + 1j * to_crop[:, 1, 2]
    places = (_face_places()[None] - (0.5 + 0.5j) - b[:, None]) / a[:, None] + (0.5 + 0.5j)
    width, height = frame_size
    inside = (places.real >= 0) & (places.real <= width) & (places.imag >= 0) & (places.imag <= height)
    return inside.mean(axis=1, dtype=np.float32)


@lru_cache
def _face_places() -> NDArray[np.complex128]:
    """Places spread evenly over the face, as fractions of the crop."""
    y, x = (np.mgrid[:_GRID, :_GRID] + 0.5) / _GRID
    return (x + 1j * y)[_in_face(_GRID)]


@lru_cache
def _face_window() -> tuple[tuple[slice, slice], NDArray[np.float64]]:
    """The rows and columns of a picture that hold the face and a rim, and 1 where there it shows, else 0."""
    inside = _in_face(_SIDE)
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    window = (slice(rows[0] - 1, rows[-1] + 2), slice(columns[0] - 1, columns[-1] + 2))
    return window, inside[window].ravel().astype(np.float64)


@lru_cache
def _in_face(side: int) -> NDArray[np.bool_]:
    """The pixels of a crop that show the face: bool (side, side)."""
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    left, top, across, down = _FACE
    return ((x - left) / across) ** 2 + ((y - top) / down) ** 2 <= 1
