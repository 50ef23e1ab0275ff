"""Files that break readers: each gives the right frames at the right times, or one clear line.

What is no video at all is in ``test_probe.py``; formats and random damage in ``test_read_frames.py``.
"""

from __future__ import annotations

import itertools
import zlib

import av
import cv2
import numpy as np
import pytest
from clips import moving_square, write_clip
from odd_files import ODD, remux

from seqfer.errors import VideoError
from seqfer.video import frames_at, plan_spans, probe, read_frames


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
