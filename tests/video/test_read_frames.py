"""Reading: every displayed frame once, upright, at its exact time, whatever the container does."""

from __future__ import annotations

import gc
import struct
import subprocess
import sys
import textwrap

import av
import numpy as np
import pytest
from clips import moving_square, set_display_matrix, write_clip

from seqfer.errors import VideoError
from seqfer.video import container, probe, read_frames
from seqfer.video.decord_reader import DecordUnfitError, DecordVideo

DECODE = [
    "animated.gif",
    "av1_video.mkv",
    "discard_first_keyframe.mp4",
    "h264_10bits.mp4",
    "h265_video.mp4",
    "nasa_13013_rotated.mp4",
    "test_non_zero_start.mp4",
    "testsrc2_hdr.mp4",
    "testsrc2_mpeg4.avi",
    "testsrc2_odd_height_and_width_vp9.mp4",
    "testsrc2_vp9.webm",
    "unordered.mov",
    "video_0.mov",
    "video_90.mov",
    "video_180.mov",
    "video_270.mov",
]


def times_of(path, **kwargs):
    return [frame.pts_seconds for frame in read_frames(path, **kwargs)]


def times_by_packets(path):
    """What the container says of displayed frames, found without any code of ours."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [p for p in container.demux(stream) if p.size and not p.is_discard]
        ticks = sorted(p.pts for p in packets)
        return [float((tick - ticks[0]) * stream.time_base) for tick in ticks]


@pytest.mark.parametrize("reader", ["auto", "decord"])
@pytest.mark.parametrize("name", DECODE)
def test_frames_and_times_are_those_of_the_container(shared, name, reader):
    path = shared / "data/decode" / name
    damage = []
    frames = list(read_frames(path, reader=reader, on_damage=damage.append))
    assert [f.pts_seconds for f in frames] == pytest.approx(times_by_packets(path), abs=1e-9)
    assert [f.frame_index for f in frames] == list(range(len(frames)))
    assert all(line.startswith("read with PyAV:") for line in damage)
    source = probe(path)
    assert {f.size for f in frames} == {(source.width, source.height)}


@pytest.mark.parametrize("reader", ["auto", "decord"])
@pytest.mark.parametrize(
    ("name", "count"), [("decode/discard_first_keyframe.mp4", 25), ("videos/no_face.mp4", 95)]
)
def test_frames_before_an_edit_list_are_not_shown(shared, name, count, reader):
    times = times_of(shared / "data" / name, reader=reader)
    assert len(times) == count and times[0] == 0.0


@pytest.mark.parametrize("reader", ["auto", "decord"])
def test_damage_in_the_middle_costs_one_frame_and_is_told(shared, reader):
    damage = []
    times = times_of(shared / "data/decode/corrupted.mp4", reader=reader, on_damage=damage.append)
    assert len(times) == 49 and times[-1] == pytest.approx(4.9)
    assert [line for line in damage if "1 damaged packet skipped" in line and "near 3.0 s" in line]


@pytest.mark.parametrize("name", DECODE)
def test_decord_and_pyav_show_the_same_pictures(shared, name):
    pytest.importorskip("decord")
    try:
        video = DecordVideo(shared / "data/decode" / name)
    except DecordUnfitError:
        pytest.skip("decord cannot read this file rightly")
    for frame in read_frames(shared / "data/decode" / name):
        theirs, ours = video.rgb(frame.frame_index), frame.rgb()
        assert theirs.shape == ours.shape
        # decord takes untagged HD for BT.601 and scales chroma otherwise: hues may differ, not pictures.
        assert np.abs(theirs.astype(int) - ours).mean() < (10 if theirs.shape[0] >= 720 else 5)
        if frame.frame_index == 5:
            break


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("flips", [(1, 1), (-1, 1), (1, -1), (-1, -1)])
def test_every_display_matrix_turns_the_picture_upright(tmp_path, transposed, flips):
    """Mirrored ones included: FFmpeg's own rotation angle cannot tell those from half turns."""
    picture = next(moving_square(1))
    matrix = (0, flips[1], flips[0], 0) if transposed else (flips[0], 0, 0, flips[1])
    path = set_display_matrix(write_clip(tmp_path / "a.mp4", [picture] * 2, crf="5"), *matrix)
    expected = picture.transpose(1, 0, 2) if transposed else picture
    expected = expected[:: flips[1], :: flips[0]]
    frame = next(read_frames(path))
    assert frame.size == (expected.shape[1], expected.shape[0])
    assert np.abs(frame.rgb().astype(int) - expected).mean() < 3
    assert probe(path).rotation_degrees == (
        (90 if flips[0] < 0 else 270) if transposed else (180 if flips[1] < 0 else 0)
    )


