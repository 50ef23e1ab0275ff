"""Opening a video file with PyAV: the checks, in words, before and while FFmpeg looks at it."""

from __future__ import annotations

import errno
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.format import Flags
from av.stream import Disposition

from ..errors import VideoError

MAX_SIDE_PIXELS = 16384
MAX_PIXELS = 142_606_336  # of the largest pictures that any level of H.265 allows
_NOT_VIDEOS = {  # what FFmpeg would happily play all the same
    "tty": "it is text",
    "concat": "it is a playlist",
    "hls": "it is a playlist",
    "dash": "it is a playlist",
}
_MAX_PIXEL_ASPECT = 4.0  # no camera goes beyond: the tag is wrong
_FALLBACK_RATE = Fraction(25)
_CLOCK_TIME = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)$")

#: What PyAV raises over damaged data. (A LookupError when a transport stream gains streams on the way.)
UNREADABLE = (av.error.FFmpegError, OSError, LookupError)

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
        # The scheme keeps a colon in a name from being taken for a protocol, and, by FFmpeg's own rule for
        # files, keeps a playlist in disguise from reaching out to the network.
        # FFmpeg decodes some frames to see what they are, and is to take no memory for absurd ones even then.
        container = av.open(f"file:{path}", metadata_errors="replace", options=_bound())
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise VideoError(path, f"is not a readable video ({describe(error)})") from error
    try:
        yield container, _picture_stream(path, container)
    finally:
        container.close()


def _picture_stream(path: Path, container: av.container.InputContainer) -> av.VideoStream:
    if container.format.name in _NOT_VIDEOS:
        raise VideoError(path, f"is not a readable video ({_NOT_VIDEOS[container.format.name]})")
    films = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not films:
        raise VideoError(path, "has no video stream")
    best = container.streams.best("video")
    stream = best if best in films else films[0]
    codec = stream.codec_context
    if codec is None:
        raise VideoError(path, "has a video stream in a format that this FFmpeg cannot decode")
    check_size(path, codec.width, codec.height)
    codec.options = _bound()  # also of pictures that are larger only later on
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
    if width * height > MAX_PIXELS:
        most = f"{MAX_PIXELS / 1e6:.0f} million"
        raise VideoError(path, f"declares pictures of {width}x{height}; at most {most} pixels are read")


def _bound() -> dict[str, str]:
    """FFmpeg's option for decoders: no memory is taken for larger pictures."""
    return {"max_pixels": str(MAX_PIXELS)}


def why_not_decoded(stream: av.VideoStream, error: Exception) -> str:
    """What is wrong with a packet that a decoder did not take, in words."""
    codec = stream.codec_context
    if codec.width * codec.height > MAX_PIXELS:
        return f"it claims pictures of {codec.width}x{codec.height} pixels"
    if not codec.width:  # what decoders make of sizes that they refuse
        return "it claims pictures of an absurd size"
    return describe(error)


def nominal_rate(stream: av.VideoStream) -> Fraction | None:
    """Declared frames per second; None where nothing is declared."""
    if has_no_times(stream):  # the container's rate is made up, the codec's may be declared
        return stream.guessed_rate or None
    return stream.average_rate or stream.guessed_rate or None


def step_seconds(stream: av.VideoStream) -> Fraction:
    """Declared time from frame to frame; 1/25 where nothing is declared."""
    return 1 / (nominal_rate(stream) or _FALLBACK_RATE)


def has_no_times(stream: av.VideoStream) -> bool:
    """A bare stream of pictures (raw H.264 and the like), whose time stamps FFmpeg makes up."""
    return bool(stream.container.format.flags & Flags.no_timestamps.value)


def pixel_aspect(stream: av.VideoStream) -> float:
    """Width of a pixel over its height; 1 where nothing, or nothing sensible, is declared."""
    declared = float(stream.sample_aspect_ratio or 1)
    return declared if 1 / _MAX_PIXEL_ASPECT <= declared <= _MAX_PIXEL_ASPECT else 1.0


def may_reset_clock(stream: av.VideoStream) -> bool:
    """Of a kind whose clock may be set anew on the way (transport streams)."""
    return bool(stream.container.format.flags & Flags.ts_discont.value)


def declared_seconds(stream: av.VideoStream) -> float | None:
    """Length of the picture stream as declared; None where nothing is."""
    if has_no_times(stream):
        return None
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    start = float((stream.start_time or 0) * (stream.time_base or 0))
    tag = _CLOCK_TIME.match(stream.metadata.get("DURATION", ""))  # Matroska's, per stream: it tells the end
    if tag:
        return max(0.0, int(tag[1]) * 3600 + int(tag[2]) * 60 + float(tag[3]) - start)
    whole = getattr(stream.container, "duration", None)
    return whole / av.time_base if whole else None


def describe(error: Exception) -> str:
    """FFmpeg's own words, without the error number and the path that PyAV puts around them."""
    return getattr(error, "strerror", None) or str(error)
