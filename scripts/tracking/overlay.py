"""Pictures to see by eye what went wrong: truth and tracks drawn over frames of a clip."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from seqfer.video import read_frames

from .films import HIDDEN, PARTIAL, VISIBLE, Truth
from .found import Found
from .matching import match

_TRUTH = {VISIBLE: (255, 255, 255), PARTIAL: (170, 170, 170), HIDDEN: (90, 90, 90)}
_TRACKS = [(64, 200, 255), (255, 210, 60), (120, 255, 120), (255, 120, 220), (160, 140, 255), (255, 150, 80)]
_FALSE = (255, 0, 0)


def write_overlay(
    video: Path, truth: Truth, found: Found, path: Path, *, columns: int = 6, rows: int = 6, width: int = 420
) -> None:
    """A contact sheet: the frames with mistakes first claim the places, the others are spread over the clip.

    The truth is thin and grey (white where it counts), a track has a colour by its number, dashed in the
    sense of a thin line where interpolated; red is what is no face.
    """
    matched = match(truth, found)
    missed = truth.frames[(truth.states == VISIBLE) & (matched.row_of < 0)]
    wrong = np.unique(np.concatenate([missed, found.frames[matched.false]]))
    count = columns * rows
    spread = np.linspace(0, truth.num_frames - 1, count).astype(int)
    picked = (
        wrong[np.linspace(0, len(wrong) - 1, min(len(wrong), count // 2)).astype(int)]
        if len(wrong)
        else wrong
    )
    spread = spread[np.linspace(0, count - 1, count - len(picked)).astype(int)]
    wanted = set(np.unique(np.concatenate([picked, spread])).tolist())
    tiles = []
    for frame in read_frames(video):
        if frame.frame_index in wanted:
            tiles.append(_tile(frame.rgb(), frame.frame_index, truth, found, matched.false, width))
    while len(tiles) % columns:
        tiles.append(np.zeros_like(tiles[0]))
    sheet = np.vstack([np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)])
    cv2.imwrite(str(path), sheet[..., ::-1])


def _tile(picture, index: int, truth: Truth, found: Found, false, width: int):
    scale = width / picture.shape[1]
    tile = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)

    def draw(box, points, colour, thick: int, label: str = "") -> None:
        x0, y0, x1, y1 = np.rint(box * scale).astype(int).tolist()
        cv2.rectangle(tile, (x0, y0), (x1, y1), colour, thick)
        for x, y in points * scale:
            cv2.circle(tile, (round(x * 8), round(y * 8)), 10, colour, -1, cv2.LINE_AA, 3)
        if label:
            cv2.putText(tile, label, (x0, y0 - 3), 0, 0.45, colour, 1, cv2.LINE_AA)

    for row in np.flatnonzero(truth.frames == index):
        draw(truth.boxes_xyxy[row], truth.landmarks_xy[row], _TRUTH[int(truth.states[row])], 1)
    for row in np.flatnonzero(found.frames == index):
        number = int(found.ids[row])
        colour = _FALSE if false[row] else _TRACKS[number % len(_TRACKS)]
        draw(
            found.boxes_xyxy[row],
            found.landmarks_xy[row],
            colour,
            1 if found.interpolated[row] else 2,
            str(number),
        )
    cv2.putText(tile, str(index), (4, 14), 0, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
    return tile
