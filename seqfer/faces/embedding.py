"""Face embeddings: faces of one person lie close together, faces of different people far apart.

Any network of the ArcFace kind will do (Deng et al. 2019, arXiv:1801.07698): an ONNX file that takes
one 112-pixel face, aligned to the template of that paper's code, and gives one vector. None comes with
seqfer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ..errors import WeightsError
from .align import TEMPLATE, similarity

SIDE = 112
#: Where such networks want the five points, in pixels of the 112-pixel picture.
ARCFACE_TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)


class FaceEmbedder:
    """Aligned crops to unit vectors.

    Faces go through one at a time: on one CPU core a batch brings nothing, many files freeze its size at
    1, and so a face gets the same vector whatever is beside it.

    Args:
        weights: ONNX file with one input, float32 (1 or N, 3, 112, 112), whose first output is (1, D).
        mean, std: the network is given ``(pixel - mean) / std``, per channel, pixels from 0 to 255.
        channels: order in which it wants red, green and blue.
        threads: of onnxruntime; 1 keeps workers out of each other's way and results the same.

    Raises:
        WeightsError: not such a network.
    """

    def __init__(
        self,
        weights: Path,
        *,
        mean: tuple[float, float, float] = (127.5, 127.5, 127.5),
        std: tuple[float, float, float] = (127.5, 127.5, 127.5),
        channels: Literal["rgb", "bgr"] = "rgb",
        threads: int = 1,
    ) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(weights), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise WeightsError(weights, f"not a readable ONNX file ({error})") from error
        inputs = self._session.get_inputs()
        shape = inputs[0].shape
        wanted = (1, 3, SIDE, SIDE)
        fits = len(shape) == 4 and all(
            isinstance(s, str | None) or s == w for s, w in zip(shape, wanted, strict=True)
        )
        if len(inputs) != 1 or not fits or inputs[0].type != "tensor(float)":
            raise WeightsError(weights, f"not a face embedder: wants {inputs[0].type} {shape}, not {wanted}")
        self._weights = weights
        self._input = inputs[0].name
        self._mean, self._std = np.array(mean, np.float32), np.array(std, np.float32)
        self._reverse = channels == "bgr"
        out = self._run(np.zeros((SIDE, SIDE, 3), np.uint8))
        if out.ndim != 2 or len(out) != 1:
            raise WeightsError(weights, f"not a face embedder: gives {out.shape}, not one vector")
        self.length: int = out.shape[1]

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Vectors of aligned crops.

        Args:
            crops: uint8 (T, S, S, 3), RGB, as stored (:mod:`seqfer.faces.align`).

        Returns:
            float32 (T, D) of length 1.

        Raises:
            WeightsError: the network gives what is no number.
        """
        vectors = np.zeros((len(crops), self.length), np.float32)
        if not len(crops):
            return vectors
        warp = similarity(TEMPLATE * crops.shape[1] - 0.5, ARCFACE_TEMPLATE)
        for row, crop in enumerate(crops):
            face = cv2.warpAffine(
                crop, warp, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
            )
            vectors[row] = self._run(face)[0]
        if not np.isfinite(vectors).all():
            raise WeightsError(self._weights, "gives numbers that are not finite")
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    def _run(self, face: NDArray[np.uint8]) -> NDArray[np.float32]:
        picture = (face[..., ::-1] if self._reverse else face).astype(np.float32)
        blob = ((picture - self._mean) / self._std).transpose(2, 0, 1)[None]
        return self._session.run(None, {self._input: np.ascontiguousarray(blob)})[0]
