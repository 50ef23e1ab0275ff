"""What a video is, before it is read: size, rate, length, and whether its content is still the same."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import VideoError
from . import pyav_reader, stills
from .container import declared_seconds, nominal_rate, open_video, os_reason
from .span import Span

Kind = Literal["container", "stills"]
DEFAULT_STILL_FPS = 30.0
_WHOLE_BYTES = 8 << 20
_BLOCK_BYTES = 64 << 10
_BLOCKS = 64


@dataclass(frozen=True, kw_only=True)
class VideoSource:
    """A video file, or a folder of numbered stills.

    Attributes:
        path: the file or folder.
        video_id: its name in every output.
        kind: "container" for a file, "stills" for a folder.
        num_frames: as the container declares (it may count frames that are never displayed), or as many
            as there are stills; None if nothing is declared.
        average_fps: frames per second as declared; None if nothing is. Never to be used for times.
        width, height: of the upright picture, pixels.
        duration_seconds: as declared; None if nothing is.
        still_fps: rate that was declared for stills; None for a file.
        rotation_degrees: clockwise turn that brings the stored picture upright: 0, 90, 180 or 270.

    Raises:
        ValueError: sizes or rates that are not positive.
    """

    path: Path
    video_id: str
    kind: Kind
    num_frames: int | None
    average_fps: float | None
    width: int
    height: int
    duration_seconds: float | None
    still_fps: float | None = None
    rotation_degrees: int = 0

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a picture needs a size, got {self.width}x{self.height}")
        if (self.still_fps is not None) != (self.kind == "stills"):
            raise ValueError(f"still_fps belongs to stills alone, got {self.still_fps} for a {self.kind}")


def probe(
    path: Path | str, *, video_id: str | None = None, still_fps: float = DEFAULT_STILL_FPS
) -> VideoSource:
    """Open a video, decode its first frame, and say what it is.

    Args:
        path: a file, or a folder of numbered stills.
        video_id: name for the outputs; None takes the file's stem or the folder's name.
        still_fps: frames per second that stills are declared to have.

    Raises:
        VideoError: it cannot be read, or holds no picture; one line that names the file.
        ValueError: ``still_fps`` is not positive.
    """
    path = Path(path)
    check_still_fps(still_fps)
    if path.is_dir():
        return _probe_stills(path, video_id or path.resolve().name, still_fps)
    return _probe_container(path, video_id or path.stem)


def check_still_fps(still_fps: float) -> None:
    if not (math.isfinite(still_fps) and still_fps > 0):
        raise ValueError(f"still_fps must be a positive number, got {still_fps}")


def _probe_stills(path: Path, video_id: str, still_fps: float) -> VideoSource:
    paths = stills.still_paths(path)
    first = next(stills.read(path, still_fps, lambda _: None))
    return VideoSource(
        path=path,
        video_id=video_id,
        kind="stills",
        num_frames=len(paths),
        average_fps=still_fps,
        width=first.size[0],
        height=first.size[1],
        duration_seconds=len(paths) / still_fps,
        still_fps=still_fps,
    )


def _probe_container(path: Path, video_id: str) -> VideoSource:
    with open_video(path) as (container, stream):
        rate, seconds, frames = nominal_rate(stream), declared_seconds(stream), stream.frames
        first = next(pyav_reader.read_opened(path, container, stream, lambda _: None, Span()))
    return VideoSource(
        path=path,
        video_id=video_id,
        kind="container",
        num_frames=frames or None,
        average_fps=float(rate) if rate else None,
        width=first.size[0],
        height=first.size[1],
        duration_seconds=seconds,
        rotation_degrees=first.orientation.rotation_degrees,
    )


def fingerprint(path: Path | str) -> str:
    """A digest of content, to tell whether a video is still the one that was extracted.

    SHA-256 over the size in bytes and the content: all of it up to 8 MiB; of a larger file 64 evenly
    spaced blocks of 64 KiB, first and last included, so that a film of many gigabytes takes milliseconds.
    (An edit of a large file that keeps its size and touches none of these blocks goes unnoticed.)
    For a folder of stills: SHA-256 over the names and such digests of its still frames, in order.

    Returns:
        64 hexadecimal digits.

    Raises:
        VideoError: the file or folder cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        total = hashlib.sha256()
        for still in stills.still_paths(path):
            total.update(os.fsencode(still.name) + f"\0{fingerprint(still)}\n".encode())
        return total.hexdigest()
    try:
        size = path.stat().st_size
        digest = hashlib.sha256(f"{size}\n".encode())
        with path.open("rb") as file:
            for start, length in _sampled(size):
                file.seek(start)
                digest.update(file.read(length))
    except OSError as error:
        raise VideoError(path, os_reason(error)) from error
    return digest.hexdigest()


def _sampled(size: int) -> Iterator[tuple[int, int]]:
    """(start, length) in bytes of what is digested of a file of ``size`` bytes."""
    if size <= _WHOLE_BYTES:
        yield 0, size
        return
    last = size - _BLOCK_BYTES
    for block in range(_BLOCKS):
        yield last * block // (_BLOCKS - 1), _BLOCK_BYTES
