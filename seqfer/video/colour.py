"""From luma and chroma to RGB: which matrix, and how, by the stream's own tags.

Matrices: Recommendations ITU-R BT.601-7, BT.709-6 and BT.2020-2. The numbers of ``colorspace`` and
``color_range`` are those of ITU-T H.273, which FFmpeg hands through.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_BT709, _BT601, _BT2020 = (0.2126, 0.0722), (0.299, 0.114), (0.2627, 0.0593)
_LUMA_WEIGHTS = {  # H.273 MatrixCoefficients: weights of red and blue in luma
    1: _BT709,
    4: (0.30, 0.11),  # FCC
    5: _BT601,
    6: _BT601,
    7: (0.212, 0.087),  # SMPTE 240M
    9: _BT2020,
    10: _BT2020,
}
FULL_RANGE = 2  # H.273 range as FFmpeg numbers it: 0 untagged, 1 limited, 2 full
_HD_HEIGHT = 720


def matrix_for(colorspace: int, coded_height: int) -> int:
    """The matrix to use: the tag, or what players assume for an untagged picture of this height."""
    if colorspace in _LUMA_WEIGHTS:
        return colorspace
    return 1 if coded_height >= _HD_HEIGHT else 6


@lru_cache(maxsize=32)
def yuv_to_rgb(matrix: int, full_range: bool) -> NDArray[np.float64]:
    """float64 (3, 4): ``rgb = m[:, :3] @ yuv + m[:, 3]``, all on the scale 0 to 255."""
    red, blue = _LUMA_WEIGHTS[matrix]
    green = 1.0 - red - blue
    linear = np.array(
        [
            [1.0, 0.0, 2 * (1 - red)],
            [1.0, -2 * (1 - blue) * blue / green, -2 * (1 - red) * red / green],
            [1.0, 2 * (1 - blue), 0.0],
        ]
    )
    black, scale = (0.0, np.ones(3)) if full_range else (16.0, 255 / np.array([219.0, 224.0, 224.0]))
    linear = linear * scale
    return np.column_stack([linear, -linear @ [black, 128.0, 128.0]])


@lru_cache(maxsize=2)
def grey_levels(full_range: bool) -> NDArray[np.uint8]:
    """uint8 (256,): luma code to grey level, so that both ranges give the same grey."""
    code = np.arange(256.0)
    level = code if full_range else (code - 16) * (255 / 219)
    return np.clip(np.rint(level), 0, 255).astype(np.uint8)
