"""Spans: together the very frames of the video, whatever the order in which they are coded."""

from __future__ import annotations

import zlib

import av
import numpy as np
import pytest
from clips import moving_square, write_clip
from test_read_frames import DECODE

from seqfer.video import RgbPicture, Span, VideoSource, plan_spans, probe, read_frames


def content(source, **kwargs):
    return [(f.frame_index, f.pts_seconds, digest(f.picture)) for f in read_frames(source, **kwargs)]


def digest(picture):
    planes = (picture.data,) if isinstance(picture, RgbPicture) else (picture.y, picture.u, picture.v)
    return [zlib.crc32(np.ascontiguousarray(plane)) for plane in planes]


def assert_spans_are_the_whole(path, span_seconds, at_least=2):
    source = probe(path)
    spans = plan_spans(source, span_seconds)
    whole = content(source)
    parts = [content(source, span=span) for span in spans]
    assert [frame for part in parts for frame in part] == whole
    assert all(parts)
    assert len(spans) >= at_least
    assert [span.index for span in spans] == list(range(len(spans)))
    for span, part in zip(spans, parts, strict=True):
        assert (span.start_frame, span.start_seconds) == part[0][:2]
    assert [s.stop_seconds for s in spans] == [*(s.start_seconds for s in spans[1:]), None]
    return spans


@pytest.mark.parametrize("span_seconds", [0.05, 0.7])
@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("closed.mp4", "libx264", {"bf": "3"}),
        ("open.mp4", "libx264", {"bf": "3", "x264-params": "open-gop=1:bframes=3:b-adapt=0:scenecut=0"}),
        ("open.mkv", "libx264", {"bf": "3", "x264-params": "open-gop=1:bframes=3:b-pyramid=normal"}),
        ("open.mov", "libx265", {"x265-params": "open-gop=1:bframes=4:keyint=12:min-keyint=12:log-level=0"}),
        ("closed.mkv", "libx265", {"x265-params": "open-gop=0:bframes=4:keyint=12:log-level=0"}),
        ("vp9.webm", "libvpx-vp9", {"lag-in-frames": "8", "auto-alt-ref": "1", "deadline": "realtime"}),
        ("mpeg4.avi", "mpeg4", {}),
        ("mpeg4.mp4", "mpeg4", {"bf": "2"}),
        ("mpeg2.mkv", "mpeg2video", {"bf": "2", "b": "2M"}),
        ("mjpeg.mov", "mjpeg", {}),
    ],
)
def test_every_kind_of_reordering_is_cut_cleanly(tmp_path, name, codec, options, span_seconds):
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg has no {codec}")
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = write_clip(tmp_path / name, moving_square(100), codec=codec, pixels=pixels, **options)
    assert_spans_are_the_whole(path, span_seconds)


@pytest.mark.parametrize("name", [*(f"decode/{n}" for n in DECODE), "videos/face_noface.mov"])
def test_hard_files_are_cut_cleanly_or_not_at_all(shared, name):
    assert_spans_are_the_whole(shared / "data" / name, 0.3, at_least=1)


def test_uneven_steps_and_a_late_start_are_cut_cleanly(tmp_path):
    steps = np.random.default_rng(3).integers(5, 120, 90)
    for suffix in ("mp4", "mkv"):
        path = write_clip(
            tmp_path / f"a.{suffix}",
            moving_square(90),
            pts_milliseconds=(7000 + steps.cumsum()).tolist(),
            bf="2",
        )
        assert_spans_are_the_whole(path, 1.0)


def test_cuts_lie_at_the_key_frames_nearest_to_the_multiples(tmp_path):
    path = write_clip(tmp_path / "a.mp4", moving_square(95), gop=12, **{"x264-params": "scenecut=0"})
    spans = plan_spans(probe(path), 1.0)
    assert [s.start_frame for s in spans] == [0, 24, 60]  # frames 30, 60, 90: 84 is too near to the end


def test_an_index_is_believed_without_reading_the_packets(tmp_path, monkeypatch):
    monkeypatch.setattr("seqfer.video.cuts.index_packets", lambda _: pytest.fail("packets were read"))
    path = write_clip(tmp_path / "a.mp4", moving_square(100), bf="2")
    assert len(plan_spans(probe(path), 1.0)) > 2


