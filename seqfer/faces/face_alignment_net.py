"""Detectors and the 68-point FAN network of the ``face-alignment`` package, behind seqfer's protocol.

FAN: Bulat & Tzimiropoulos 2017, arXiv:1703.07332. The package's own ``get_landmarks`` goes face by
face; here all faces of a picture go through the network in one batch.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import WeightsError
from .detection import Detections, FaceDetector
from .hub import fetched

BOX_DETECTORS = ("sfd", "blazeface", "scrfd", "yunet", "dlib", "retinaface")
_FAN_URL = "https://www.adrianbulat.com/downloads/python-fan/2DFAN4-11f355bf06.pth.tar"
_FAN_FILE = "2DFAN4-11f355bf06.pth.tar"
_FAN_SIDE = 256
_FAN_BOX_SCALE = 200.0  # FAN was trained on squares of 200/reference_scale times a box's mean side …
_FAN_UP = 0.12  # … moved up by this much of the box's height
_DEFAULT_REFERENCE_SCALE = 165.0  # of tight face boxes, as CenterFace and YuNet give


class BoxDetector:
    """A detector of the ``face-alignment`` package: boxes only, so it needs :class:`FanLandmarks`.

    Args:
        name: one of :data:`BOX_DETECTORS`.
        weights: its weights file; None lets the package look in its cache, then fetch.
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
        try:
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

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Boxes and scores; ``landmarks_xy`` is all zero."""
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
    """68 points by FAN on the boxes of another detector.

    Args:
        boxes: where the faces are.
        weights: of 2D-FAN-4; None takes the hub cache's, or fetches them.
        device: as PyTorch names it.

    Raises:
        WeightsError: no weights to be had, or not FAN's.
    """

    num_landmarks = 68

    def __init__(self, boxes: FaceDetector, *, weights: Path | None = None, device: str = "cpu") -> None:
        import torch
        from face_alignment.models import FAN

        path = Path(weights) if weights else fetched(_FAN_URL, _FAN_FILE)
        if not path.is_file():
            raise WeightsError(path, "no such weights file")
        net = FAN(4)
        try:
            net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        except Exception as error:
            raise WeightsError(path, f"not 2D-FAN-4 weights ({type(error).__name__})") from error
        self._net = net.to(device).eval()
        self._torch = torch
        self._device = device
        self._boxes = boxes
        self._reference_scale = getattr(boxes, "reference_scale", _DEFAULT_REFERENCE_SCALE)

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """See :class:`seqfer.faces.detection.FaceDetector`."""
        found = self._boxes.detect(image)
        if not len(found):
            return Detections.none(68)
        size_wh = found.boxes_xyxy[:, 2:] - found.boxes_xyxy[:, :2]
        centre = found.boxes_xyxy[:, :2] + size_wh / 2
        centre[:, 1] -= _FAN_UP * size_wh[:, 1]
        side = _FAN_BOX_SCALE * size_wh.sum(axis=1) / self._reference_scale
        corner = centre - side[:, None] / 2
        inputs = np.stack([_square(image, c, s) for c, s in zip(corner, side, strict=True)])
        torch = self._torch
        with torch.inference_mode():
            batch = torch.from_numpy(inputs).to(self._device).permute(0, 3, 1, 2).float() / 255
            heat = self._net(batch)[-1].float().cpu().numpy()
        points = peaks(heat) * (side / heat.shape[-1])[:, None, None] + corner[:, None]
        return Detections(
            boxes_xyxy=found.boxes_xyxy, landmarks_xy=points.astype(np.float32), scores=found.scores
        )


def _square(image: NDArray[np.uint8], corner: NDArray, side: float) -> NDArray[np.uint8]:
    scale = _FAN_SIDE / side
    matrix = np.array([[scale, 0, -corner[0] * scale], [0, scale, -corner[1] * scale]])
    return cv2.warpAffine(image, matrix, (_FAN_SIDE, _FAN_SIDE), flags=cv2.INTER_LINEAR)


def peaks(heat: NDArray[np.float32]) -> NDArray[np.float32]:
    """Where each map is highest, moved a quarter pixel towards its higher neighbour (Newell et al. 2016).

    Args:
        heat: (N, L, H, W).

    Returns:
        float32 (N, L, 2): x, y in map pixels, counted from the pixel's edge.
    """
    n, num_points, h, w = heat.shape
    y, x = np.unravel_index(heat.reshape(n, num_points, -1).argmax(axis=-1), (h, w))
    i, j = np.ogrid[:n, :num_points]
    dx = np.sign(heat[i, j, y, np.minimum(x + 1, w - 1)] - heat[i, j, y, np.maximum(x - 1, 0)])
    dy = np.sign(heat[i, j, np.minimum(y + 1, h - 1), x] - heat[i, j, np.maximum(y - 1, 0), x])
    inner = (x > 0) & (x < w - 1) & (y > 0) & (y < h - 1)
    return np.stack([x + 0.5 + 0.25 * dx * inner, y + 0.5 + 0.25 * dy * inner], axis=-1).astype(np.float32)
