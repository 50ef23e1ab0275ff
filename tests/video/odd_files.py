"""Files that break readers, made on the spot, with what a viewer should see of them.

Each maker takes a folder and gives (path, upright pictures uint8 (H, W, 3) RGB, their times in seconds).
"""

from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
from clips import moving_square, set_display_matrix, write_clip

ODD = {}  # by name


def odd(maker):
    ODD[maker.__name__] = maker
    return maker


def steady(count, rate=30):
    return [number / rate for number in range(count)]


def remux(given, path, *, shift=0, options=None):
    """The same packets in another container, their times shifted by so many ticks."""
    with av.open(str(given)) as source, av.open(str(path), "w", options=options or {}) as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                output.mux(packet)
    return path


@odd
def a_single_frame(folder):
    pictures = list(moving_square(1))
    return write_clip(folder / "a.mp4", pictures), pictures, [0.0]


@odd
def a_single_pixel(folder):
    pictures = [np.full((1, 1, 3), level, np.uint8) for level in (20, 120, 220)]
    return write_clip(folder / "a.mkv", pictures, codec="ffv1", pixels="bgr0"), pictures, steady(3)


@odd
def a_single_pixel_with_chroma(folder):
    pictures = [np.full((1, 1, 3), level, np.uint8) for level in (20, 120, 220)]
    return write_clip(folder / "a.mkv", pictures, codec="ffv1", colorspace=6), pictures, steady(3)


@odd
def eight_k(folder):
    pictures = [cv2.resize(picture, (7680, 4320)) for picture in moving_square(2)]
    path = write_clip(folder / "a.mov", pictures, codec="mjpeg", pixels="yuvj420p", colorspace=6)
    return path, pictures, steady(2)


@odd
def a_frame_in_ten_seconds(folder):
    pictures = list(moving_square(3))
    path = write_clip(folder / "a.mp4", pictures, pts_milliseconds=[0, 10_000, 20_000])
    return path, pictures, [0.0, 10.0, 20.0]


@odd
def two_hundred_and_forty_a_second(folder):
    pictures = list(moving_square(60))
    return write_clip(folder / "a.mp4", pictures, rate=240, bf="2"), pictures, steady(60, 240)


@odd
def alpha_over_rgb(folder):
    pictures = list(moving_square(4))
    with av.open(str(folder / "a.mov"), "w") as output:
        stream = output.add_stream("png", rate=30)
        stream.height, stream.width, stream.pix_fmt = *pictures[0].shape[:2], "rgba"
        for number, picture in enumerate(pictures):
            veiled = np.dstack([picture, np.full(picture.shape[:2], 60 * number, np.uint8)])
            output.mux(stream.encode(av.VideoFrame.from_ndarray(veiled, format="rgba")))
        output.mux(stream.encode(None))
    return folder / "a.mov", pictures, steady(4)


@odd
def alpha_over_planes(folder):
    pictures = list(moving_square(4))
    path = write_clip(folder / "a.mkv", pictures, codec="ffv1", pixels="yuva420p", colorspace=6)
    return path, pictures, steady(4)


@odd
def ten_bits(folder):
    pictures = list(moving_square(10))
    return write_clip(folder / "a.mkv", pictures, codec="ffv1", pixels="yuv420p10le"), pictures, steady(10)


@odd
def turned_by_metadata(folder):
    pictures = list(moving_square(5))
    path = set_display_matrix(write_clip(folder / "a.mp4", pictures, crf="5"), 0, 1, -1, 0)
    return path, [np.rot90(picture, -1) for picture in pictures], steady(5)


@odd
def a_time_that_goes_back(folder):
    pictures = list(moving_square(8))
    path = write_clip(
        folder / "a.mkv", pictures, codec="mjpeg", pixels="yuvj420p", colorspace=6,
        pts_milliseconds=range(0, 800, 100),
    )  # fmt: skip
    with av.open(str(path)) as container:
        packet = next(p for p in container.demux(video=0) if p.pts == 500)
    data = bytearray(path.read_bytes())
    at = data.index(bytes(packet)) - 3  # of a block of Matroska: its time within the cluster, 16 bits
    back = int.from_bytes(data[at : at + 2], "big") - 250
    data[at : at + 2] = back.to_bytes(2, "big", signed=True)
    path.write_bytes(data)
    return path, pictures, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]


