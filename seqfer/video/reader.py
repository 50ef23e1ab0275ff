"""One way to read frames, whatever the file and whichever library decodes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from ..errors import VideoError
from . import pyav_reader, stills
from .decord_reader import DecordUnfitError, DecordVideo
from .frame import Frame, FrameBatch
from .source import DEFAULT_STILL_FPS, VideoSource

Reader = Literal["auto", "pyav", "decord"]


def read_frames(
    source: VideoSource | Path | str,
    *,
    reader: Reader = "auto",
    on_damage: Callable[[str], None] | None = None,
) -> Iterator[Frame]:
    """Every displayed frame once, in order, upright, with exact times; in bounded memory.

    "auto" is PyAV: native planes are faster to read than decord's RGB, and right on edit lists,
    transport streams and damage. "decord" is taken at its word where it agrees with the container about
    the number and the times of the frames, and gives way to PyAV (saying so) where it does not.

    Args:
        source: a probed video, or the path of one (stills by path count as 30 a second).
        reader: "auto", "pyav" or "decord". Stills are read without either.
        on_damage: receives one line for everything skipped, guessed or read another way.

    Raises:
        VideoError: the video cannot be opened, or not one frame can be decoded.
        ValueError: an unknown reader.
    """
    if reader not in ("auto", "pyav", "decord"):
        raise ValueError(f"reader must be auto, pyav or decord, got {reader!r}")
    path, still_fps = _where(source)
    say = on_damage or (lambda _: None)
    if still_fps is not None:
        return stills.read(path, still_fps, say)
    return _decord_then_pyav(path, say) if reader == "decord" else pyav_reader.read(path, say)


def _where(source: VideoSource | Path | str) -> tuple[Path, float | None]:
    """The path, and the rate if it is a folder of stills."""
    if isinstance(source, VideoSource):
        return source.path, source.still_fps
    path = Path(source)
    return path, DEFAULT_STILL_FPS if path.is_dir() else None


def _decord_then_pyav(path: Path, say: Callable[[str], None]) -> Iterator[Frame]:
    index, last_seconds = 0, -1.0
    try:
        for frame in DecordVideo(path).frames():
            yield frame
            index, last_seconds = frame.frame_index + 1, frame.pts_seconds
        return
    except DecordUnfitError as unfit:
        say(f"read with PyAV: {unfit}")
    for frame in pyav_reader.read(path, say):
        if frame.pts_seconds > last_seconds:
            yield Frame(
                frame_index=index,
                pts_seconds=frame.pts_seconds,
                picture=frame.picture,
                orientation=frame.orientation,
            )
            index += 1


def frames_at(
    source: VideoSource | Path | str, indices: Sequence[int], *, reader: Reader = "auto"
) -> FrameBatch:
    """Single frames as RGB, for thumbnails and overlays.

    Args:
        source: as for :func:`read_frames`.
        indices: frame indices as :func:`read_frames` counts them; any order, repeats allowed.
        reader: "auto" is decord where it agrees with the container (it seeks), else PyAV (it reads from
            the start, up to the last index).

    Raises:
        IndexError: an index that the video does not have.
        VideoError: as for :func:`read_frames`; or the wanted frames are not all of one size.
    """
    path, still_fps = _where(source)
    wanted = np.asarray(list(indices), np.int64)
    found = None
    if still_fps is None and reader in ("auto", "decord") and len(wanted):
        found = _seek_with_decord(path, set(wanted.tolist()))
    if found is None:
        found = _read_up_to(source, set(wanted.tolist()), reader)
    missing = sorted(set(wanted.tolist()) - set(found))
    if missing:
        raise IndexError(f"{path}: no frame {missing[0]}")
    frames = [found[index] for index in wanted.tolist()]
    pictures = [picture for picture, _ in frames]
    if len({picture.shape for picture in pictures}) > 1:
        raise VideoError(path, "the frames asked for are of different sizes")
    return FrameBatch(
        data=np.stack(pictures) if pictures else np.zeros((0, 0, 0, 3), np.uint8),
        frame_indices=wanted,
        pts_seconds=np.array([seconds for _, seconds in frames], np.float64),
    )


def _seek_with_decord(path: Path, wanted: set[int]) -> dict[int, tuple[np.ndarray, float]] | None:
    try:
        video = DecordVideo(path)
        inside = sorted(index for index in wanted if 0 <= index < len(video))
        return {index: (video.rgb(index), float(video.pts_seconds[index])) for index in inside}
    except DecordUnfitError:
        return None


def _read_up_to(
    source: VideoSource | Path | str, wanted: set[int], reader: Reader
) -> dict[int, tuple[np.ndarray, float]]:
    found: dict[int, tuple[np.ndarray, float]] = {}
    if not wanted:
        return found
    last = max(wanted)
    for frame in read_frames(source, reader="pyav"):
        if frame.frame_index in wanted:
            found[frame.frame_index] = (frame.rgb(), frame.pts_seconds)
        if frame.frame_index >= last:
            break
    return found