def test_an_index_that_does_not_hold_everything_is_not_believed(tmp_path):
    whole = write_clip(tmp_path / "whole.mp4", moving_square(100))
    path = tmp_path / "fragments.mp4"
    flags = {"movflags": "frag_keyframe+empty_moov"}
    with av.open(str(whole)) as given, av.open(str(path), "w", options=flags) as output:
        stream = output.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    assert_spans_are_the_whole(path, 1.0)


def test_key_frames_far_apart_make_longer_spans(tmp_path):
    path = write_clip(tmp_path / "a.mp4", moving_square(100), gop=70, **{"x264-params": "scenecut=0"})
    assert [s.start_frame for s in plan_spans(probe(path), 0.5)] == [0, 70]


def whole_only(folder, what):
    if what == "short":
        return write_clip(folder / "a.mp4", moving_square(40))
    if what == "one key frame":
        return write_clip(folder / "a.mp4", moving_square(100), gop=1000)
    if what == "transport stream":
        return write_clip(folder / "a.ts", moving_square(100))
    if what == "reordered AVI":
        return write_clip(folder / "a.avi", moving_square(100), bf="2")
    if what == "no times":
        return write_clip(folder / "a.h264", moving_square(100), container="h264")
    assert what == "no true key frames"  # each picture is refreshed in part
    return write_clip(folder / "a.mkv", moving_square(100), **{"intra-refresh": "1", "preset": "medium"})


@pytest.mark.parametrize(
    "what",
    ["short", "one key frame", "transport stream", "reordered AVI", "no times", "no true key frames"],
)
def test_what_cannot_be_cut_is_one_span(tmp_path, what):
    source = probe(whole_only(tmp_path, what))
    assert plan_spans(source, 1.0) == (Span(),)
    assert len(list(read_frames(source, span=Span()))) in (40, 100)


def test_short_videos_are_planned_without_a_look_at_them(tmp_path, monkeypatch):
    monkeypatch.setattr("seqfer.video.spans.find_cuts", lambda *_: pytest.fail("packets were read"))
    for seconds in (None, 80.0):
        source = VideoSource(
            path=tmp_path, video_id="a", kind="container", num_frames=None, average_fps=None,
            width=8, height=8, duration_seconds=seconds,
        )  # fmt: skip
        assert plan_spans(source, 60.0) == (Span(),)


def test_damage_in_one_span_leaves_the_others_alone(tmp_path):
    path = write_clip(tmp_path / "a.mkv", moving_square(100))
    source = probe(path)
    spans = plan_spans(source, 1.0)
    before = [content(source, span=span) for span in spans]
    with av.open(str(path)) as container:
        hit = next(p for p in container.demux(video=0) if p.pts >= 1500)
        at = path.read_bytes().index(bytes(hit))
    data = bytearray(path.read_bytes())
    data[at : at + hit.size] = bytes(hit.size)
    path.write_bytes(data)
    damage = []
    after = [content(source, span=span, on_damage=damage.append) for span in spans]
    assert [a == b for a, b in zip(after, before, strict=True)] == [True, False, True, True]
    assert len(damage) == 1 and "near 1.5 s" in damage[0]


def test_a_span_that_begins_late_says_so(tmp_path):
    """Some encoders refresh the picture bit by bit: after such a "key frame" it is not whole for a while."""
    options = {"intra-refresh": "1", "preset": "medium"}
    path = write_clip(tmp_path / "a.mkv", moving_square(100), **options)
    with av.open(str(path)) as container:
        keys = [p.pts for p in container.demux(video=0) if p.size and p.is_keyframe]
    span = Span(index=1, start_tick=keys[3], origin_tick=0, start_frame=36, start_seconds=keys[3] / 1000)
    damage = []
    frames = list(read_frames(path, span=span, on_damage=damage.append))
    assert frames[0].is_damaged and frames[0].pts_seconds > span.start_seconds
    assert len(damage) == 1 and damage[0].startswith(f"nothing between {span.start_seconds:.1f} s and")


def test_a_part_is_refused_where_only_the_whole_can_be_read(tmp_path):
    source = probe(write_clip(tmp_path / "a.mp4", moving_square(100)))
    part = plan_spans(source, 1.0)[1]
    with pytest.raises(ValueError, match="read whole"):
        read_frames(source, reader="decord", span=part)
    assert plan_spans(source, 1.0, reader="decord") == (Span(),)
    with pytest.raises(ValueError, match="span_seconds"):
        plan_spans(source, 0)
