"""Alignment: one similarity warp from five points to a fixed template, for every source of faces.

The five points are, in this order everywhere in seqfer: the eye on the left of the picture, the eye on
the right, the nose tip, the mouth corner on the left, the mouth corner on the right. 68-point
landmarks (the iBUG 300-W scheme) reduce to the same five, so a model trained with one landmark source
serves the others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Where the five points lie in an aligned crop, as fractions of its side (x, y). The proportions are
#: those of the widely used five-point face-recognition template; the face is drawn somewhat smaller
#: than there, so that brows, forehead wrinkles and chin, which carry expression, stay in the crop.
TEMPLATE_NAME = "seqfer-5pt-1"
TEMPLATE = np.array(
    [[0.356, 0.422], [0.644, 0.422], [0.500, 0.587], [0.380, 0.756], [0.620, 0.756]], dtype=np.float64
)

_EYE_LEFT, _EYE_RIGHT = slice(36, 42), slice(42, 48)
_NOSE_TIP, _MOUTH_LEFT, _MOUTH_RIGHT = 30, 48, 54


def five_points(landmarks_xy: ArrayLike) -> NDArray[np.float64]:
    """The five alignment points of 5- or 68-point landmarks.

    Args:
        landmarks_xy: (..., 5, 2) or (..., 68, 2), pixels.

    Returns:
        float64 (..., 5, 2), pixels.

    Raises:
        ValueError: another number of points.
    """
    points = np.asarray(landmarks_xy, dtype=np.float64)
    if points.shape[-2:] == (5, 2):
        return points
    if points.shape[-2:] != (68, 2):
        raise ValueError(f"landmarks_xy must end in (5, 2) or (68, 2), got shape {points.shape}")
    return np.stack(
        [
            points[..., _EYE_LEFT, :].mean(axis=-2),
            points[..., _EYE_RIGHT, :].mean(axis=-2),
            points[..., _NOSE_TIP, :],
            points[..., _MOUTH_LEFT, :],
            points[..., _MOUTH_RIGHT, :],
        ],
        axis=-2,
    )


def similarity_to_template(landmarks_xy: ArrayLike, size: int) -> NDArray[np.float64]:
    """Least-squares similarity (turn, scale, shift; no mirror) from picture pixels to crop pixels.

    Of one face or of many at once.

    Closed form of Umeyama (1991), restricted to proper rotations, which in the plane is one complex
    number: ``crop = a * picture + b``.

    Args:
        landmarks_xy: (..., 5, 2) or (..., 68, 2), pixels of the upright picture (pixel centres at integers).
        size: side of the crop in pixels.

    Returns:
        float64 (..., 2, 3), each as ``cv2.warpAffine`` takes it.

    Raises:
        ValueError: points of another shape, or all of a face in one place.
    """
    source = five_points(landmarks_xy)
    # Fractions of the side meet pixel *edges*; pixel centres sit half a pixel in.
    return similarity(source, TEMPLATE * size - 0.5)


def similarity(source_xy: NDArray[np.float64], target_xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """The similarity that brings points (..., P, 2) nearest to others (P, 2): float64 (..., 2, 3).

    Raises:
        ValueError: all of ``source_xy`` in one place.
    """
    z = source_xy[..., 0] + 1j * source_xy[..., 1]
    w = target_xy[:, 0] + 1j * target_xy[:, 1]
    middle = z.mean(axis=-1, keepdims=True)
    spread = z - middle
    power = np.square(np.abs(spread)).sum(axis=-1)
    if not np.all(np.isfinite(power) & (power > 1e-9)):
        raise ValueError("landmarks_xy are all in one place: no alignment exists")
    a = (spread.conj() * (w - w.mean())).sum(axis=-1) / power
    b = w.mean() - a * middle[..., 0]
    return np.stack([a.real, -a.imag, b.real, a.imag, a.real, b.imag], axis=-1).reshape(*a.shape, 2, 3)


def aligned_landmarks(landmarks_xy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Landmarks (T, L, 2), pixels of the picture, to their places in the aligned crop, fractions of its side.

    Raises:
        ValueError: as :func:`similarity_to_template`.
    """
    warps = similarity_to_template(landmarks_xy, 1)
    points = np.einsum("tij,tlj->tli", warps[..., :2], landmarks_xy) + warps[:, None, :, 2]
    return (points + 0.5).astype(np.float32)


def untilted(landmarks_xy: ArrayLike) -> NDArray[np.float64]:
    """Where the five points would be if the face were upright and as in the template, float64 (5, 2), pixels.

    Args:
        landmarks_xy: (5, 2) or (68, 2), pixels.

    Raises:
        ValueError: points of another shape, or all in one place.
    """
    size = float(np.hypot(*similarity_to_template(landmarks_xy, 1)[:, 0]))  # sides of the template per pixel
    return five_points(landmarks_xy).mean(axis=0) + (TEMPLATE - TEMPLATE.mean(axis=0)) / size
