"""A face turning into another expression of itself: two aligned pictures, warped along their flow."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_FLOW_SIDE = 224  # the flow is found in enlarged crops: mouths move by a few pixels only


class Morph:
    """Pictures between two aligned crops of one person.

    Both are drawn towards each other along the dense flow between them (DIS, Kroeger et al. 2016,
    arXiv:1603.03590) and faded into each other on the way, so that a mouth moves rather than dissolves.

    Args:
        first, last: uint8 (S, S) or (S, S, 3), aligned alike.
    """

    def __init__(self, first: NDArray[np.uint8], last: NDArray[np.uint8]) -> None:
        self._ends = (first.astype(np.float32), last.astype(np.float32))
        self._forth, self._back = _flow(first, last), _flow(last, first)

    def at(self, share: float) -> NDArray[np.uint8]:
        """The picture at ``share`` of the way, 0 (the first) to 1 (the last)."""
        a = _drawn(self._ends[0], self._back * np.float32(share))
        b = _drawn(self._ends[1], self._forth * np.float32(1 - share))
        return np.rint(np.clip((1 - share) * a + share * b, 0, 255)).astype(np.uint8)


def _flow(source: NDArray[np.uint8], target: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Where what ``source`` shows at a pixel is found in ``target``: (S, S, 2), pixels, smooth."""
    side = source.shape[0]
    grey = [
        cv2.resize(p if p.ndim == 2 else cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), (_FLOW_SIDE, _FLOW_SIDE))
        for p in (source, target)
    ]
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = cv2.GaussianBlur(search.calc(*grey, None), (0, 0), 4)
    return cv2.resize(flow, (side, side), interpolation=cv2.INTER_AREA) * (side / _FLOW_SIDE)


def _drawn(picture: NDArray[np.float32], flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """``picture`` seen through ``flow``: at every pixel what lies at that pixel plus the flow there."""
    side = picture.shape[0]
    y, x = np.mgrid[:side, :side].astype(np.float32)
    return cv2.remap(
        picture, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
