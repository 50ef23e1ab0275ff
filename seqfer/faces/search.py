"""Searching frames for faces that are not known yet: only where something has changed, within a budget."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .changes import ChangeMap
from .detection import Detections, FaceDetector
from .looking import reduced, scan
from .pursuit import Held
from .tracking import TrackingConfig

_COARSE = 2  # how much smaller a picture is, to each side, that is searched coarsely
_SMALL_AREA = 0.25  # of the picture: up to this, it is searched finely
_RECHECK_SECONDS = 20.0  # the whole picture is searched finely at least this often, changed or not …
_MOVING_SECONDS = 3.0  # … and where much of it was searched but coarsely, after this long
_MOVING_PIXELS = 30_000  # … but no more of it in a second than this, as the detector sees it


@dataclass(frozen=True, kw_only=True, eq=False)
class Area:
    """What to search in a frame.

    Attributes:
        box_xyxy: float64 (4,), pixels.
        is_whole: it is the whole frame.
        is_coarse: faces twice as large as usual will do.
        cost: of what the budget has, in coarse searches of whole pictures.
    """

    box_xyxy: NDArray[np.float64]
    is_whole: bool
    is_coarse: bool
    cost: float


class Search:
    """Decides what to search, and searches.

    Args:
        detector: finds faces in one picture.
        config: how small a face, how large a picture, how often.
        size: (width, height) of the frames, pixels.
    """

    def __init__(self, detector: FaceDetector, config: TrackingConfig, size: tuple[int, int]) -> None:
        self._detector = detector
        self._config = config
        self._whole = np.array([0, 0, *size], np.float64)
        self._changes = ChangeMap(size)
        self._budget = 1.0
        self._asked: float | None = None
        self._finely: float | None = None  # when the whole picture was searched finely
        self._was_coarse = False  # a search since then
        pixels = math.prod(reduced(size, config.detection_side, config.smallest_face))
        self._moving_seconds = min(_RECHECK_SECONDS, max(_MOVING_SECONDS, pixels / _MOVING_PIXELS))

    def area(self, held: Held, known_xyxy: NDArray[np.float64]) -> Area | None:
        """What to search in a frame; None if nothing is new, or there was too much of it lately.

        Args:
            known_xyxy: (N, 4), faces that are followed anyway.
        """
        now = held.frame.pts_seconds
        elapsed = now - self._asked if self._asked is not None else 0.0
        self._asked = now
        self._budget = min(1.0, self._budget + elapsed * self._config.scans_per_second)
        fine_cost = float(_COARSE**2)
        recheck_seconds = self._moving_seconds if self._was_coarse else _RECHECK_SECONDS
        if self._finely is None or now - self._finely >= recheck_seconds:
            # Where much changes it also does what a coarse search would do now.
            cost = self._budget if self._was_coarse else 0.0
            return Area(box_xyxy=self._whole, is_whole=True, is_coarse=False, cost=cost)
        box = self._changes.region(held.small, known_xyxy)
        share = float(np.prod(box[2:] - box[:2]) / np.prod(self._whole[2:]))
        is_coarse = share > _SMALL_AREA
        cost = share if is_coarse else share * fine_cost
        if not 0 < cost <= self._budget:
            return None
        return Area(box_xyxy=box, is_whole=share == 1, is_coarse=is_coarse, cost=cost)

    def run(self, held: Held, area: Area) -> Detections:
        """All faces of the area, roughly."""
        self._budget -= area.cost
        self._changes.search(held.small, area.box_xyxy)
        self._was_coarse |= area.is_coarse
        if area.is_whole and not area.is_coarse:
            self._finely, self._was_coarse = held.frame.pts_seconds, False
        return scan(
            held.frame,
            self._detector,
            side=self._config.detection_side,
            smallest_face=self._config.smallest_face * (_COARSE if area.is_coarse else 1),
            region_xyxy=None if area.is_whole else area.box_xyxy,
        )

    def change_at(self, before: Held, now: Held, boxes_xyxy: NDArray[np.float64]) -> float:
        """How much the picture at the boxes (N, 4) is another than before: the most, mean grey levels."""
        return self._changes.change_at(before.small, now.small, boxes_xyxy)
