"""Portraits as extraction would see them: detected, aligned, cropped. For the benchmarks."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from seqfer.faces.align import similarity_to_template
from seqfer.faces.centerface import CenterFace


def aligned_face(
    detector: CenterFace, picture: NDArray[np.uint8], *, size: int = 112, side: int = 480
) -> NDArray[np.uint8] | None:
    """The one face of a portrait.

    Args:
        picture: uint8 (H, W, 3) BGR, as OpenCV reads it.
        size: of the crop, pixels.
        side: the detector sees the picture at most this large, pixels.

    Returns:
        uint8 (size, size, 3) RGB; None where no face is found.
    """
    rgb = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    scale = min(1.0, side / max(rgb.shape[:2]))
    faces = detector.detect(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    if not len(faces):
        return None
    points = (faces.landmarks_xy[0].astype(float) + 0.5) / scale - 0.5
    return cv2.warpAffine(rgb, similarity_to_template(points, size), (size, size), flags=cv2.INTER_LINEAR)
