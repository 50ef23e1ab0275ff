"""Numbered still frames in a folder, as Cohn-Kanade ships its sequences: one folder, one video."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable
from pathlib import Path, PurePath

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import VideoError
from .container import check_size, os_reason
from .frame import Frame
from .picture import RgbPicture

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pnm", ".jp2"}
)
_NUMBERED = re.compile(r"^(.*?)([0-9]+)$", re.DOTALL)


def numbered(names: Iterable[str]) -> list[str]:
    """The names of a sequence of still frames, in order of their numbers; empty if they are none.

    A sequence is two images or more, and every image of the folder: one prefix, digits, one suffix.
    Other files, and hidden ones, do not matter.

    >>> numbered(["frame10.png", "frame2.png", "notes.txt"])
    ['frame2.png', 'frame10.png']
    >>> numbered(["ann.png", "bob.png"])
    []
    """
    found: list[tuple[int, str, str]] = []
    for name in names:
        path = PurePath(name)
        if path.suffix.lower() not in IMAGE_SUFFIXES or name.startswith("."):
            continue
        match = _NUMBERED.match(path.stem)
        if match is None:
            return []
        found.append((int(match[2]), f"{match[1]}\0{path.suffix.lower()}", name))
    if len(found) < 2 or len({kind for _, kind, _ in found}) != 1:
        return []
    return [name for _, _, name in sorted(found)]


def still_paths(folder: Path) -> list[Path]:
    """The still frames of a folder, in order.

    Raises:
        VideoError: the folder cannot be listed, or holds no sequence of numbered stills.
    """
    try:
        names = numbered(entry.name for entry in folder.iterdir())
    except OSError as error:
        raise VideoError(folder, os_reason(error)) from error
    if not names:
        raise VideoError(folder, "is a folder without numbered still frames")
    return [folder / name for name in names]


def read(folder: Path, still_fps: float, say: Callable[[str], None]) -> Generator[Frame, None, None]:
    """Every readable still, its time by declaration: position / ``still_fps``.

    Raises:
        VideoError: see :func:`still_paths`; or not one still can be read.
    """
    any_read = False
    for index, path in enumerate(still_paths(folder)):
        try:
            data = load(path)
        except VideoError as error:
            say(f"still {path.name} skipped: {error.reason}")
            continue
        any_read = True
        yield Frame(frame_index=index, pts_seconds=index / still_fps, picture=RgbPicture(data=data))
    if not any_read:
        raise VideoError(folder, "not one of its still frames can be read")


def load(path: Path) -> NDArray[np.uint8]:
    """One image file as uint8 (H, W, 3) RGB; grey, alpha and 16 bits are brought to that.

    Raises:
        VideoError: not a readable image.
    """
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
        # Grey to colour, 16 bits to 8, alpha away, and the camera's turn applied: what IMREAD_COLOR does.
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except OSError as error:
        raise VideoError(path, os_reason(error)) from error
    except cv2.error as error:
        raise VideoError(path, "is not a readable image") from error
    if image is None:
        raise VideoError(path, "is not a readable image")
    check_size(path, image.shape[1], image.shape[0])
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
