"""Where a picture has changed, from tiny grey copies of it: what need not be looked at again.

A new face changes the picture where it appears. So where nothing has changed since it was last searched,
there is nothing to find, and a face around which nothing has changed has not moved. A camera that shakes or
pans changes every pixel and yet shows the same: what was searched is moved along with the picture, and a cell
counts as changed only if none of the cells around it had such a value. The copies are those that shots are
told by, so this costs next to nothing.
"""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
from numpy.typing import NDArray

_CHANGED = 5.0  # grey levels, of a cell's mean: above noise and the coder's flicker, below a faint face
_SHIFTED = 0.8  # of the difference left: if moving a cell further leaves less, the camera has moved
_MOVED = 1.2  # grey levels, mean over the picture: less is noise
_HAIR = 0.3  # around a known face, of its sides, what moves with it
_BODY = (0.8, 3.0)  # and below it: to either side, and downwards
_MOST = 0.6  # of the picture: beyond it, all of it is searched

_AROUND = np.ones((3, 3), np.uint8)
Cells = tuple[slice, slice]


class ChangeMap:
    """What of the picture has changed since it was last searched for faces.

    Args:
        size: (width, height) of the frames, pixels.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._searched: NDArray[np.float32] | None = None  # cells as they were when they were searched
        self._known: NDArray[np.bool_] = np.zeros(0, np.bool_)  # cells that were searched

    def region(self, small: NDArray[np.float32], known_xyxy: NDArray[np.float64]) -> NDArray[np.float64]:
        """The rectangle to search: float64 (4,), pixels; of no area where nothing has changed.

        Args:
            small: float32 (h, w), the grey copy of the frame.
            known_xyxy: (N, 4), boxes of faces that are followed anyway: changes there, and where their bodies
                are, are theirs.
        """
        if self._searched is None:
            return np.array([0, 0, *self._size], np.float64)
        others = np.ones(small.shape, np.bool_)  # cells that are not those of known faces
        for box in known_xyxy:
            width, height = box[2:] - box[:2]
            hair = box + _HAIR * np.array([-width, -height, width, height])
            body = box + np.array([-_BODY[0] * width, height, _BODY[0] * width, _BODY[1] * height])
            others[self._cells(small, hair)] = False
            others[self._cells(small, body)] = False
        self._follow_camera(small, others)
        low, high = cv2.erode(self._searched, _AROUND), cv2.dilate(self._searched, _AROUND)
        changed = (small < low - _CHANGED) | (small > high + _CHANGED) | ~self._known
        changed &= others
        lone = cv2.filter2D(changed.astype(np.uint8), -1, _AROUND, borderType=cv2.BORDER_CONSTANT) < 2
        changed &= ~lone  # a cell alone is the edge of something that moved
        rows, cols = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        if not len(rows):
            return np.zeros(4)
        # Two cells more on either side: half of a face may look like what it covers.
        height, width = small.shape
        spans = [cols[0] - 2, rows[0] - 2, cols[-1] + 3, rows[-1] + 3]
        cells = np.clip(spans, 0, [width, height, width, height])
        if np.prod(cells[2:] - cells[:2]) > _MOST * small.size:
            cells = np.array([0, 0, width, height])
        return cells * np.tile(np.array(self._size) / (width, height), 2)

    def search(self, small: NDArray[np.float32], region_xyxy: NDArray[np.float64]) -> None:
        """Note that a rectangle of this frame has been searched."""
        if self._searched is None:
            self._searched = small.copy()
            self._known = np.zeros(small.shape, np.bool_)
        cells = self._cells(small, region_xyxy)
        self._searched[cells] = small[cells]
        self._known[cells] = True

    def change_at(
        self, before: NDArray[np.float32], small: NDArray[np.float32], boxes_xyxy: NDArray[np.float64]
    ) -> float:
        """How much the picture at the boxes (N, 4) is another than before: the most, mean grey levels."""
        cells = (self._cells(small, box) for box in boxes_xyxy)
        return max((cv2.norm(small[c], before[c], cv2.NORM_L1) / small[c].size for c in cells), default=0.0)

    def _follow_camera(self, small: NDArray[np.float32], others: NDArray[np.bool_]) -> None:
        """Move what was searched by a cell where the picture but for its faces has moved by that much."""
        assert self._searched is not None
        height, width = small.shape
        inner, counted = small[1:-1, 1:-1], others[1:-1, 1:-1].astype(np.uint8)

        def difference(dy: int, dx: int) -> float:
            moved = self._searched[1 + dy : height - 1 + dy, 1 + dx : width - 1 + dx]  # type: ignore[index]
            return float(cv2.norm(inner, moved, cv2.NORM_L1, counted))

        here = difference(0, 0)
        if here <= _MOVED * counted.sum():
            return
        dy, dx = min(itertools.product((-1, 0, 1), repeat=2), key=lambda shift: difference(*shift))
        if difference(dy, dx) < _SHIFTED * here:
            known = np.pad(self._known, 1)  # what comes into view is not known
            self._known = known[1 + dy : height + 1 + dy, 1 + dx : width + 1 + dx]
            self._searched = np.pad(self._searched, 1, mode="edge")[
                1 + dy : height + 1 + dy, 1 + dx : width + 1 + dx
            ].copy()

    def _cells(self, small: NDArray[np.float32], box_xyxy: NDArray[np.float64]) -> Cells:
        """The cells that a box touches: at least one."""
        height, width = small.shape
        across, down = width / self._size[0], height / self._size[1]
        left, top, right, bottom = box_xyxy.tolist()
        x0 = min(max(math.floor(left * across), 0), width - 1)
        y0 = min(max(math.floor(top * down), 0), height - 1)
        x1, y1 = math.ceil(right * across), math.ceil(bottom * down)
        return slice(y0, max(y1, y0 + 1)), slice(x0, max(x1, x0 + 1))