@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_variable_frame_rate_and_late_start_keep_exact_times(tmp_path, suffix):
    pts = [5000, 5033, 5034, 5100, 5450, 5500, 7000, 7001]
    path = write_clip(tmp_path / f"vfr.{suffix}", moving_square(len(pts)), pts_milliseconds=pts)
    assert times_of(path) == pytest.approx([(p - pts[0]) / 1000 for p in pts], abs=1e-9)
    assert times_of(path, reader="decord") == pytest.approx(times_of(path), abs=1e-9)


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.ts", "libx264", "yuv420p"),
        ("a.avi", "libx264", "yuv420p"),
        ("b.avi", "mpeg4", "yuv420p"),
        ("a.mpg", "mpeg2video", "yuv420p"),
        ("a.flv", "flv1", "yuv420p"),
        ("a.wmv", "wmv2", "yuv420p"),
        ("mjpeg.avi", "mjpeg", "yuvj422p"),
        ("444.mkv", "ffv1", "yuv444p"),
        ("grey.mkv", "ffv1", "gray"),
        ("rgb.mkv", "ffv1", "bgr0"),
        ("prores.mov", "prores_ks", "yuv422p10le"),
    ],
)
def test_common_formats_give_every_frame_and_the_right_colours(tmp_path, name, codec, pixels):
    pictures = list(moving_square(30))
    options = {"bf": "2"} if codec in ("libx264", "mpeg4", "mpeg2video") else {}
    # BT.601, because half of these formats cannot tag it, and it is what players take small pictures for.
    path = write_clip(tmp_path / name, pictures, codec=codec, pixels=pixels, colorspace=6, b="9M", **options)
    damage = []
    frames = list(read_frames(path, on_damage=damage.append))
    assert not [line for line in damage if "out of order" not in line]  # FFmpeg misnumbers one in MPEG-PS
    assert [f.pts_seconds for f in frames] == pytest.approx([i / 30 for i in range(30)], abs=1e-3)
    for frame, picture in zip(frames, pictures, strict=True):
        if pixels == "gray":
            picture = np.repeat((picture @ [0.299, 0.587, 0.114])[..., None], 3, axis=2)
        assert np.abs(frame.rgb() - picture.astype(float)).mean() < 3


def test_a_raw_stream_has_the_times_of_its_declared_rate_and_says_so(tmp_path):
    path = write_clip(tmp_path / "raw.h264", moving_square(20), rate=50, container="h264")
    damage = []
    assert times_of(path, on_damage=damage.append) == pytest.approx([i / 50 for i in range(20)])
    assert damage == ["20 frame(s) without a time, counted at 50 a second"]


def test_a_clock_that_starts_again_goes_on(tmp_path):
    path = write_clip(tmp_path / "a.ts", moving_square(60))
    path.write_bytes(path.read_bytes() * 2)
    damage = []
    times = times_of(path, on_damage=damage.append)
    assert times == pytest.approx([i / 30 for i in range(120)], abs=1e-3)
    assert len(damage) == 1 and "clock jumps" in damage[0]


