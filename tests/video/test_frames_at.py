"""Random access: the same frames as reading from the start, by whichever reader."""

from __future__ import annotations

import numpy as np
import pytest
from clips import moving_square, write_clip

from seqfer.errors import VideoError
from seqfer.video import frames_at, read_frames
from seqfer.video.seeking import frames_by_seeking


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi", "gif.gif"])
def test_seeking_finds_the_frames_that_reading_finds(tmp_path, name):
    kind = {"codec": "gif", "pixels": "rgb8", "rate": 20} if name.endswith("gif") else {"bf": "2"}
    path = write_clip(tmp_path / name, moving_square(70), **kind)
    read = {f.frame_index: f for f in read_frames(path)}
    wanted = [69, 3, 3, 40, 12, 0]
    batch = frames_at(path, wanted, reader="pyav")
    assert batch.frame_indices.tolist() == wanted
    assert batch.pts_seconds.tolist() == [read[i].pts_seconds for i in wanted]
    assert all(np.array_equal(batch.data[k], read[i].rgb()) for k, i in enumerate(wanted))


@pytest.mark.parametrize("name", ["videos/no_face.mp4", "decode/video_90.mov", "videos/face_noface.mov"])
@pytest.mark.parametrize("reader", ["auto", "pyav"])
def test_hard_files_give_the_same_frames_too(shared, name, reader):
    path = shared / "data" / name
    wanted = [2, 0, 1] if "90" in name else [90, 17]
    read = {f.frame_index: f for f in read_frames(path) if f.frame_index in wanted}
    batch = frames_at(path, wanted, reader=reader)
    assert batch.pts_seconds == pytest.approx([read[i].pts_seconds for i in wanted])
    for picture, index in zip(batch.data, wanted, strict=True):
        assert np.abs(picture.astype(int) - read[index].rgb()).mean() < 2


def test_seeking_is_not_reading_from_the_start(tmp_path, monkeypatch):
    path = write_clip(tmp_path / "a.mp4", moving_square(40))
    monkeypatch.setattr("seqfer.video.reader._read_up_to", lambda *_: pytest.fail("read from the start"))
    assert frames_at(path, [33], reader="pyav").frame_indices.tolist() == [33]
    assert [f.frame_index for f in frames_by_seeking(path, {33, 99, -1})] == [33]


@pytest.mark.parametrize("reader", ["auto", "pyav"])
def test_an_index_beyond_the_end_is_named(tmp_path, reader):
    path = write_clip(tmp_path / "a.mp4", moving_square(5))
    with pytest.raises(IndexError, match=r"a\.mp4: no frame 5"):
        frames_at(path, [0, 5], reader=reader)


def test_no_indices_give_an_empty_batch(tmp_path):
    assert len(frames_at(write_clip(tmp_path / "a.mp4", moving_square(2)), [])) == 0


def test_what_is_no_video_is_an_error(tmp_path):
    with pytest.raises(VideoError, match="no such file"):
        frames_at(tmp_path / "a.mp4", [0])
