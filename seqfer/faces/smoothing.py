"""Landmarks between and at detections: no lag, because both sides are known, and less jitter.

Detectors place landmarks anew in each frame and are off by a percent or so of the face, differently
each time. At a detection the points are averaged with the detections before and after it, weighted in
time and, as a bilateral filter does (Tomasi & Manduchi 1998), by how far the face has really moved:
standing faces are steadied, moving ones are left alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .align import five_points
from .linking import Sighting

_TIME_SCALE_SECONDS = 0.25
_MOTION_SCALE = 0.06  # of the distance between the eyes and the mouth


def steadied(before: Sighting | None, here: Sighting, after: Sighting | None) -> NDArray[np.float64]:
    """Landmarks of ``here``, float64 (L, 2), steadied by its neighbours (None where there is none)."""
    points = five_points(here.landmarks_xy)
    scale = max(1e-6, float(np.linalg.norm(points[3:].mean(0) - points[:2].mean(0))))
    total, weight = here.landmarks_xy.copy(), 1.0
    for other in (before, after):
        if other is None:
            continue
        moved = np.linalg.norm(five_points(other.landmarks_xy) - points, axis=1).mean() / scale
        elapsed = abs(other.pts_seconds - here.pts_seconds)
        w = float(np.exp(-0.5 * ((elapsed / _TIME_SCALE_SECONDS) ** 2 + (moved / _MOTION_SCALE) ** 2)))
        total += w * other.landmarks_xy
        weight += w
    return total / weight
