"""Writing pictures as H.264 in MP4, the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from ..errors import VideoError
from ..files import atomic_path

_MILLISECOND = Fraction(1, 1000)
_BT709 = 1  # H.273: primaries and transfer share the number


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
                stream = _open_stream(container, frame.shape, fps, crf)
                if times_milliseconds is not None:
                    stream.codec_context.time_base = _MILLISECOND
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24").reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
            )
            picture.pts = count
            if times_milliseconds is not None:
                picture.pts, picture.time_base = times_milliseconds[count], _MILLISECOND
            container.mux(stream.encode(picture))
            count += 1
        if stream is None:
            raise VideoError(path, "there are no frames to write")
        container.mux(stream.encode(None))
    return count


def _open_stream(container, shape: tuple[int, ...], fps: int, crf: int):
    # Version stamps of libraries and encoder would be the only part to change from one build to the next.
    container.flags |= 0x400  # AVFMT_FLAG_BITEXACT
    stream = container.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": str(crf)})
    stream.height, stream.width = shape[:2]
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.thread_count = 1
    context.color_range = ColorRange.MPEG
    context.colorspace = Colorspace.ITU709
    context.color_primaries = context.color_trc = _BT709
    return stream
