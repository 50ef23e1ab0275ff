"""Files that break readers: each gives the right frames at the right times, or one clear line.

What is no video at all is in ``test_probe.py``; formats and random damage in ``test_read_frames.py``.
"""

from __future__ import annotations

import itertools
import zlib
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from clips import moving_square, set_display_matrix, write_clip

from seqfer.errors import VideoError
from seqfer.video import frames_at, plan_spans, probe, read_frames

ODD = {}  # name -> maker(folder): path, the upright pictures, their times


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


@pytest.mark.parametrize("name", ODD)
def test_odd_files_give_the_right_frames_at_the_right_times(tmp_path, name):
    path, pictures, times = ODD[name](tmp_path)
    frames = list(read_frames(path))
    assert [f.pts_seconds for f in frames] == pytest.approx(times, abs=2e-3)
    assert [f.frame_index for f in frames] == list(range(len(pictures)))
    for frame, picture in zip(frames, pictures, strict=True):
        assert frame.size == (picture.shape[1], picture.shape[0])
        rgb, step = frame.rgb(), 1 + picture.shape[1] // 1000
        assert rgb.shape == picture.shape
        assert np.abs(rgb[::step, ::step].astype(int) - picture[::step, ::step]).mean() < 4
        small = cv2.resize(picture, (32, 24), interpolation=cv2.INTER_AREA)
        assert np.abs(frame.rgb_resized(32, 24).astype(int) - small).mean() < 6
    source = probe(path)
    assert (source.width, source.height) == frames[0].size


@pytest.mark.parametrize("name", ["pixels_wider_than_high", "turned_with_pixels_that_are_not_square"])
def test_crops_come_out_round_where_pixels_are_not_square(tmp_path, name):
    path, pictures, _ = ODD[name](tmp_path)
    frame = next(read_frames(path))
    matrix = np.array([[0.9, 0.2, -20.0], [-0.2, 0.9, 10.0]])
    crop, expected = frame.crop(matrix, 100), cv2.warpAffine(pictures[0], matrix, (100, 100))
    discs = [np.nonzero(image[..., 0] > 130) for image in (crop, expected)]
    for found, wanted in zip(*discs, strict=True):
        assert found.mean() == pytest.approx(wanted.mean(), abs=0.3)
        assert found.std() == pytest.approx(wanted.std(), abs=0.3)
    for reader in ("auto", "decord", "pyav"):
        assert frames_at(path, [2], reader=reader).data.shape[1:] == pictures[0].shape


@pytest.mark.parametrize("aspect", ["1\\:1000", "900\\:1"])
def test_an_absurd_shape_of_pixels_is_not_believed(tmp_path, aspect):
    path = write_clip(tmp_path / "a.mp4", moving_square(2), **{"x264-params": f"sar={aspect}"})
    assert next(read_frames(path)).size == (160, 120)


def test_a_link_that_leads_to_itself_is_one_line(tmp_path):
    (tmp_path / "a.mp4").symlink_to(tmp_path / "b.mp4")
    (tmp_path / "b.mp4").symlink_to(tmp_path / "a.mp4")
    with pytest.raises(VideoError, match="cannot be read") as caught:
        probe(tmp_path / "a.mp4")
    assert "\n" not in str(caught.value)


def digests(path, **kwargs):
    return [(f.pts_seconds, zlib.crc32(f.rgb())) for f in read_frames(path, **kwargs)]


@pytest.mark.parametrize("name", ["a.mkv", "a.ts", "a.mp4", "front.mp4"])
def test_a_file_cut_anywhere_gives_the_frames_before_the_cut_or_one_line(tmp_path, name):
    whole = write_clip(tmp_path / f"whole.{name}", moving_square(60), bf="2", gop=15)
    if name.startswith("front"):
        whole = remux(whole, tmp_path / name.replace("front", "f"), options={"movflags": "faststart"})
    full = digests(whole)
    data = whole.read_bytes()
    counts = []
    for size in np.linspace(0, len(data) - 1, 20).astype(int):
        cut = tmp_path / name
        cut.write_bytes(data[:size])
        try:
            got = digests(cut)
        except VideoError as error:
            assert str(error).startswith(f"{cut}: ") and "\n" not in str(error)
            counts.append(0)
            continue
        counts.append(len(got))
        # The last packet may be half there, or that of a picture shown later than others still to come.
        assert got[:-4] == full[: max(0, len(got) - 4)]
        assert {time for time, _ in got} <= {time for time, _ in full}
    assert counts == sorted(counts) or name == "a.ts"
    assert max(counts) >= 57 or name == "a.mp4"  # the index of an ordinary MP4 comes last


def by_ffmpeg_alone(path):
    """Frames that come out if every packet is offered and every error ignored, as ffprobe counts them."""
    count = 0
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = container.demux(stream)
        for _ in range(10_000):
            try:
                packet = next(packets, None)
            except av.error.FFmpegError:
                packets = container.demux(stream)
                continue
            if packet is None:
                break
            try:
                count += len(packet.decode())
            except av.error.FFmpegError:
                continue
    return count


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_damaged_packets_cost_no_more_frames_than_they_cost_ffmpeg(tmp_path, suffix):
    whole = write_clip(tmp_path / f"whole.{suffix}", moving_square(120, 320, 240), bf="2", gop=20, crf="18")
    with av.open(str(whole)) as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    rng = np.random.default_rng(1)
    for trial in range(4):
        data = bytearray(whole.read_bytes())
        for hit in rng.choice(len(packets), 6, replace=False):
            at, size = packets[hit]
            for place in rng.integers(at + size // 3, at + size, 1 + size // 20):
                data[place] = rng.integers(256)
        path = tmp_path / f"damaged{trial}.{suffix}"
        path.write_bytes(data)
        damage = []
        frames = list(read_frames(path, on_damage=damage.append))
        assert len(frames) >= 0.95 * by_ffmpeg_alone(path)
        assert all(a.pts_seconds < b.pts_seconds for a, b in itertools.pairwise(frames))
        assert any(f.is_damaged for f in frames) == any(
            "skipped" in d or "damaged picture" in d for d in damage
        )


def test_a_gap_is_marked_on_the_frame_behind_it(tmp_path):
    path = write_clip(tmp_path / "a.mkv", moving_square(60), codec="mjpeg", pixels="yuvj420p")
    with av.open(str(path)) as container:
        hit = [p for p in container.demux(video=0) if p.size][20:23]
        data = bytearray(path.read_bytes())
        for packet in hit:
            at = data.index(bytes(packet))
            data[at : at + packet.size] = bytes(packet.size)
    path.write_bytes(data)
    damage = []
    frames = list(read_frames(path, on_damage=damage.append))
    assert len(frames) == 57 and len(damage) == 1 and "3 damaged packets skipped near 0.7 s" in damage[0]
    assert [f.frame_index for f in frames if f.is_damaged] == [20]
    assert frames[20].pts_seconds == pytest.approx(23 / 30, abs=1e-3)
    assert not any(f.is_damaged for f in read_frames(write_clip(tmp_path / "b.mkv", moving_square(30))))


@pytest.mark.parametrize("name", ["fragments", "an_edit_list_that_hides_frames", "turned_by_metadata"])
def test_odd_files_are_cut_into_spans_cleanly(tmp_path, name):
    path, _, _ = ODD[name](tmp_path)
    source = probe(path)
    spans = plan_spans(source, 0.3)
    assert [x for span in spans for x in digests(source, span=span)] == digests(source)
