"""Pictures as H.264: streams that come out the same every time, and frames in their colours."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

_BT709 = 1  # H.273: primaries and transfer share the number
_BITEXACT = 0x400  # AVFMT_FLAG_BITEXACT


def add_h264(
    container: av.container.OutputContainer,
    *,
    size: tuple[int, int],
    rate: Fraction | int,
    time_base: Fraction | None = None,
    crf: int,
    threads: int = 1,
) -> Any:
    """A stream of a container that is to be written.

    Args:
        size: (width, height), both even.
        rate: frames a second, or about.
        time_base: seconds per tick of the frames' times; None is that of the rate.
        crf: x264's rate factor, lower is better and larger.
        threads: a fixed number, for another one gives other bytes.
    """
    # Version stamps of libraries and encoder would be the only part to change from one build to the next.
    container.flags |= _BITEXACT
    stream = container.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": str(crf)})
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.thread_count = threads
    context.color_range = ColorRange.MPEG
    context.colorspace = Colorspace.ITU709
    context.color_primaries = context.color_trc = _BT709
    if time_base is not None:
        context.time_base = time_base
    return stream


def as_h264_frame(picture: NDArray[np.uint8]) -> av.VideoFrame:
    """A frame for such a stream from uint8 (H, W, 3) RGB."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    return frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
