"""The HDF5 files: what goes in comes out, wholly or not at all, and damage is named."""

from __future__ import annotations

import hashlib
import itertools
import time

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqfer import files
from seqfer.errors import StoreError
from seqfer.faces import TrackRows
from seqfer.faces.quality import QUALITY_COLUMNS
from seqfer.labels import Vocabulary
from seqfer.store import create_store, open_store, read_predictions, stored_key, write_predictions
from seqfer.store.files import _seal
from seqfer.store.schema import CROP_FIELDS, FORMAT, FRAME_FIELDS, TRACK_FIELDS, VERSION
from seqfer.timeline import FramePredictions


def rows(track_id: int, start: int, stop: int, landmarks: int = 5, side: int = 32) -> TrackRows:
    n = stop - start
    rng = np.random.default_rng([track_id, start])
    ramp = np.linspace(40, 200, side).astype(np.uint8)
    crops = np.broadcast_to(ramp[None, None, :, None], (n, side, side, 3)).copy()
    crops[:, :, :, 0] += (np.arange(start, stop) % 40).astype(np.uint8)[:, None, None]
    return TrackRows(
        track_id=track_id,
        frame_indices=np.arange(start, stop),
        pts_seconds=np.arange(start, stop) / 30,
        boxes_xyxy=rng.random((n, 4)).astype(np.float32),
        landmarks_xy=rng.random((n, landmarks, 2)).astype(np.float32),
        scores=rng.random(n).astype(np.float32),
        interpolated=rng.random(n) > 0.5,
        crops=crops,
        quality=rng.random((n, len(QUALITY_COLUMNS))).astype(np.float32),
    )


def write(path, blocks, codec="jpeg", frames=60):
    with create_store(
        path, video_id="a/b", key="k", config={"c": 1}, software={"seqfer": "0"}, crop_codec=codec
    ) as writer:
        for i in range(frames):
            writer.add_frame(i / 30, i // 50)
        for block in blocks:
            writer.add_rows(block)
        writer.source = {"name": "b.mp4", "notes": []}
    return path


@pytest.mark.parametrize("codec", ["jpeg", "raw"])
def test_what_goes_in_comes_out(tmp_path, codec):
    blocks = [rows(0, 0, 7), rows(1, 3, 9), rows(0, 7, 60)]
    with open_store(write(tmp_path / "sub" / "s.h5", blocks, codec)) as store:
        assert (store.video_id, store.key, store.config) == ("a/b", "k", {"c": 1})
        assert store.frame_pts_seconds[-1] == pytest.approx(59 / 30) and store.frame_shots[-1] == 1
        first, second = store.tracks
        assert (len(first), len(second)) == (60, 6)
        whole = TrackRows.concatenate([blocks[0], blocks[2]])
        for name in ("frame_indices", "pts_seconds", "boxes_xyxy", "landmarks_xy", "scores", "interpolated"):
            np.testing.assert_array_equal(getattr(first, name), getattr(whole, name))
        np.testing.assert_array_equal(first.quality.table, whole.quality)
        np.testing.assert_array_equal(first.quality.yaw_degrees, whole.quality[:, 4])
        error = first.crops(5, 20).astype(int) - whole.crops[5:20]
        assert np.abs(error).max() <= (0 if codec == "raw" else 4)
        assert first.crops(60).shape[0] == 0


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=4), st.sampled_from(["jpeg", "raw"]))
def test_blocks_of_any_size_make_the_same_track(tmp_path_factory, sizes, codec):
    folder = tmp_path_factory.mktemp("s")
    edges = np.concatenate([[0], np.cumsum(sizes)])
    pieces = [rows(0, a, b, side=16) for a, b in itertools.pairwise(edges)]
    with open_store(write(folder / "a.h5", pieces, codec)) as store:
        track = store.tracks[0]
        np.testing.assert_array_equal(track.frame_indices, np.arange(edges[-1]))
        np.testing.assert_allclose(
            track.crops().astype(int), TrackRows.concatenate(pieces).crops.astype(int), atol=4
        )


def test_the_same_content_is_the_same_file_whenever_it_is_written(tmp_path):
    digests = set()
    for name in ("a.h5", "b.h5"):
        write(tmp_path / name, [rows(0, 0, 300), rows(1, 5, 9)])
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
        time.sleep(1.1)  # times recorded to the second would differ
    assert len(digests) == 1


