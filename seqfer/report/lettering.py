"""Text on pictures, to be read at any size. The typeface is Pillow's own, and so the same everywhere."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]


@lru_cache(maxsize=16)
def _font(height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(height)


@lru_cache(maxsize=2048)
def _mask(text: str, height: int) -> NDArray[np.float32]:
    """float32 (h, w, 1), 0 to 1: how much of each pixel is ink; all have the baseline at the same height."""
    font = _font(height)
    width = max(1, round(font.getlength(text)))
    canvas = Image.new("L", (width + 1, line_height(height)))
    ImageDraw.Draw(canvas).text((0, height), text, font=font, fill=255, anchor="ls")
    return np.asarray(canvas)[..., None].astype(np.float32) / np.float32(255)


def line_height(height: int) -> int:
    """Pixels from the top of a line's letters to the bottom of what hangs below them."""
    return round(1.3 * height)


def text_width(text: str, height: int) -> int:
    """Pixels."""
    return _mask(text, height).shape[1]


def write(picture: NDArray[np.uint8], text: str, x: int, y: int, height: int, colour: Colour) -> None:
    """Write a line into a picture, its top left at (x, y); what is beyond the picture is left out.

    Args:
        picture: uint8 (H, W, 3), changed in place.
        height: of the letters, pixels.
    """
    mask = _mask(text, height)
    top, left = max(0, y), max(0, x)
    bottom = min(picture.shape[0], y + mask.shape[0])
    right = min(picture.shape[1], x + mask.shape[1])
    if top >= bottom or left >= right:
        return
    ink = mask[top - y : bottom - y, left - x : right - x]
    place = picture[top:bottom, left:right]
    place[:] = np.rint(place + ink * (np.array(colour, np.float32) - place)).astype(np.uint8)
