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
    pixel_aspect,
    step_seconds,
    why_not_decoded,
)
from .damage import Damage
from .frame import Frame
from .orientation import Orientation
from .picture import Picture, RgbPicture, YuvPicture
from .span import Span

_DIRECT = frozenset({"yuv420p", "yuvj420p"})
_MAX_READ_FAILURES = 50  # in a row: after that the rest of the file is given up
_EARLY_END_SECONDS = 0.5


def read(path: Path, say: Callable[[str], None], span: Span | None = None) -> Generator[Frame, None, None]:
    """Every displayed frame of a video file, or of one span of it, in order.

    Args:
        path: the file.
        say: receives one line for every stretch of damage.
        span: which part; None is all.

    Raises:
        VideoError: see :func:`seqfer.video.container.open_video`; or no frame could be decoded, or the
            span does not begin where it was planned to.
    """
    with open_video(path) as (container, stream):
        yield from read_opened(path, container, stream, say, span or Span())


def read_opened(
    path: Path,
    container: av.container.InputContainer,
    stream: av.VideoStream,
    say: Callable[[str], None],
    span: Span,
) -> Generator[Frame, None, None]:
    """As :func:`read`, of a file that is open already."""
    clock = Clock(
        time_base=stream.time_base or Fraction(1, 1000),
        step=step_seconds(stream),
        resets=may_reset_clock(stream),
        say=say,
        origin_ticks=span.origin_tick,
    )
    damage = Damage(clock, say)
    orientations = Orientations(stream)
    stamped = _stamped(path, container, stream, damage, span)
    for index, (seconds, decoded) in enumerate(clock.run(stamped), start=span.start_frame):
        check_size(path, decoded.width, decoded.height)
        is_damaged = damage.meets(seconds, decoded.is_corrupt)
        if index == span.start_frame and seconds > span.start_seconds:
            is_damaged = True
            say(f"nothing between {span.start_seconds:.1f} s and {seconds:.1f} s can be decoded")
        damage.report_before(seconds)
        yield Frame(
            frame_index=index,
            pts_seconds=seconds,
            picture=picture_of(decoded),
            orientation=orientations.of(decoded),
            is_damaged=is_damaged,
        )
    damage.report()
    if span.stop_tick is not None:
        return
    if clock.last_seconds is None and span.is_whole:
        raise VideoError(path, "not one frame of it can be decoded")
    _report_early_end(stream, span.start_frame + damage.packets, clock.last_seconds or 0.0, say)


def first_tick(path: Path, start_tick: int | None = None) -> int | None:
    """Time stamp of the first frame that can be decoded, of the file or from a key frame on.

    Raises:
        VideoError: as for :func:`read`.
    """
    with open_video(path) as (container, stream):
        clock = Clock(time_base=Fraction(1), step=Fraction(1), resets=False, say=lambda _: None)
        damage = Damage(clock, lambda _: None)
        stamped = _stamped(path, container, stream, damage, Span(start_tick=start_tick))
        return next((tick for tick, _ in stamped), None)


def _stamped(
    path: Path, container: av.container.InputContainer, stream: av.VideoStream, damage: Damage, span: Span
) -> Iterator[tuple[int | None, av.VideoFrame]]:
    """The frames displayed within the span with their time stamps in ticks, in order of display.

    Around a key frame the order of display is not that of decoding: pictures that come after it and are
    shown before it belong to the span before, which decodes past the key frame for their sake.
    """
    start, stop = span.start_tick, span.stop_tick
    if start is None:
        packets = _demux(container, stream, damage)
    else:
        packets = _from_key(path, container, stream, damage, start)
    time_stamp = _time_stamps(stream)
    for decoded in _decode(packets, stream, damage, start):
        tick = time_stamp(decoded)
        if tick is not None and stop is not None and tick >= stop:
            return
        if start is None or tick is None or tick >= start:
            yield tick, decoded


def _time_stamps(stream: av.VideoStream) -> Callable[[av.VideoFrame], int | None]:
    """How frames of this stream tell their time, in ticks."""
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


def _demux(
    container: av.container.InputContainer, stream: av.VideoStream, damage: Damage
) -> Iterator[av.Packet]:
    """Packets of the stream, the empty one that marks the end included; on past what cannot be read."""
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
        yield packet


def _from_key(
    path: Path,
    container: av.container.InputContainer,
    stream: av.VideoStream,
    damage: Damage,
    tick: int,
) -> Iterator[av.Packet]:
    """Packets from the key frame with this time stamp on.

    A seek may land too early, which costs no decoding here, or, in a container with a poor index, too
    late, upon which the file is gone through from its beginning.
    """
    for target in (tick, stream.start_time or 0):
        try:
            container.seek(target, stream=stream)
        except UNREADABLE:
            continue
        packets = _demux(container, stream, damage)
        for packet in packets:
            if packet.is_keyframe and packet.pts == tick:
                yield packet
                yield from packets
                return
            if packet.size and packet.has_sidedata("new_extradata"):
                yield packet  # headers that later pictures need
            if packet.is_keyframe and packet.pts is not None and packet.pts > tick:
                break
    raise VideoError(path, "a key frame is not found again: did the file change while it was read?")


def _decode(
    packets: Iterator[av.Packet], stream: av.VideoStream, damage: Damage, start_tick: int | None
) -> Iterator[av.VideoFrame]:
    for packet in packets:
        damage.packets += packet.size > 0
        try:
            frames = packet.decode()
        except UNREADABLE as error:
            if start_tick is None or packet.pts is None or packet.pts >= start_tick:
                damage.skipped(packet.pts, why_not_decoded(stream, error))
            continue
        yield from frames
        if not packet.size:  # the end: the decoder has given what it held back
            return


class Orientations:
    """How to turn the frames of a stream: upright, with square pixels, as display matrix and stream say.

    A frame whose ``side_data`` is asked for becomes a reference cycle in PyAV, and its picture stays in
    memory until the garbage collector comes by, gigabytes later. So the matrix is read
    only once for each rotation.
    """

    def __init__(self, stream: av.VideoStream) -> None:
        self._stream = stream
        self._matrices: dict[int, bytes | None] = {}

    def of(self, decoded: av.VideoFrame) -> Orientation:
        """That of one frame."""
        aspect = pixel_aspect(self._stream)
        turn = decoded.rotation
        if turn not in self._matrices:
            found = decoded.side_data.get("DISPLAYMATRIX")
            self._matrices[turn] = None if found is None else bytes(found)
        matrix = self._matrices[turn]
        if matrix is None:
            return Orientation(pixel_aspect=aspect)
        return Orientation.from_display_matrix(matrix, aspect)


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
