"""Where the points of the face are in the photograph, where they rest, and the warp between the two."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_Moves = dict[tuple[float, float], tuple[float, float]]

#: The rectangle that moves, photograph pixels: x0, y0, x1, y1.
FACE = (166, 62, 286, 194)

#: Outlines of what a smile folds and lifts, and a relaxed face does not: beside the mouth, and the cheeks.
FOLDS = (
    ((208, 120), (202, 119), (195, 123), (190, 131), (188.5, 142), (192, 150), (199, 155), (206, 153.5),
     (203.5, 147.5), (200.5, 142), (199.5, 138.5), (201, 136.5), (207, 135.5), (209.5, 131.5), (207.5, 126)),
    ((241, 120), (248, 120), (253, 125), (256, 134), (256, 146), (252, 155), (242, 160), (234, 158),
     (234, 155), (237.5, 152), (241.5, 148), (244.5, 144), (246.5, 141.5), (247.2, 138.5), (246, 136.5),
     (240, 135.5), (238.5, 132), (241.5, 126)),
)  # fmt: skip
CHEEKS = (
    ((191, 113), (203, 113), (206, 119), (203, 126), (194, 128), (188, 121)),
    ((244, 115), (256, 115), (261, 122), (256, 129), (247, 126), (243, 120)),
)

# Mouth corners and the inner edges of the lips, left to right, in the photograph ...
_LEFT, _RIGHT = (202.5, 139.0), (244.5, 140.5)
_UPPER_EDGE = [
    (207, 140.9),
    (212, 141.7),
    (217.5, 142.6),
    (223.5, 143.1),
    (229.5, 142.7),
    (235, 141.7),
    (240, 140.7),
]
_LOWER_EDGE = [
    (207, 145.4),
    (210.5, 147.6),
    (216, 149.8),
    (223.5, 150.2),
    (230, 149.2),
    (235, 146.7),
    (240, 143.4),
]
# ... and at rest, where the edges meet in one line.
_REST_LEFT, _REST_RIGHT = (209, 147.4), (238.2, 148.8)
_SEAM = [
    (210.8, 147),
    (213.8, 146.6),
    (218.1, 146.5),
    (223.5, 147),
    (228.9, 146.9),
    (233.2, 147.6),
    (236.3, 148.4),
]

# Everything else, (in the photograph) -> (at rest).
_UPPER_LIP: _Moves = {
    (207, 139.0): (211.7, 145.1),
    (212, 139.3): (214.4, 143.2),
    (219, 139.6): (219.6, 141.7),
    (223, 140.3): (223.2, 142.2),
    (227, 139.6): (226.8, 141.8),
    (234, 139.4): (232.2, 143.4),
    (240, 139.7): (235.6, 146),
}
_LOWER_LIP: _Moves = {
    (208, 149.2): (212.4, 149.6),
    (212, 153.0): (215.3, 152.1),
    (218, 155.2): (219.1, 153.8),
    (224, 155.6): (224, 154.3),
    (230, 154.4): (229.3, 154),
    (236, 150.6): (234.2, 151.9),
    (241, 146.0): (237, 149.7),
}
_EVERYWHERE: _Moves = {
    # nose
    (223, 110): (223, 110),
    (223, 125): (223, 125.4),
    (209, 125): (210, 125.6),
    (239, 126): (238, 126.6),
    (214, 131): (214.5, 131.5),
    (223, 134): (223, 134.6),
    (233, 132): (232.5, 132.5),
    # beside the mouth: where cheeks fold in a smile
    (197, 134): (198.4, 136.2),
    (249, 136): (247.6, 138.2),
    (195, 142): (197.5, 145),
    (251, 143.5): (248.5, 146.5),
    # cheeks sink
    (188, 121): (188.4, 122.8),
    (201, 119): (201, 120.6),
    (249, 121): (249, 122.6),
    (261, 123): (260.6, 124.8),
    # chin and jaw: a little up, with the mouth closed
    (212, 163): (212.5, 161.5),
    (224, 165): (224, 163.2),
    (237, 163): (236.5, 161.5),
    (224, 177.5): (224, 176),
    (206, 172): (206.3, 171),
    (244, 171.5): (243.7, 170.5),
    (193, 160): (193.6, 160),
    (254, 160): (253.4, 160),
    (184, 140): (184.4, 140.2),
    (263, 141): (262.6, 141.2),
    # lids open a little as the cheeks let go, brows sink
    (203, 95.8): (203, 95.4),
    (247, 98.8): (247, 98.4),
    (203, 104.4): (203, 105.2),
    (247, 107.2): (247, 108.0),
    (191, 101): (191, 101),
    (214, 103): (214, 103),
    (236, 105): (236, 105),
    (259, 104.5): (259, 104.5),
    (197, 88.5): (197.4, 90.0),
    (212, 91.5): (212.5, 92.4),
    (238, 93): (237.5, 93.9),
    (253, 91.5): (252.7, 92.8),
}
# What stays: the rim of FACE, and neck and temples inside it.
_STILL = [(x, y) for x in np.linspace(FACE[0], FACE[2], 7) for y in (FACE[1], FACE[3])]
_STILL += [(x, y) for y in np.linspace(FACE[1], FACE[3], 8)[1:-1] for x in (FACE[0], FACE[2])]
_STILL += [(186, 80), (224, 78), (265, 84), (178, 110), (270, 112), (205, 186), (244, 186)]

# The inner edges from corner to corner: closed (one line), and upper and lower as photographed.
_CLOSED = np.array([_REST_LEFT, *_SEAM, _REST_RIGHT])
_UPPER = np.array([_LEFT, *_UPPER_EDGE, _RIGHT])
_LOWER = np.array([_LEFT, *_LOWER_EDGE, _RIGHT])
_NODE_STEP = 2  # photograph pixels between nodes of the displacement field


@dataclass(frozen=True, kw_only=True, eq=False)
class Warp:
    """How to draw the rectangle FACE, (H, W) texture pixels, for one expression; all arrays float32.

    Attributes:
        above_xy, below_xy, teeth_xy: (H, W, 2), where in the photograph to look, in its pixels, for the
            face above the mouth's seam, for the face below it, and for what shows between the lips.
        lower: (H, W), 1 below the seam, 0 above.
        opening: (H, W), 1 between the lips.
        light: (H, W), light that reaches the teeth, 0 to 1.
        lip_line: (H, W), 1 on the dark line where closed lips meet.
    """

    above_xy: NDArray[np.float32]
    below_xy: NDArray[np.float32]
    teeth_xy: NDArray[np.float32]
    lower: NDArray[np.float32]
    opening: NDArray[np.float32]
    light: NDArray[np.float32]
    lip_line: NDArray[np.float32]


class Rig:
    """The moving points, for any strength of smile.

    Args:
        scale: texture pixels per photograph pixel.
    """

    def __init__(self, scale: float) -> None:
        shared = _EVERYWHERE | {point: point for point in _STILL}
        self._upper_moves = _moves(_UPPER, _UPPER_LIP | shared)
        self._lower_moves = _moves(_LOWER, _LOWER_LIP | shared)
        self._scale = scale
        columns, rows = (
            FACE[i] + (np.arange(round((FACE[i + 2] - FACE[i]) * scale)) + 0.5) / scale - 0.5 for i in (0, 1)
        )
        self._x, self._y = np.meshgrid(columns, rows)

    def warp(self, smile: float) -> Warp:
        """The warp for ``smile``: 0 at rest, 1 as photographed, above 1 more so."""
        x, y, scale = self._x, self._y, self._scale
        upper, lower = (_CLOSED + smile * (edge - _CLOSED) for edge in (_UPPER, _LOWER))
        top, bottom = np.interp(x, *upper.T), np.interp(x, *lower.T)
        seam = (top + bottom) / 2
        inside = np.minimum(x - upper[0, 0], upper[-1, 0] - x)  # px from the nearer corner, negative beyond
        gap = np.where(inside > 0, bottom - top, 0)
        smiling = float(np.clip(smile, 0, 1))

        # Sharp between the corners; ever softer beyond them, where the two splines all but agree.
        softness = 1 / scale + 2 * np.maximum(-inside, 0)
        opening = np.clip((y - top) * scale + 0.5, 0, 1) * np.clip((bottom - y) * scale + 0.5, 0, 1)
        # Teeth stand still while the lips slide over them, and lie in shadow while the gap is narrow.
        highest = np.interp(x, *_UPPER.T) + 0.4
        teeth_y = np.clip(y, highest, np.maximum(np.interp(x, *_LOWER.T) - 0.9, highest))
        shadow = (1 - smiling**4) * np.clip(0.45 - 0.1 * gap, 0, 1)
        lip_line = np.exp(-(((y - seam) / 0.6) ** 2)) * np.clip(1 - gap / 1.5, 0, 1)
        return Warp(
            above_xy=self._look(self._upper_moves, smile),
            below_xy=self._look(self._lower_moves, smile),
            teeth_xy=np.stack([x, teeth_y], -1).astype(np.float32),
            lower=np.clip((y - seam) / softness + 0.5, 0, 1).astype(np.float32),
            opening=(opening * np.clip(gap * scale, 0, 1)).astype(np.float32),
            light=(1 - shadow).astype(np.float32),
            lip_line=(lip_line * np.clip(0.3 + inside / 5, 0, 1) * (inside > 0) * (1 - smiling)).astype(
                np.float32
            ),
        )

    def _look(self, moves: tuple[NDArray, NDArray], smile: float) -> NDArray[np.float32]:
        """Where each texture pixel of FACE looks in the photograph: float32 (H, W, 2), its pixels."""
        photo, rest = moves
        now = rest + smile * (photo - rest)
        nodes = np.stack(np.meshgrid(*(np.arange(FACE[i], FACE[i + 2] + 1, _NODE_STEP) for i in (0, 1))), -1)
        shift = thin_plate(now, photo - now, nodes.reshape(-1, 2)).reshape(nodes.shape).astype(np.float32)
        at_x, at_y = (
            ((v - o) / _NODE_STEP).astype(np.float32) for v, o in ((self._x, FACE[0]), (self._y, FACE[1]))
        )
        dense = cv2.remap(shift, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return (np.stack([self._x, self._y], -1) + dense).astype(np.float32)


def _moves(edge: NDArray, others: _Moves) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """All points that move a lip's half of the face, in the photograph and at rest: (N, 2) each."""
    photo, rest = (np.array(list(points), np.float64) for points in (others, others.values()))
    return np.concatenate([edge, photo]), np.concatenate([_CLOSED, rest])


def thin_plate(points: NDArray, values: NDArray, at: NDArray) -> NDArray[np.float64]:
    """Thin-plate spline through ``values`` (N, D) at ``points`` (N, 2), evaluated at ``at`` (M, 2): (M, D).

    Bookstein (1989), Principal warps.
    """
    n = len(points)
    affine = np.concatenate([np.ones((n, 1)), points], axis=1)
    system = np.block([[_kernel(points, points), affine], [affine.T, np.zeros((3, 3))]])
    weights = np.linalg.solve(system, np.concatenate([values, np.zeros((3, values.shape[1]))]))
    return (
        _kernel(at, points) @ weights[:n] + np.concatenate([np.ones((len(at), 1)), at], axis=1) @ weights[n:]
    )


def _kernel(a: NDArray, b: NDArray) -> NDArray[np.float64]:
    squared = ((a[:, None] - b[None]) ** 2).sum(-1)
    return squared * np.log(squared + 1e-12)