@pytest.mark.parametrize("name", ["cut.mkv", "cut.mp4"])
def test_a_file_cut_short_gives_what_is_there_and_says_so(tmp_path, name):
    whole = tmp_path / name.replace("cut", "whole")
    with av.open(str(whole), "w", options={"movflags": "faststart"} if "mp4" in name else {}) as output:
        stream = output.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 160, 120, "yuv420p", 10
        stream.options = {"bf": "0"}  # else the cut may fall between a frame and one shown before it
        for picture in moving_square(90):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    cut = tmp_path / name
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
    damage = []
    times = times_of(cut, on_damage=damage.append)
    assert 20 < len(times) < 80
    assert times == pytest.approx([i / 30 for i in range(len(times))], abs=1e-3)
    assert any("ends early" in line for line in damage)


def test_a_change_of_size_on_the_way_is_followed(tmp_path):
    small, large = (
        write_clip(tmp_path / f"{h}.h264", moving_square(10, h * 4 // 3, h), container="h264")
        for h in (120, 240)
    )
    both = tmp_path / "both.h264"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    frames = list(read_frames(both))
    assert [f.size for f in frames] == [(160, 120)] * 10 + [(320, 240)] * 10


def test_pictures_that_become_enormous_on_the_way_are_skipped_before_memory_is_taken(tmp_path):
    whole = write_clip(tmp_path / "whole.avi", moving_square(20), codec="mjpeg", pixels="yuvj420p")
    header = b"\xff\xc0\x00\x11\x08"  # of a JPEG's frame, up to its height and width
    with av.open(str(whole)) as source, av.open(str(tmp_path / "a.avi"), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for n, packet in enumerate(p for p in source.demux(video=0) if p.size):
            data = bytearray(bytes(packet))
            if 8 <= n < 12:  # FFmpeg itself refuses those that are far too small for what they claim
                struct.pack_into(">HH", data, data.index(header) + len(header), 12_000, 16_000)
                data += bytes(1_000_000)
            written = av.Packet(bytes(data))
            written.pts = written.dts = n
            written.time_base, written.stream, written.is_keyframe = packet.time_base, stream, True
            output.mux(written)
    damage = []
    frames = list(read_frames(tmp_path / "a.avi", on_damage=damage.append))
    assert {f.size for f in frames} == {(160, 120)}
    assert [f.pts_seconds * 30 for f in frames] == pytest.approx([*range(8), *range(12, 20)], abs=0.05)
    assert damage == ["4 damaged packets skipped near 0.3 s (it claims pictures of an absurd size)"]


def test_a_stream_joined_to_one_of_larger_pictures_than_may_be_ends_there(tmp_path, monkeypatch):
    monkeypatch.setattr(container, "MAX_PIXELS", 40_000)  # encoders take minutes for really enormous ones
    small, large = (write_clip(tmp_path / f"{h}.ts", moving_square(10, h * 4 // 3, h)) for h in (120, 240))
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    damage = []
    frames = list(read_frames(both, on_damage=damage.append))
    assert [f.size for f in frames] == [(160, 120)] * 10
    assert len(damage) == 1 and damage[0].endswith(" (it claims pictures of 320x240 pixels)")
    with pytest.raises(VideoError, match="declares pictures of 320x240; at most"):
        probe(large)


def test_random_damage_never_brings_more_than_one_clear_error(tmp_path):
    rng = np.random.default_rng(7)
    clips = [write_clip(tmp_path / f"whole.{s}", moving_square(20)) for s in ("mp4", "mkv", "ts")]
    for trial in range(60):
        data = bytearray(clips[trial % 3].read_bytes())
        for at in rng.integers(0, len(data), 15):
            data[at] = rng.integers(256)
        path = tmp_path / f"damaged{clips[trial % 3].suffix}"
        path.write_bytes(bytes(data))
        try:
            times = times_of(path)
        except VideoError as error:
            assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
        else:
            assert times[0] == 0.0 and all(np.diff(times) > 0)


def test_closing_the_generator_closes_the_file(tmp_path):
    path = write_clip(tmp_path / "a.mp4", moving_square(20))
    opened = sum(str(path) in str(f.resolve()) for f in _open_files())
    frames = read_frames(path)
    next(frames)
    assert sum(str(path) in str(f.resolve()) for f in _open_files()) == opened + 1
    frames.close()
    assert sum(str(path) in str(f.resolve()) for f in _open_files()) == opened


def _open_files():
    from pathlib import Path

    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("needs /proc")
    return list(folder.iterdir())


def test_frames_stay_valid_after_the_file_is_closed(tmp_path):
    path = write_clip(tmp_path / "a.mp4", moving_square(40))
    before = [frame.grey(40, 30) for frame in read_frames(path)]
    kept = list(read_frames(path))
    assert all(np.array_equal(f.grey(40, 30), g) for f, g in zip(kept, before, strict=True))


def test_an_unknown_reader_is_refused(tmp_path):
    with pytest.raises(ValueError, match="auto, pyav, decord"):
        read_frames(tmp_path, reader="cv2")


def test_decord_absent_is_told_and_made_good(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "decord", None)
    path = write_clip(tmp_path / "a.mp4", moving_square(10))
    damage = []
    assert len(times_of(path, reader="decord", on_damage=damage.append)) == 10
    assert len(damage) == 1 and damage[0].startswith("read with PyAV: decord cannot be imported")


def test_decord_is_not_used_where_it_would_fill_memory(tmp_path, monkeypatch):
    pytest.importorskip("decord")
    monkeypatch.setattr("seqfer.video.decord_reader._MAX_QUEUE_BYTES", 1_000_000)
    path = write_clip(tmp_path / "a.mp4", moving_square(60), gop=60)
    damage = []
    assert len(times_of(path, reader="decord", on_damage=damage.append)) == 60
    assert "key frames lie 60 frames apart" in damage[0]


def in_new_process(code, *args):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, args)],
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_memory_does_not_grow_with_the_length_of_the_video(tmp_path):
    path = write_clip(
        tmp_path / "long.mp4", moving_square(1500, 640, 360), gop=250, preset="ultrafast", tune="zerolatency"
    )
    done = in_new_process(
        """
        import resource, sys, time
        from seqfer.video import read_frames
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        for frame in read_frames(sys.argv[1]):
            time.sleep(0.001)
            if frame.frame_index == 100:
                early = peak()
        print(frame.frame_index, peak() - early)
        """,
        path,
    )
    last, growth_mib = map(int, done.stdout.split())
    assert last == 1499
    assert growth_mib < 25


@pytest.mark.parametrize("reader", ["pyav", "decord"])
def test_nothing_of_ffmpeg_lands_on_the_terminal(shared, reader):
    done = in_new_process(
        """
        import sys
        from seqfer.video import read_frames
        from seqfer.errors import VideoError
        for path in sys.argv[2:]:
            try:
                print(len(list(read_frames(path, reader=sys.argv[1]))))
            except VideoError as error:
                print(error)
        """,
        reader,
        *(shared / "data/decode" / name for name in ("corrupted.mp4", "animated.gif", "sine_mono_s16.wav")),
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[:2] == ["49", "4"]
    assert done.stdout.splitlines()[2].endswith("sine_mono_s16.wav: has no video stream")


def test_frames_are_let_go_without_the_garbage_collector(tmp_path):
    path = write_clip(tmp_path / "a.mp4", moving_square(60))
    gc.collect()
    gc.disable()
    try:
        assert sum(1 for _ in read_frames(path)) == 60
        kept = sum(isinstance(thing, av.VideoFrame) for thing in gc.get_objects())
    finally:
        gc.enable()
    assert kept <= 2, "each holds a whole picture"
