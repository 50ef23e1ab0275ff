"""Opening a video file with PyAV: the checks, in words, before and while FFmpeg looks at it."""

from __future__ import annotations

import errno
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.stream import Disposition

from ..errors import VideoError

MAX_SIDE_PIXELS = 16384
_NOT_PICTURES = frozenset({"tty"})  # FFmpeg will happily render any text file as a film

av.logging.set_level(None)  # nothing of FFmpeg's own is to land on a user's terminal


def check_readable(path: Path) -> None:
    """Raise :class:`VideoError` unless ``path`` is a regular, non-empty file that may be read."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise VideoError(path, "is not a regular file")
        if status.st_size == 0:
            raise VideoError(path, "is empty (0 bytes)")
        with path.open("rb"):
            pass
    except OSError as error:
        raise VideoError(path, os_reason(error)) from error
    except ValueError as error:  # a null byte in the name
        raise VideoError(path, "is not a possible file name") from error


def os_reason(error: OSError) -> str:
    """An operating-system error in the words of an error line."""
    if error.errno == errno.ENOENT:
        return "no such file or folder"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "cannot be read: permission denied"
    return f"cannot be read: {error.strerror or error}"


@contextmanager
def open_video(path: Path) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
    """The container and its picture stream, ready to decode in this thread alone; closed on exit.

    Raises:
        VideoError: see :func:`check_readable`; not a video, no picture in it, or an absurd size.
    """
    check_readable(path)
    try:
        # The scheme keeps a colon in a name from being taken for a protocol; the whitelist keeps a
        # playlist in disguise from reaching out to the network.
        container = av.open(
            f"file:{path}", metadata_errors="replace", options={"protocol_whitelist": "file,crypto"}
        )
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise VideoError(path, f"is not a readable video ({describe(error)})") from error
    try:
        yield container, _picture_stream(path, container)
    finally:
        container.close()


def _picture_stream(path: Path, container: av.container.InputContainer) -> av.VideoStream:
    if container.format.name in _NOT_PICTURES:
        raise VideoError(path, "is not a readable video (it is text)")
    films = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not films:
        raise VideoError(path, "has no video stream")
    best = container.streams.best("video")
    stream = best if best in films else films[0]
    codec = stream.codec_context
    if codec is None:
        raise VideoError(path, "has a video stream in a format that this FFmpeg cannot decode")
    check_size(path, codec.width, codec.height)
    # Workers are one thread each; slices, not frames, so that the last frames of a cut file are not lost.
    stream.thread_type = "SLICE"
    codec.thread_count = 1
    return stream


def check_size(path: Path, width: int, height: int) -> None:
    """Raise :class:`VideoError` for pictures that no camera makes and no worker can hold."""
    if max(width, height) > MAX_SIDE_PIXELS:
        raise VideoError(
            path, f"declares pictures of {width}x{height} pixels; at most {MAX_SIDE_PIXELS} a side are read"
        )


def describe(error: Exception) -> str:
    """FFmpeg's own words, without the error number and the path that PyAV puts around them."""
    return getattr(error, "strerror", None) or str(error)
