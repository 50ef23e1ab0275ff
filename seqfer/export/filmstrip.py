"""A picture of a track store: aligned faces of every track, evenly spaced in time."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..files import atomic_path
from ..store import StoredTrack, TrackStore

_LABEL_WIDTH, _CAPTION_HEIGHT, _MARGIN = 150, 16, 4
_INK, _PALE, _PAPER = (20, 20, 20), (120, 120, 120), (255, 255, 255)
MAX_TRACKS = 200  # of one picture: 27,000 pixels high


def write_filmstrip(path: Path, store: TrackStore, *, columns: int = 12) -> None:
    """Write the picture as PNG.

    Raises:
        InputError: it cannot be written.
        StoreError: a stored picture is damaged.
    """
    picture = draw_filmstrip(store, columns=columns)
    with atomic_path(path) as partial:
        partial.write_bytes(cv2.imencode(".png", picture[..., ::-1])[1].tobytes())


def draw_filmstrip(store: TrackStore, *, columns: int = 12) -> NDArray[np.uint8]:
    """A row for each track (the first :data:`MAX_TRACKS`), its faces at evenly spaced times.

    On the left stand the track's number, its stretch of time and its number of frames; under each face
    its time, pale where its place was interpolated between detections.

    Returns:
        uint8 (H, W, 3), RGB.
    """
    shown = [track for track in store.tracks if len(track)][:MAX_TRACKS]
    rows = [_draw_row(track, columns) for track in shown]
    if not rows:
        return _panel(["no face"], _LABEL_WIDTH, 2 * _CAPTION_HEIGHT)
    left = len(store.tracks) - len(shown)
    if left:
        rows.append(_panel([f"and {left} more tracks"], rows[0].shape[1], 2 * _CAPTION_HEIGHT))
    return np.concatenate(rows)


def _draw_row(track: StoredTrack, columns: int) -> NDArray[np.uint8]:
    times = track.pts_seconds
    wanted = np.linspace(times[0], times[-1], columns)
    # Each wanted time's nearest row; a short track shows each row once.
    rows = np.unique(np.abs(times[:, None] - wanted).argmin(axis=0)) if len(track) > 1 else np.array([0])
    faces = [_draw_face(track, int(row)) for row in rows]
    faces += [np.full_like(faces[0], 255)] * (columns - len(faces))
    lines = [f"track {track.track_id}", f"{times[0]:.2f}-{times[-1]:.2f} s", f"{len(track)} frames"]
    return np.concatenate([_panel(lines, _LABEL_WIDTH, faces[0].shape[0]), *faces], axis=1)


def _draw_face(track: StoredTrack, row: int) -> NDArray[np.uint8]:
    crop = track.crops(row, row + 1)[0]
    colour = _PALE if track.interpolated[row] else _INK
    caption = _panel([f"{track.pts_seconds[row]:.2f} s"], crop.shape[1], _CAPTION_HEIGHT, colour)
    face = np.concatenate([crop, caption])
    return cv2.copyMakeBorder(face, _MARGIN, 0, 0, _MARGIN, cv2.BORDER_CONSTANT, value=_PAPER)


def _panel(
    lines: list[str], width: int, height: int, colour: tuple[int, int, int] = _INK
) -> NDArray[np.uint8]:
    """White paper with a few lines of text."""
    paper = np.full((height, width, 3), _PAPER, np.uint8)
    for n, line in enumerate(lines):
        cv2.putText(paper, line, (3, 12 + 18 * n), cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1, cv2.LINE_AA)
    return paper
