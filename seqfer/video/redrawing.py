"""A video drawn over: every frame through a function, at its own time, with its own sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, nullcontext
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import VideoError
from ..files import atomic_path
from .container import UNREADABLE, open_video, step_seconds
from .frame import Frame
from .h264 import add_h264, as_h264_frame
from .pyav_reader import first_tick
from .reader import read_frames
from .sound import Sound
from .source import DEFAULT_STILL_FPS, VideoSource

_THREADS = 4  # whatever the machine: with another number x264 writes other bytes
_FINE_TICK = Fraction(1, 90_000)  # where the source's own ticks are too coarse, or it has none
_COARSEST_TICK = Fraction(1, 10)  # seconds
_NOTE = "comment"  # metadata that MP4 keeps


def redraw(
    source: VideoSource | Path,
    target: Path,
    draw: Callable[[Frame], NDArray[np.uint8]],
    *,
    note: str,
    crf: int = 20,
    on_lost_sound: Callable[[str], None] | None = None,
) -> int:
    """Write an MP4 (H.264) of a video's frames as ``draw`` gives them back; returns how many.

    Frames are upright and keep their times in the ticks of the source, zero at the first one displayed.
    Sound is copied as it is where MP4 can hold it, else encoded as AAC, and stays in step.

    Args:
        draw: given a frame, uint8 (H, W, 3) RGB; what has another size than the first one is scaled to it.
        note: kept in the file; see :func:`redrawn_note`.
        crf: x264's rate factor.
        on_lost_sound: receives a line where the sound cannot be read to its end.

    Raises:
        VideoError: the source cannot be read, or the file cannot be written.
    """
    path = source.path if isinstance(source, VideoSource) else source
    say = on_lost_sound or (lambda _: None)
    tick, step, origin_seconds = _clock(source, path)
    count = 0
    with (
        closing(read_frames(source)) as frames,
        atomic_path(target, VideoError) as partial,
        av.open(str(partial), "w", format="mp4") as output,
        nullcontext() if path.is_dir() else Sound(path, output, origin_seconds, say) as sound,
    ):
        output.metadata[_NOTE] = note
        stream = None
        for frame, ticks, duration in _timed(frames, tick, step):
            picture = _even(draw(frame))
            if stream is None:
                size = picture.shape[1], picture.shape[0]
                stream = add_h264(output, size=size, rate=1 / step, time_base=tick, crf=crf, threads=_THREADS)
            if picture.shape[1::-1] != size:
                picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
            encoded = as_h264_frame(picture)
            encoded.pts, encoded.duration, encoded.time_base = ticks, duration, tick
            if sound is not None:
                sound.write_until(float(ticks * tick))
            output.mux(stream.encode(encoded))
            count += 1
        if stream is not None:
            output.mux(stream.encode(None))
        if sound is not None:
            sound.write_until(float((ticks + duration) * tick))
    return count


def redrawn_note(path: Path) -> str | None:
    """The note of a file that :func:`redraw` wrote; None where there is no such file."""
    try:
        with av.open(f"file:{path}") as container:
            return container.metadata.get(_NOTE)
    except UNREADABLE:
        return None


def _clock(source: VideoSource | Path, path: Path) -> tuple[Fraction, Fraction, float]:
    """Seconds per tick, seconds from frame to frame, and what the clock shows at the first frame, seconds."""
    if path.is_dir():
        rate = source.still_fps if isinstance(source, VideoSource) else None
        return _FINE_TICK, 1 / Fraction(rate or DEFAULT_STILL_FPS).limit_denominator(1001), 0.0
    with open_video(path) as (_, stream):
        tick, step = stream.time_base or _FINE_TICK, step_seconds(stream)
    origin = float((first_tick(path) or 0) * tick)
    return (tick if tick <= _COARSEST_TICK else _FINE_TICK), step, origin


def _timed(frames: Iterable[Frame], tick: Fraction, step: Fraction) -> Iterator[tuple[Frame, int, int]]:
    """Frames with their times and durations in ticks; the last one lasts as long as the one before it."""
    held: tuple[Frame, int] | None = None
    duration = max(1, round(step / tick))
    for frame in frames:
        ticks = round(frame.pts_seconds / tick)
        if held is not None:
            ticks = max(ticks, held[1] + 1)
            duration = ticks - held[1]
            yield *held, duration
        held = frame, ticks
    if held is not None:
        yield *held, duration


def _even(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """With a row or a column more where the sides are odd: chroma has half as many."""
    bottom, right = picture.shape[0] % 2, picture.shape[1] % 2
    if not bottom and not right:
        return picture
    return cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
