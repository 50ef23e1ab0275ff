"""The box detectors of the ``face-alignment`` package, and their boxes with 68 points."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import WeightsError
from .detection import Detections
from .hub import fetched
from .landmarking import Landmarker, crop_matrices, in_picture

BOX_DETECTORS = ("sfd", "blazeface", "scrfd", "yunet", "dlib", "retinaface")


_SFD_FILE = "s3fd-619a316812.pth"
_SFD_URL = f"https://www.adrianbulat.com/downloads/python-fan/{_SFD_FILE}"
_SFD_SHA256 = "619a31681264d3f7f7fc7a16a42cbbe8b23f31a256f75a366e5a1bcd59b33543"


def _package_must_not_fetch() -> None:
    """What the package fetches by itself is held against no digest."""

    def refuse(url: str, *_: object, **__: object) -> None:
        raise WeightsError(url, "its digest is not known to seqfer; get it yourself")

    vars(importlib.import_module("face_alignment.utils"))["download_url_to_file"] = refuse


class BoxDetector:
    """A detector of the ``face-alignment`` package: boxes only, so it needs :class:`FanLandmarks`.

    Args:
        name: one of :data:`BOX_DETECTORS`.
        weights: its weights file; None looks in PyTorch's hub cache (``sfd`` is fetched, others are not).
        device: as PyTorch names it.
        min_score: faces below this score (0 to 1) are dropped.

    Raises:
        WeightsError: no weights to be had, not the right ones, or a package it needs is missing.
    """

    num_landmarks = 5

    def __init__(
        self, name: str, *, weights: Path | None = None, device: str = "cpu", min_score: float = 0.5
    ) -> None:
        options: dict[str, Any] = {}
        if weights is not None:
            if not Path(weights).is_file():
                raise WeightsError(weights, "no such weights file")
            options["path_to_detector"] = str(weights)
            if name == "blazeface":
                options["path_to_anchor"] = str(Path(weights).with_name("anchors.npy"))
        elif name == "sfd":
            options["path_to_detector"] = str(fetched(_SFD_URL, _SFD_FILE, _SFD_SHA256))
        try:
            _package_must_not_fetch()
            module = importlib.import_module(f"face_alignment.detection.{name}")
            self._detector = module.FaceDetector(device=device, verbose=False, **options)
        except Exception as error:
            where = weights or f"face-alignment's detector {name!r}"
            raise WeightsError(
                where,
                f"cannot be loaded ({type(error).__name__}: {error}); give the path of its weights, "
                "or put them into PyTorch's hub cache",
            ) from error
        self._min_score = min_score
        self.reference_scale = float(self._detector.reference_scale)

    def detect(self, image: NDArray[np.uint8], *, faint: bool = False) -> Detections:
        """Boxes and scores; ``landmarks_xy`` is all zero, ``faint`` means nothing."""
        rows = [np.asarray(r, np.float32) for r in self._detector.detect_from_image(image)]
        rows = sorted((r for r in rows if r[-1] >= self._min_score), key=lambda r: -r[-1])
        if not rows:
            return Detections.none()
        return Detections(
            boxes_xyxy=np.stack([r[:4] for r in rows]),
            landmarks_xy=np.zeros((len(rows), 5, 2), np.float32),
            scores=np.array([r[-1] for r in rows], np.float32),
        )


class FanLandmarks:
    """68 points by a landmarker on a detector's boxes, which alone do not tell how a face is turned.

    Detectors that find five points are followed by these, and have the 68 found afterwards
    (:mod:`seqfer.faces.dense`).

    Args:
        boxes: where the faces are.
        landmarker: finds the points of faces cut out as FAN wants them.
    """

    num_landmarks = 68

    def __init__(self, boxes: BoxDetector, landmarker: Landmarker) -> None:
        self._boxes = boxes
        self._landmarker = landmarker
        self._reference_scale = boxes.reference_scale

    def detect(self, image: NDArray[np.uint8], *, faint: bool = False) -> Detections:
        """See :class:`seqfer.faces.detection.FaceDetector`."""
        found = self._boxes.detect(image)  # none faint: each costs half a second without a GPU
        has_extent = (found.boxes_xyxy[:, 2:] > found.boxes_xyxy[:, :2]).all(axis=1)
        found = found[np.flatnonzero(has_extent)]
        if not len(found):
            return Detections.none(68)
        side = self._landmarker.side
        matrices = crop_matrices(found.boxes_xyxy, side, reference_scale=self._reference_scale)
        pictures = np.stack(
            [cv2.warpAffine(image, m, (side, side), flags=cv2.INTER_LINEAR) for m in matrices]
        )
        points = self._landmarker.landmarks(pictures).points_xy
        return Detections(
            boxes_xyxy=found.boxes_xyxy, landmarks_xy=in_picture(points, matrices), scores=found.scores
        )
