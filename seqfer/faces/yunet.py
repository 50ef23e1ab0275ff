"""YuNet (Wu et al. 2023, Machine Intelligence Research 20:656-665) through OpenCV: fast, five points."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import WeightsError
from .detection import FAINT, Detections
from .hub import fetched

_URL = "https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/face_detection_yunet_2023mar.onnx"
_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
_FILE = "face_detection_yunet_2023mar.onnx"
_MAX_IOU = 0.3


class YuNet:
    """Detector behind ``--detector yunet``.

    Args:
        min_score: faces below this score (0 to 1) are dropped.
        weights: ONNX file; None takes (or fetches) the one in PyTorch's hub cache.

    Raises:
        WeightsError: no weights to be had, or not YuNet's.
    """

    num_landmarks = 5

    def __init__(self, *, min_score: float = 0.5, weights: Path | None = None) -> None:
        path = Path(weights) if weights else fetched(_URL, _FILE, _SHA256)
        if not path.is_file():
            raise WeightsError(path, "no such weights file")
        try:
            self._net = cv2.FaceDetectorYN.create(str(path), "", (0, 0), min_score, _MAX_IOU)
        except cv2.error as error:
            raise WeightsError(path, f"not YuNet weights that OpenCV can read ({error.err})") from error
        self._min_score = min_score

    def detect(self, image: NDArray[np.uint8], *, faint: bool = False) -> Detections:
        """See :class:`seqfer.faces.detection.FaceDetector`."""
        height, width = image.shape[:2]
        self._net.setScoreThreshold(self._min_score * (FAINT if faint else 1))
        self._net.setInputSize((width, height))
        rows = self._net.detect(np.ascontiguousarray(image[..., ::-1]))[1]
        if rows is None:
            return Detections.none()
        rows = rows[np.argsort(-rows[:, 14], kind="stable")]
        boxes = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], axis=1)
        boxes = np.clip(boxes, 0, [width, height, width, height]).astype(np.float32)
        found = Detections(
            boxes_xyxy=boxes,
            # YuNet's "right eye" is the subject's: the one on the left of the picture comes first.
            landmarks_xy=rows[:, 4:14].reshape(-1, 5, 2).astype(np.float32),
            scores=rows[:, 14].astype(np.float32),
        )
        return found[(boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])]
