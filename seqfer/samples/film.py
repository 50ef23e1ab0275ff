"""Writing pictures as H.264 in MP4, the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ..errors import VideoError
from ..files import atomic_path
from ..video.h264 import add_h264, as_h264_frame

_MILLISECOND = Fraction(1, 1000)


def write_film(
    path: Path,
    frames: Iterable[NDArray[np.uint8]],
    *,
    fps: int,
    crf: int = 21,
    times_milliseconds: Sequence[int] | None = None,
) -> int:
    """Write ``frames``, each uint8 (H, W, 3) RGB with even sides, ``fps`` a second; returns how many.

    ``crf`` is x264's rate factor: lower is better and larger. ``times_milliseconds`` gives each frame a
    time of its own, for a variable rate of about ``fps``. One thread and no time of creation in the file:
    the same pictures give the same bytes.

    Raises:
        VideoError: the file cannot be written, or there are no frames.
    """
    count = 0
    with atomic_path(path, VideoError) as partial, av.open(str(partial), "w", format="mp4") as container:
        stream = None
        for frame in frames:
            if stream is None:
                time_base = None if times_milliseconds is None else _MILLISECOND
                size = frame.shape[1], frame.shape[0]
                stream = add_h264(container, size=size, rate=fps, time_base=time_base, crf=crf)
            picture = as_h264_frame(frame)
            picture.pts = count
            if times_milliseconds is not None:
                picture.pts, picture.time_base = times_milliseconds[count], _MILLISECOND
            container.mux(stream.encode(picture))
            count += 1
        if stream is None:
            raise VideoError(path, "there are no frames to write")
        container.mux(stream.encode(None))
    return count
