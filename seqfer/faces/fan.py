"""The 68-point FAN network, many faces at a time.

Bulat & Tzimiropoulos 2017, arXiv:1703.07332; network and weights of the ``face-alignment`` package. Its own
``get_landmarks`` takes one picture and decodes face by face; here faces of any number of frames share
batches, and their heat maps are decoded together where they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from face_alignment.models import FAN
from face_alignment.utils import flip
from numpy.typing import NDArray
from torch import Tensor

from ..errors import WeightsError
from .hub import fetched
from .landmarking import Landmarks

FAN_SIDE = 256  # pixels
_URL = "https://www.adrianbulat.com/downloads/python-fan/2DFAN4-11f355bf06.pth.tar"
_SHA256 = "11f355bf0693120222f5955ce3f9dc8fb5763ebb30a47d7906e509490d32e4aa"
_FILE = "2DFAN4-11f355bf06.pth.tar"
_EYE_LEFT, _EYE_RIGHT = slice(36, 42), slice(42, 48)

Precision = Literal["float32", "float16", "bfloat16"]


class FanLandmarker:
    """A :class:`seqfer.faces.landmarking.Landmarker`.

    Args:
        weights: of 2D-FAN-4; None takes the hub cache's, or fetches them.
        device: as PyTorch names it.
        batch_size: faces at a time. Every batch is filled up to it, so that a face's points do not depend on
            how many others came with it. One is best on a CPU.
        precision: of the network. Half precision only helps on a GPU; see :func:`moved` on whether it holds.
        mirrored: the mirrored face too, and the mean of both: as ``face-alignment`` does by default, in
            twice the time.

    Raises:
        WeightsError: no weights to be had, or not FAN's.
        ValueError: a batch size below one.
    """

    side = FAN_SIDE

    def __init__(
        self,
        *,
        weights: Path | None = None,
        device: str = "cpu",
        batch_size: int = 1,
        precision: Precision = "float32",
        mirrored: bool = False,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}")
        path = Path(weights) if weights else fetched(_URL, _FILE, _SHA256)
        if not path.is_file():
            raise WeightsError(path, "no such weights file")
        net = FAN(4)
        try:
            net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        except Exception as error:
            raise WeightsError(path, f"not 2D-FAN-4 weights ({type(error).__name__})") from error
        self._device = torch.device(device)
        self._dtype = getattr(torch, precision)
        self._net = net.eval().to(self._device, self._dtype)
        self._batch_size = batch_size
        self._mirrored = mirrored

    def landmarks(self, pictures: NDArray[np.uint8]) -> Landmarks:
        """See :class:`seqfer.faces.landmarking.Landmarker`.

        Raises:
            ValueError: pictures of another shape or type.
        """
        shape = (FAN_SIDE, FAN_SIDE, 3)
        if pictures.dtype != np.uint8 or pictures.shape[1:] != shape:
            raise ValueError(
                f"pictures must be uint8 with shape (N, *{shape}), got {pictures.dtype} {pictures.shape}"
            )
        n, size = len(pictures), self._batch_size
        points, scores = np.empty((n, 68, 2), np.float32), np.empty((n, 68), np.float32)
        with torch.inference_mode():
            for start in range(0, n, size):
                here = slice(start, min(start + size, n))
                full = np.zeros((size, *shape), np.uint8)
                full[: here.stop - start] = pictures[here]
                xy, height = peaks(self._heat(torch.from_numpy(full)))
                # From map pixels, counted from the edge, to the cut-out's, counted from the first centre.
                xy = xy * (FAN_SIDE / 64) - 0.5
                points[here] = xy[: here.stop - start].cpu().numpy()
                scores[here] = height[: here.stop - start].clamp(0, 1).cpu().numpy()
        return Landmarks(points_xy=points, scores=scores)

    def _heat(self, pictures: Tensor) -> Tensor:
        """Heat maps float32 (N, 68, 64, 64) of pictures uint8 (N, 256, 256, 3)."""
        batch = pictures.to(self._device, non_blocking=True).permute(0, 3, 1, 2).to(self._dtype) / 255
        heat = self._net(batch)[-1].float()
        if self._mirrored:
            heat = (heat + flip(self._net(flip(batch))[-1].float(), is_label=True)) / 2
        return heat


def peaks(heat: Tensor) -> tuple[Tensor, Tensor]:
    """Where each map is highest, moved a quarter pixel towards its higher neighbour (Newell et al. 2016).

    Args:
        heat: float (N, L, H, W).

    Returns:
        Of the same type, (N, L, 2): x, y in map pixels counted from the pixel's edge; and (N, L): how high.
    """
    h, w = heat.shape[-2:]
    flat = heat.flatten(2)
    height, at = flat.max(dim=2)
    x, y = at % w, at // w

    def value(x: Tensor, y: Tensor) -> Tensor:
        return flat.gather(2, (y.clamp(0, h - 1) * w + x.clamp(0, w - 1)).unsqueeze(2)).squeeze(2)

    inner = (x > 0) & (x < w - 1) & (y > 0) & (y < h - 1)
    towards = torch.stack([value(x + 1, y) - value(x - 1, y), value(x, y + 1) - value(x, y - 1)], dim=2)
    quarter = 0.25 * towards.sign() * inner.unsqueeze(2)
    return torch.stack([x, y], dim=2) + 0.5 + quarter, height


def moved(points_xy: NDArray[np.float32], reference_xy: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far points lie from where they should, to judge a lower precision or another batch size by.

    A peak is read off in quarter pixels of a 64-pixel map, so a point stays exactly where it is or jumps by
    half a map pixel (2 of the cut-out's 256, some 3 % of the distance between the eyes) where its two
    neighbours were almost equal: look at how many move as well as at the largest movement.

    Args:
        points_xy: (N, 68, 2), pixels.
        reference_xy: the same faces in full precision.

    Returns:
        float64 (N, 68): fractions of each face's distance between its eyes.
    """
    reference = np.asarray(reference_xy, np.float64)
    eyes = reference[:, _EYE_LEFT].mean(axis=1) - reference[:, _EYE_RIGHT].mean(axis=1)
    distance = np.linalg.norm(np.asarray(points_xy, np.float64) - reference, axis=2)
    return distance / np.linalg.norm(eyes, axis=1)[:, None]
