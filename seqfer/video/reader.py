"""One way to read frames, whatever the file and whichever library decodes it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from ..errors import VideoError
from . import pyav_reader, stills
from .decord_reader import DecordUnfitError, DecordVideo
from .frame import Frame, FrameBatch
from .seeking import frames_by_seeking
from .source import DEFAULT_STILL_FPS, VideoSource
from .span import Span

Reader = Literal["auto", "pyav", "decord"]


def read_frames(
    source: VideoSource | Path | str,
    *,
    reader: Reader = "auto",
    on_damage: Callable[[str], None] | None = None,
    span: Span | None = None,
) -> Generator[Frame, None, None]:
    """Every displayed frame once, in order, upright, with exact times; in bounded memory.

    "auto" is PyAV: native planes are faster to read than decord's RGB, and right on edit lists,
    transport streams and damage. "decord" is taken at its word where it agrees with the container about
    the number and the times of the frames, and gives way to PyAV (saying so) where it does not. Closing
    the generator closes the file.

    Args:
        source: a probed video, or the path of one (stills by path count as 30 a second).
        reader: "auto", "pyav" or "decord". Stills are read without either.
        on_damage: receives one line for everything skipped, guessed or read another way.
        span: the part to read, from :func:`seqfer.video.plan_spans`; None is all.

    Raises:
        VideoError: the video cannot be opened, or not one frame can be decoded.
        ValueError: an unknown reader, or a part where only all can be read (stills, "decord").
    """
    check_reader(reader)
    path, still_fps = _where(source)
    say = on_damage or (lambda _: None)
    if span and not span.is_whole and (still_fps is not None or reader == "decord"):
        raise ValueError("stills, and decord, can only be read whole")
    if still_fps is not None:
        return stills.read(path, still_fps, say)
    return _decord_then_pyav(path, say) if reader == "decord" else pyav_reader.read(path, say, span)


def check_reader(reader: str) -> None:
    """Raise ValueError for a reader that does not exist."""
    if reader not in get_args(Reader):
        raise ValueError(f"reader must be one of {', '.join(get_args(Reader))}, got {reader!r}")


def _where(source: VideoSource | Path | str) -> tuple[Path, float | None]:
    """The path, and the rate if it is a folder of stills."""
    if isinstance(source, VideoSource):
        return source.path, source.still_fps
    path = Path(source)
    return path, DEFAULT_STILL_FPS if path.is_dir() else None


def _decord_then_pyav(path: Path, say: Callable[[str], None]) -> Generator[Frame, None, None]:
    index, last_seconds = 0, -1.0
    try:
        video = DecordVideo(path)
        while index < len(video):
            frame = video.frame(index)
            yield frame
            index, last_seconds = index + 1, frame.pts_seconds
        return
    except DecordUnfitError as unfit:
        say(f"read with PyAV: {unfit}")
    for frame in pyav_reader.read(path, say):
        if frame.pts_seconds > last_seconds:
            yield replace(frame, frame_index=index)
            index += 1


def frames_at(
    source: VideoSource | Path | str, indices: Sequence[int], *, reader: Reader = "auto"
) -> FrameBatch:
    """Single frames as RGB, for thumbnails and overlays.

    Indices mean what they mean in :func:`read_frames`. (In a file with damage in it, packets that promise
    frames which no reader can deliver shift the indices behind them by as many.)
    Ask for all frames in one call: each call goes through the packets of the file, without decoding them.

    Args:
        source: as for :func:`read_frames`.
        indices: any order, repeats allowed.
        reader: "auto" and "decord" are decord where it agrees with the container, else PyAV, which seeks
            too where every frame can be told by its time, and else reads from the start.

    Raises:
        IndexError: an index that the video does not have.
        VideoError: as for :func:`read_frames`; or the wanted frames are not all of one size.
    """
    check_reader(reader)
    path, still_fps = _where(source)
    order = np.asarray(list(indices), np.int64)
    wanted = set(order.tolist())
    frames = None
    if still_fps is None and wanted:
        frames = None if reader == "pyav" else _seek_with_decord(path, wanted)
        frames = frames if frames is not None else frames_by_seeking(path, wanted)
    if frames is None:
        frames = _read_up_to(source, wanted)
    found = {frame.frame_index: frame for frame in frames}
    missing = sorted(wanted - set(found))
    if missing:
        raise IndexError(f"{path}: no frame {missing[0]}")
    pictures = {index: frame.rgb() for index, frame in found.items()}
    if len({picture.shape for picture in pictures.values()}) > 1:
        raise VideoError(path, "the frames asked for are of different sizes")
    return FrameBatch(
        data=np.stack([pictures[i] for i in order.tolist()]) if wanted else np.zeros((0, 0, 0, 3), np.uint8),
        frame_indices=order,
        pts_seconds=np.array([found[i].pts_seconds for i in order.tolist()], np.float64),
    )


def _seek_with_decord(path: Path, wanted: set[int]) -> list[Frame] | None:
    try:
        video = DecordVideo(path)
        return [video.frame(index) for index in sorted(wanted) if 0 <= index < len(video)]
    except DecordUnfitError:
        return None


def _read_up_to(source: VideoSource | Path | str, wanted: set[int]) -> list[Frame]:
    if not wanted:
        return []
    with closing(read_frames(source)) as frames:
        wanted_or_last = (frame for frame in frames if frame.frame_index in wanted)
        return list(itertools.islice(wanted_or_last, len(wanted)))
