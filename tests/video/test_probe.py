"""Probing: what a video is, or one clear line on why it is none."""

from __future__ import annotations

import os
import wave
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from clips import moving_square, write_clip

from seqfer.errors import VideoError
from seqfer.video import fingerprint, probe, read_frames


def test_a_file_is_described(tmp_path):
    path = write_clip(tmp_path / "some clip.mp4", moving_square(30))
    source = probe(path)
    assert (source.video_id, source.kind, source.num_frames) == ("some clip", "container", 30)
    assert (source.width, source.height, source.rotation_degrees) == (160, 120, 0)
    assert (source.average_fps, source.duration_seconds) == (30.0, pytest.approx(1.0))
    assert probe(path, video_id="x").video_id == "x"


def test_rotated_phones_are_described_upright(shared):
    for name, turn, size in [("90", 90, (320, 568)), ("180", 180, (568, 320)), ("270", 270, (320, 568))]:
        source = probe(shared / f"data/decode/video_{name}.mov")
        assert (source.rotation_degrees, (source.width, source.height)) == (turn, size)


def broken(folder: Path, what: str) -> Path:
    path = folder / f"{what}.mp4"
    if what == "empty":
        path.touch()
    elif what == "text":
        path.write_text("hello, world\n" * 500)
    elif what == "noise":
        path.write_bytes(np.random.default_rng(0).bytes(50_000))
    elif what == "playlist":
        write_clip(folder / "other.mp4", moving_square(2))
        path.write_text("ffconcat version 1.0\nfile other.mp4\n")
    elif what == "no index":
        whole = write_clip(folder / "whole.mp4", moving_square(30)).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif what == "no picture":
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(bytes(8000))
    elif what == "huge":
        path = write_clip(folder / "huge.mkv", [np.zeros((16, 16400, 3), np.uint8)], codec="ffv1")
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("missing", "no such file or folder"),
        ("empty", "is empty (0 bytes)"),
        ("text", "is not a readable video"),
        ("noise", "is not a readable video"),
        ("playlist", "is not a readable video (it is a playlist)"),
        ("no index", "is not a readable video"),
        ("no picture", "has no video stream"),
        ("huge", "declares pictures of 16400x16 pixels; at most 16384 a side are read"),
        ("pipe", "is not a regular file"),
        ("folder", "is a folder without numbered still frames"),
    ],
)
def test_what_is_no_video_is_one_line_that_names_the_file(tmp_path, what, reason):
    path = broken(tmp_path, what)
    for attempt in (probe, lambda path: list(read_frames(path))):
        with pytest.raises(VideoError) as caught:
            attempt(path)
        assert str(caught.value).startswith(f"{path}: {reason}")
        assert "\n" not in str(caught.value)


def test_a_file_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    path = write_clip(tmp_path / "a.mp4", moving_square(2))
    path.chmod(0)
    if os.access(path, os.R_OK):  # as root nothing is forbidden: let opening fail as it would
        monkeypatch.setattr(Path, "open", _forbidden)
    with pytest.raises(VideoError, match="cannot be read: permission denied"):
        probe(path)
    with pytest.raises(VideoError, match="cannot be read: permission denied"):
        fingerprint(path)


def _forbidden(*_, **__):
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(
    "name", ["we:ird %d name.mp4", "http:x.mp4", "ünïcödé 视频.mp4", "-i.mp4", "new\nline.mp4"]
)
def test_odd_names_are_only_names(tmp_path, name, monkeypatch):
    write_clip(tmp_path / "a.mp4", moving_square(3)).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert probe(name).num_frames == 3
    assert len(list(read_frames(name))) == 3


def test_a_cover_picture_is_no_video(tmp_path):
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as output:
        sound = output.add_stream("mp3", rate=44100)
        cover = output.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        output.mux(cover.encode(frame))
        output.mux(cover.encode(None))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1152 * 4), np.int16), "s16", "mono")
        silence.rate = 44100
        output.mux(sound.encode(silence))
        output.mux(sound.encode(None))
    with pytest.raises(VideoError, match="has no video stream"):
        probe(path)


def stills(folder: Path, numbers=(1, 2, 10), prefix="S005_001_", suffix=".png") -> Path:
    """Still frames whose grey level is their number."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        cv2.imwrite(str(folder / f"{prefix}{number}{suffix}"), np.full((40, 60, 3), number * 10, np.uint8))
    return folder


def test_numbered_stills_are_a_video_in_natural_order(tmp_path):
    folder = stills(tmp_path / "S005" / "001")
    (folder / "notes.txt").write_text("not a picture")
    (folder / "._S005_001_1.png").write_bytes(b"what a Mac leaves behind")
    source = probe(folder, still_fps=25)
    assert (source.kind, source.num_frames, source.still_fps) == ("stills", 3, 25)
    assert (source.width, source.height, source.video_id) == (60, 40, "001")
    frames = list(read_frames(source))
    assert [f.pts_seconds for f in frames] == [0.0, 1 / 25, 2 / 25]
    assert [int(f.rgb()[0, 0, 0]) for f in frames] == [10, 20, 100]


def test_a_broken_still_keeps_its_place_in_time(tmp_path):
    folder = stills(tmp_path / "a", numbers=range(1, 5), prefix="")
    (folder / "2.png").write_bytes(b"broken")
    damage = []
    frames = list(read_frames(folder, on_damage=damage.append))
    assert [f.frame_index for f in frames] == [0, 2, 3]
    assert [f.pts_seconds for f in frames] == [0.0, 2 / 30, 3 / 30]
    assert damage == ["still 2.png skipped: is not a readable image"]


def test_stills_of_every_depth_come_as_rgb(tmp_path):
    cv2.imwrite(str(tmp_path / "f1.png"), np.full((8, 8), 51 * 257, np.uint16))
    cv2.imwrite(str(tmp_path / "f2.png"), np.full((8, 8), 51, np.uint8))
    cv2.imwrite(str(tmp_path / "f3.png"), np.full((8, 8, 4), (51, 52, 53, 0), np.uint8))
    frames = [f.rgb()[0, 0].tolist() for f in read_frames(tmp_path)]
    assert frames == [[51, 51, 51], [51, 51, 51], [53, 52, 51]]


@pytest.mark.parametrize("still_fps", [0, -1, float("nan"), float("inf")])
def test_impossible_rates_are_refused(tmp_path, still_fps):
    with pytest.raises(ValueError, match="still_fps"):
        probe(stills(tmp_path / "a"), still_fps=still_fps)


def test_a_fingerprint_changes_with_the_content_and_not_with_the_name(tmp_path):
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"x" * 1000)
    with large.open("wb") as file:
        file.truncate(50 << 20)
    before = fingerprint(small), fingerprint(large)
    assert len(set(before)) == 2 and all(len(digest) == 64 for digest in before)
    assert fingerprint(small.rename(tmp_path / "other")) == before[0]
    for position in (0, -1):
        with large.open("r+b") as file:
            file.seek(position, 0 if position == 0 else 2)
            file.write(b"y")
        assert fingerprint(large) != before[1]
        before = before[0], fingerprint(large)


def test_a_fingerprint_of_stills_covers_names_and_contents(tmp_path):
    folder = stills(tmp_path / "a")
    first = fingerprint(folder)
    (folder / "notes.txt").write_text("of no matter")
    assert fingerprint(folder) == first
    stills(folder, numbers=[11])
    second = fingerprint(folder)
    cv2.imwrite(str(folder / "S005_001_11.png"), np.zeros((40, 60, 3), np.uint8))
    assert len({first, second, fingerprint(folder)}) == 3