def test_every_data_set_says_what_it_is(tmp_path):
    with h5py.File(write(tmp_path / "s.h5", [rows(0, 0, 5)])) as file:
        found = []
        file.visititems(lambda name, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
        assert len(found) == len(FRAME_FIELDS) + len(TRACK_FIELDS) + len(CROP_FIELDS["jpeg"])
        for dataset in found:
            assert len(dataset.attrs["dims"]) == dataset.ndim
            assert dataset.attrs["units"] and dataset.attrs["description"]


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path):
    path = write(tmp_path / "s.h5", [rows(0, 0, 5)])
    before = path.read_bytes()
    with pytest.raises(RuntimeError), create_store(path, video_id="v", key="k", config={}, software={}) as w:
        w.add_rows(rows(0, 0, 400))
        raise RuntimeError("killed")
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["s.h5"]


def test_a_full_disk_is_said_in_words(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_HEADROOM_BYTES", 1 << 60)
    with pytest.raises(StoreError, match=r"s\.h5: cannot be written, the disk is full"):
        write(tmp_path / "s.h5", [])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_said_in_words(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        write(tmp_path / "out" / "s.h5", [])


def break_format(file):
    file.attrs["format"] = "other"


def break_version(file):
    file.attrs["version"] = VERSION + 1


def break_column(file):
    del file["tracks/00000/scores"]


def break_length(file):
    file["tracks/00000/pts_seconds"].resize(3, axis=0)


def break_type(file):
    del file["frames/shot"]
    file["frames/shot"] = np.zeros(60)


def break_attribute(file):
    del file.attrs["config"]


def break_json(file):
    file.attrs["config"] = "{"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (break_format, "not a seqfer.tracks file but a other file"),
        (break_version, f"version {VERSION + 1}; this seqfer reads version {VERSION}"),
        (break_column, "/tracks/00000/scores is missing"),
        (break_length, "pts_seconds has shape"),
        (break_type, "/frames/shot is float64"),
        (break_attribute, "'config' is missing"),
        (break_json, "'config' is absent or damaged"),
    ],
)
def test_damage_is_named_with_the_file(tmp_path, damage, message):
    path = write(tmp_path / "s.h5", [rows(0, 0, 5)])
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(StoreError, match=message) as caught, open_store(path):
        pass
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_no_store_is_named(tmp_path):
    (tmp_path / "text.h5").write_text("hello")
    whole = write(tmp_path / "s.h5", [rows(0, 0, 50)]).read_bytes()
    (tmp_path / "half.h5").write_bytes(whole[: len(whole) // 2])
    for name, message in (
        ("text.h5", "not a readable HDF5"),
        ("half.h5", "not a readable HDF5"),
        ("no.h5", "no such"),
    ):
        with pytest.raises(StoreError, match=message), open_store(tmp_path / name):
            pass
        assert stored_key(tmp_path / name, format=FORMAT, version=VERSION) is None
    assert stored_key(tmp_path / "s.h5", format=FORMAT, version=VERSION) == "k"


def test_a_damaged_picture_is_named(tmp_path):
    path = write(tmp_path / "s.h5", [rows(0, 0, 5)])
    with h5py.File(path, "r+") as file:
        file["tracks/00000/crops_jpeg"][:300] = 0
    with open_store(path) as store, pytest.raises(StoreError, match="track 0 holds a damaged picture"):
        store.tracks[0].crops()


def test_predictions_come_back_and_damage_is_named(tmp_path):
    path, vocabulary = tmp_path / "p.h5", Vocabulary(("anger", "neutral"))
    track = FramePredictions(
        track_id=3,
        frame_indices=np.arange(4),
        pts_seconds=np.arange(4) / 25,
        emotion_probs=np.full((4, 2), 0.5, np.float32),
        phase_probs=np.full((4, 4), 0.25, np.float32),
        intensity=np.zeros(4, np.float32),
        vocabulary=vocabulary,
    )
    model = {"name": "m", "fingerprint": "f", "vocabulary": list(vocabulary)}
    write_predictions(path, iter([track]), video_id="v", key="k", tracks_key="t", model=model)
    found = read_predictions(path)
    assert (found.video_id, found.tracks_key, found.tracks[0].track_id) == ("v", "t", 3)
    np.testing.assert_array_equal(found.tracks[0].emotion_probs, track.emotion_probs)
    with h5py.File(path, "r+") as file:
        file.attrs["model"] = '{"vocabulary": ["anger"]}'
    with pytest.raises(StoreError, match="its checksum does not fit"):
        read_predictions(path)
    _seal(path)
    with pytest.raises(StoreError, match="damaged predictions"):
        read_predictions(path)
