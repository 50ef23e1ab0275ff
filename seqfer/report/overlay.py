"""``report/<video>.overlay.mp4``: the video with what was found in it drawn over and below it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..keys import key_of
from ..store import open_store
from ..video import Frame, probe, redraw, redrawn_note
from .contents import VideoContents
from .painting import Painter
from .thumbnails import Faces

_VERSION = 1


def write_overlay(
    contents: VideoContents,
    film: Path,
    *,
    faces: Faces = "shown",
    on_progress: Callable[[float], None] | None = None,
) -> tuple[bool, tuple[str, ...]]:
    """Bring the overlay of a video up to date; whether it was written anew, and what of the sound was lost.

    Args:
        film: the video.
        faces: unless ``shown``, faces that were found are blurred.
        on_progress: called with the share that is done, 0 to 1.

    Raises:
        StoreError: the track store is missing or damaged, or of another run than the timeline.
        VideoError: the video cannot be read, or the overlay cannot be written.
    """
    if has_overlay(contents, faces=faces):
        return False, ()
    said: list[str] = []
    with open_store(contents.video.tracks_path) as store:
        painter = Painter(contents, {track.track_id: track for track in store.tracks}, faces)

    def draw(frame: Frame) -> NDArray[np.uint8]:
        if on_progress is not None and contents.duration_seconds:
            on_progress(min(1.0, frame.pts_seconds / contents.duration_seconds))
        return painter.paint(frame.rgb(), frame.frame_index, frame.pts_seconds)

    target, note = contents.video.overlay_path, _note(contents, faces)
    still_fps = contents.source.get("average_fps") if film.is_dir() else None
    source = probe(film, still_fps=still_fps) if still_fps else film
    redraw(source, target, draw, note=note, on_lost_sound=said.append)
    return True, tuple(said)


def has_overlay(contents: VideoContents, *, faces: Faces = "shown") -> bool:
    """Whether the overlay of a video is there, and of this timeline."""
    return redrawn_note(contents.video.overlay_path) == _note(contents, faces)


def _note(contents: VideoContents, faces: Faces) -> str:
    return "seqfer overlay " + key_of(version=_VERSION, timeline=contents.key, faces=faces)
