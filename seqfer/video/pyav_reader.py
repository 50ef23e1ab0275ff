"""Sequential decoding by PyAV: native planes, exact times, and on past damage.

Packets are decoded one by one, so that a damaged one costs its own frame and not the rest of the video.
Memory stays flat whatever the consumer's pace: FFmpeg decodes only when asked for the next frame.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from ..errors import VideoError
from .clock import Clock
from .colour import FULL_RANGE, matrix_for
from .container import (
    UNREADABLE,
    check_size,
    declared_seconds,
    describe,
    has_no_times,
    may_reset_clock,
    open_video,
    step_seconds,
)
from .frame import Frame
from .orientation import UPRIGHT, Orientation
from .picture import Picture, RgbPicture, YuvPicture

_DIRECT = frozenset({"yuv420p", "yuvj420p"})
_MAX_READ_FAILURES = 50  # in a row: after that the rest of the file is given up
_REPORT_SECONDS = 1.0  # damage that lies closer together is one line
_EARLY_END_SECONDS = 0.5


def read(path: Path, say: Callable[[str], None]) -> Generator[Frame, None, None]:
    """Every displayed frame of a video file, in order.

    Args:
        path: the file.
        say: receives one line for every stretch of damage.

    Raises:
        VideoError: see :func:`seqfer.video.container.open_video`; or no frame could be decoded.
    """
    with open_video(path) as (container, stream):
        clock = Clock(
            time_base=stream.time_base or Fraction(1, 1000),
            step=step_seconds(stream),
            resets=may_reset_clock(stream),
            say=say,
        )
        time_stamp = _time_stamps(stream)
        damage = _Damage(clock, say)
        stamped = ((time_stamp(decoded), decoded) for decoded in _decode(container, stream, damage))
        for index, (seconds, decoded) in enumerate(clock.run(stamped)):
            check_size(path, decoded.width, decoded.height)
            damage.patched(seconds if decoded.is_corrupt else None)
            damage.report(before_seconds=seconds - _REPORT_SECONDS)
            yield Frame(
                frame_index=index,
                pts_seconds=seconds,
                picture=picture_of(decoded),
                orientation=orientation_of(decoded),
            )
        damage.report()
        if clock.last_seconds is None:
            raise VideoError(path, "not one frame of it can be decoded")
        _report_early_end(stream, damage.packets, clock.last_seconds, say)


def _time_stamps(stream: av.VideoStream) -> Callable[[av.VideoFrame], int | None]:
    """How frames of this stream tell their time, in ticks, in order of display."""
    if has_no_times(stream):
        return lambda decoded: None
    if stream.container.format.name == "avi":
        # AVI numbers packets, not pictures: where a codec reorders them, only the order of coming out
        # is right, and that is what the time stamp of decoding follows.
        return lambda decoded: decoded.dts
    has_pts = False

    def pts_else_dts(decoded: av.VideoFrame) -> int | None:
        nonlocal has_pts
        has_pts = has_pts or decoded.pts is not None
        return decoded.pts if has_pts else decoded.dts

    return pts_else_dts


def _report_early_end(
    stream: av.VideoStream, packets: int, last_seconds: float, say: Callable[[str], None]
) -> None:
    """Say so if the container declares more than there was. (Transport streams declare nothing.)"""
    declared = declared_seconds(stream)
    if declared is None or may_reset_clock(stream) or (stream.frames and packets >= stream.frames):
        return
    if declared - last_seconds > max(_EARLY_END_SECONDS, 2 * float(step_seconds(stream))):
        say(f"the file ends early: {last_seconds:.1f} s of the declared {declared:.1f} s can be read")


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
        except UNREADABLE as error:
            failures += 1
            damage.skipped(None, describe(error))
            packets = container.demux(stream)  # the generator is spent, the file is not
            continue
        if not packet.size and packet.dts is not None:
            continue  # AVI's way to say "as before"; a decoder would take it for the end
        failures = 0
        damage.packets += packet.size > 0
        try:
            frames = packet.decode()
        except UNREADABLE as error:
            damage.skipped(packet.pts, describe(error))
            continue
        yield from frames
        if not packet.size:  # the end: the decoder has given what it held back
            return


class _Damage:
    """Counts packets, and gathers what is wrong with them into one line per stretch."""

    def __init__(self, clock: Clock, say: Callable[[str], None]) -> None:
        self.packets = 0
        self._clock, self._say = clock, say
        self._start()

    def _start(self) -> None:
        self._skipped, self._patched, self._why = 0, 0, ""
        self._near_seconds: float | None = None

    def skipped(self, ticks: int | None, why: str) -> None:
        """A packet could not be read or decoded."""
        self._skipped += 1
        self._why = self._why or f" ({why})"
        if self._near_seconds is None:
            self._near_seconds = self._clock.position(ticks)

    def patched(self, seconds: float | None) -> None:
        """A picture was decoded with pieces missing, and patched up by the decoder (None: it was not)."""
        if seconds is not None:
            self._patched += 1
            if self._near_seconds is None:
                self._near_seconds = seconds

    def report(self, before_seconds: float = float("inf")) -> None:
        """Say what has gathered, if it began before a time."""
        if self._near_seconds is None or self._near_seconds > before_seconds:
            return
        what = [
            f"{count} {noun}{'s' * (count > 1)} {fate}"
            for count, noun, fate in (
                (self._skipped, "damaged packet", "skipped"),
                (self._patched, "damaged picture", "kept"),
            )
            if count
        ]
        self._say(f"{', '.join(what)} near {self._near_seconds:.1f} s{self._why}")
        self._start()


def orientation_of(decoded: av.VideoFrame) -> Orientation:
    """Upright as the display matrix of the frame says."""
    matrix = decoded.side_data.get("DISPLAYMATRIX")
    return UPRIGHT if matrix is None else Orientation.from_display_matrix(bytes(matrix))


def picture_of(decoded: av.VideoFrame) -> Picture:
    """The pixels of a decoded frame. 8-bit 4:2:0 planes are shared with the decoder, not copied."""
    pixels = decoded.format
    if pixels.is_rgb or pixels.has_palette or pixels.name.startswith("mono"):
        return RgbPicture(data=decoded.to_ndarray(format="rgb24"))
    # swscale takes grey for full range whatever its tag says, and so do the files it writes.
    full = pixels.name.startswith(("yuvj", "gray")) or decoded.color_range == FULL_RANGE
    matrix = matrix_for(decoded.colorspace, decoded.height)
    if pixels.name not in _DIRECT:
        # The same matrix and range on both sides, so that swscale leaves the scale of values alone.
        colour = Colorspace.ITU709
        scale = ColorRange.JPEG if full else ColorRange.MPEG
        decoded = decoded.reformat(
            format="yuvj420p" if full else "yuv420p",
            src_colorspace=colour,
            dst_colorspace=colour,
            src_color_range=scale,
            dst_color_range=scale,
        )
    y, u, v = (_plane(plane) for plane in decoded.planes[:3])
    return YuvPicture(y=y, u=u, v=v, matrix=matrix, full_range=full)


def _plane(plane: av.video.plane.VideoPlane) -> NDArray[np.uint8]:
    """uint8 (height, width) view without the padding; it keeps the decoded frame alive."""
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