@odd
def a_transport_stream_that_starts_late(folder):
    pictures = list(moving_square(30))
    pts = [91_000_000 + round(number * 1000 / 30) for number in range(30)]
    path = write_clip(folder / "a.ts", pictures, pts_milliseconds=pts, bf="2", crf="15")
    return path, pictures, [(p - pts[0]) / 1000 for p in pts]


@odd
def a_transport_stream_whose_clock_runs_over(folder):
    pictures = list(moving_square(60))
    start = (1 << 33) // 90 - 1000 - 1400  # milliseconds; the muxer adds 1.4 s
    pts = [start + round(number * 1000 / 30) for number in range(60)]
    path = write_clip(folder / "a.ts", pictures, pts_milliseconds=pts, crf="15")
    return path, pictures, [(p - pts[0]) / 1000 for p in pts]


@odd
def an_edit_list_that_hides_frames(folder):
    pictures = list(moving_square(30))
    whole = write_clip(folder / "whole.mp4", pictures, gop=10, crf="15")
    with av.open(str(whole)) as container:
        ticks = round(Fraction(7, 30) / container.streams.video[0].time_base)
    path = remux(whole, folder / "a.mp4", shift=-ticks, options={"avoid_negative_ts": "disabled"})
    return path, pictures[7:], steady(23)


@odd
def another_size_on_the_way(folder):
    pictures = [*moving_square(10), *moving_square(10, 320, 240)]
    path = folder / "a.ts"
    for first in (0, 10):
        pts = range(1000 + 40 * first, 1400 + 40 * first, 40)
        part = write_clip(folder / "part.ts", pictures[first : first + 10], crf="15", pts_milliseconds=pts)
        with path.open("ab") as file:
            file.write(part.read_bytes())
    return path, pictures, steady(20, 25)


@odd
def a_bare_stream(folder):
    pictures = list(moving_square(10))
    path = write_clip(folder / "a.h264", pictures, container="h264", rate=50, crf="15")
    return path, pictures, steady(10, 50)


@odd
def fragments(folder):
    pictures = list(moving_square(40))
    whole = write_clip(folder / "whole.mp4", pictures, crf="15", bf="2")
    flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    return remux(whole, folder / "a.mp4", options=flags), pictures, steady(40)


@odd
def interlaced(folder):
    pictures = list(moving_square(12, 160, 128))
    path = write_clip(folder / "a.mkv", pictures, crf="10", **{"x264-params": "interlaced=1"})
    return path, pictures, steady(12)


@odd
def a_suffix_that_lies(folder):
    pictures = list(moving_square(10))
    return write_clip(folder / "a.mkv", pictures, crf="15").rename(folder / "a.avi"), pictures, steady(10)


@odd
def a_picture_called_a_video(folder):
    picture = next(moving_square(1))
    cv2.imwrite(str(folder / "a.png"), picture[..., ::-1])
    return (folder / "a.png").rename(folder / "a.mp4"), [picture], [0.0]


@odd
def an_unpleasant_name(folder):
    pictures = list(moving_square(3))
    path = write_clip(folder / "a.mp4", pictures, crf="10")
    return path.rename(folder / " \"two\"\n'lines' $HOME; *é视?.mp4"), pictures, steady(3)


def anamorphic(folder, aspect, count=6):
    """Stored as 160x120, to be shown wider or taller, with a circle in it that must come out round."""
    wide, high = (round(160 * aspect), 120) if aspect >= 1 else (160, round(120 / aspect))
    shown = np.full((high, wide, 3), 60, np.uint8)
    cv2.circle(shown, (wide // 2, high // 2), 40, (200, 180, 90), -1, cv2.LINE_AA)
    stored = cv2.resize(shown, (160, 120), interpolation=cv2.INTER_AREA)
    ratio = aspect.as_integer_ratio()
    pictures = [stored] * count
    path = write_clip(folder / "a.mp4", pictures, crf="10", **{"x264-params": f"sar={ratio[0]}\\:{ratio[1]}"})
    return path, [shown] * count, steady(count)


@odd
def pixels_wider_than_high(folder):
    return anamorphic(folder, Fraction(64, 45))


@odd
def pixels_higher_than_wide(folder):
    return anamorphic(folder, Fraction(8, 9))


@odd
def turned_with_pixels_that_are_not_square(folder):
    path, pictures, times = anamorphic(folder, Fraction(4, 3))
    return set_display_matrix(path, 0, 1, -1, 0), [np.rot90(p, -1) for p in pictures], times
