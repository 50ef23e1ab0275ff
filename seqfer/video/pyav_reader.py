"""Sequential decoding by PyAV: native planes, exact times, and on past damage.

Packets are decoded one by one, so that a damaged one costs its own frame and not the rest of the video.
Memory stays flat whatever the consumer's pace: FFmpeg decodes only when asked for the next frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ..errors import VideoError
from .clock import Clock
from .colour import FULL_RANGE, matrix_for
from .container import check_size, describe, open_video
from .frame import Frame
from .orientation import UPRIGHT, Orientation
from .picture import Picture, RgbPicture, YuvPicture

_DIRECT = frozenset({"yuv420p", "yuvj420p"})
_MAX_READ_FAILURES = 50  # in a row: after that the rest of the file is given up
_FALLBACK_RATE = Fraction(25)
_REPORT_EVERY_SECONDS = 1.0


def read(path: Path, say: Callable[[str], None]) -> Iterator[Frame]:
    """Every displayed frame of a video file, in order.

    Args:
        path: the file.
        say: receives one line for every stretch of damage.

    Raises:
        VideoError: see :func:`seqfer.video.container.open_video`; or no frame could be decoded.
    """
    with open_video(path) as (container, stream):
        clock = Clock(time_base=stream.time_base or Fraction(1, 1000), rate=nominal_rate(stream), say=say)
        damage = _Damage(clock, say)
        index = 0
        for decoded in _decode(container, stream, damage):
            seconds = clock.tell(decoded.pts, decoded.dts)
            if seconds is None:
                continue
            check_size(path, decoded.width, decoded.height)
            damage.report(before_seconds=seconds - _REPORT_EVERY_SECONDS)
            yield Frame(
                frame_index=index,
                pts_seconds=seconds,
                picture=picture_of(decoded),
                orientation=orientation_of(decoded),
            )
            index += 1
        damage.report()
        last = clock.finish()
        if last is None:
            raise VideoError(path, "not one frame of it can be decoded")
        _report_early_end(stream, damage.packets, last, say)


def nominal_rate(stream: av.VideoStream) -> Fraction:
    """Declared frames per second; 25 where nothing is declared."""
    return stream.average_rate or stream.guessed_rate or _FALLBACK_RATE


def _decode(
    container: av.container.InputContainer, stream: av.VideoStream, damage: _Damage
) -> Iterator[av.VideoFrame]:
    packets = container.demux(stream)
    failures = 0
    while failures < _MAX_READ_FAILURES:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.error.FFmpegError, OSError) as error:
            failures += 1
            damage.add(None, describe(error))
            packets = container.demux(stream)  # the generator is spent, the file is not
            continue
        failures = 0
        damage.packets += 1
        try:
            frames = packet.decode()
        except (av.error.FFmpegError, OSError) as error:
            damage.add(packet.pts, describe(error))
            continue
        yield from frames


class _Damage:
    """Counts packets, and gathers damaged ones into one line per stretch."""

    def __init__(self, clock: Clock, say: Callable[[str], None]) -> None:
        self.packets = 0
        self._clock, self._say = clock, say
        self._count, self._near_seconds, self._why = 0, 0.0, ""

    def add(self, ticks: int | None, why: str) -> None:
        if not self._count:
            self._near_seconds, self._why = self._clock.position(ticks), why
        self._count += 1

    def report(self, before_seconds: float = float("inf")) -> None:
        if self._count and self._near_seconds <= before_seconds:
            noun = "packet" if self._count == 1 else "packets"
            self._say(f"{self._count} damaged {noun} skipped near {self._near_seconds:.1f} s ({self._why})")
            self._count = 0


def _report_early_end(
    stream: av.VideoStream, packets: int, last_seconds: float, say: Callable[[str], None]
) -> None:
    if not stream.frames or not stream.duration or packets >= stream.frames:
        return
    declared = float(stream.duration * stream.time_base)
    if declared - last_seconds > max(0.5, 2 / float(nominal_rate(stream))):
        say(f"the file ends early: {last_seconds:.1f} s of the declared {declared:.1f} s can be read")


def orientation_of(decoded: av.VideoFrame) -> Orientation:
    """Upright as the display matrix of the frame says."""
    matrix = decoded.side_data.get("DISPLAYMATRIX")
    return UPRIGHT if matrix is None else Orientation.from_display_matrix(bytes(matrix))


def picture_of(decoded: av.VideoFrame) -> Picture:
    """The pixels of a decoded frame. 8-bit 4:2:0 planes are shared with the decoder, not copied."""
    pixels = decoded.format
    if pixels.is_rgb or pixels.has_palette or pixels.name.startswith("mono"):
        return RgbPicture(data=decoded.to_ndarray(format="rgb24"))
    grey = pixels.name.startswith("gray")
    full = (
        pixels.name.startswith("yuvj")
        or decoded.color_range == FULL_RANGE
        or (grey and not decoded.color_range)
    )
    matrix = matrix_for(decoded.colorspace, decoded.height)
    if pixels.name not in _DIRECT:
        # Between formats of one range swscale leaves the scale of values alone (grey counts as full).
        decoded = decoded.reformat(format="yuvj420p" if full or grey else "yuv420p")
    y, u, v = (_plane(plane) for plane in decoded.planes[:3])
    return YuvPicture(y=y, u=u, v=v, matrix=matrix, full_range=full)


def _plane(plane: av.video.plane.VideoPlane) -> NDArray[np.uint8]:
    """uint8 (height, width) view without the padding; it keeps the decoded frame alive."""
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
