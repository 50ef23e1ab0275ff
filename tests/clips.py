"""Small real videos with known content, encoded on the spot by PyAV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def moving_square(count: int, width: int = 160, height: int = 120) -> Iterator[NDArray[np.uint8]]:
    """Pictures uint8 (height, width, 3) RGB: a smooth slope of colours and a white square on its way."""
    x, y = np.meshgrid(np.linspace(40, 200, width), np.linspace(60, 180, height))
    ground = np.stack([x, y, 255 - x], axis=-1).astype(np.uint8)
    for number in range(count):
        picture = ground.copy()
        left = (number * 5) % (width - 24)
        picture[height // 4 : height // 4 + 24, left : left + 24] = 255
        yield picture


def write_clip(
    path: Path,
    pictures: Iterable[NDArray[np.uint8]],
    *,
    rate: int = 30,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    gop: int = 12,
    pts_milliseconds: Iterable[int] | None = None,
    container: str | None = None,
    colorspace: int = 1,
    **options: str,
) -> Path:
    """Encode RGB pictures; the first one sets the size.

    Args:
        pts_milliseconds: a time for every picture, for a variable rate or a late start.
        container: FFmpeg's name of the format; None goes by the suffix of ``path``.
        colorspace: H.273 matrix to convert with and to tag (1 BT.709, 6 BT.601).
        options: of the codec.
    """
    times = iter(pts_milliseconds) if pts_milliseconds is not None else None
    with av.open(str(path), "w", format=container) as output:
        stream = None
        for picture in pictures:
            if stream is None:
                stream = output.add_stream(codec, rate=rate)
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt, stream.gop_size, stream.options = pixels, gop, options
                stream.codec_context.colorspace, stream.codec_context.color_range = colorspace, 1
                if times is not None:
                    stream.codec_context.time_base = Fraction(1, 1000)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame = frame.reformat(format=pixels, dst_colorspace=colorspace, dst_color_range=1)
            if times is not None:
                frame.pts, frame.time_base = next(times), Fraction(1, 1000)
            output.mux(stream.encode(frame))
        if stream is not None:
            output.mux(stream.encode(None))
    return path


def set_display_matrix(path: Path, a: int, b: int, c: int, d: int) -> Path:
    """Write a display matrix ((a, b), (c, d)) of ones and zeros into the track header of an MP4."""
    identity = np.array([65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30], ">i4").tobytes()
    wanted = np.array([a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30], ">i4").tobytes()
    data = path.read_bytes()
    at = data.index(identity, data.index(b"tkhd"))
    path.write_bytes(data[:at] + wanted + data[at + len(identity) :])
    return path
