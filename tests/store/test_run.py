"""A whole run under one handle: lazily opened, few files at a time, also in other processes."""

from __future__ import annotations

import gc
import pickle
import shutil

import h5py
import numpy as np
import psutil
import pytest
import torch
from fake_tracks import write_store
from hypothesis import given
from hypothesis import strategies as st

from seqfer.errors import InputError, StoreError
from seqfer.store import RunStore, open_run, open_store, write_index
from seqfer.store.index import link_name, read_index

NAMES = ("b", "a", "deep/a", "100%/ä (1)", "z")


@pytest.fixture
def out(tmp_path):
    """A run's folder; the videos differ in their crops."""
    for n, name in enumerate(NAMES):
        write_store(tmp_path / "out" / "tracks" / f"{name}.h5", name, seconds=0.5, seed=n)
    return tmp_path / "out"


def files_open(folder):
    gc.collect()
    return [f.path for f in psutil.Process().open_files() if f.path.startswith(str(folder))]


def test_a_run_is_all_its_tracks_in_order(out):
    with open_run(out) as run:
        assert [video for video, _ in run] == sorted(NAMES) and len(run) == len(NAMES)
        with open_store(out / "tracks" / "z.h5") as store:
            np.testing.assert_array_equal(run.track("z", 0).crops(), store.tracks[0].crops())
        for wrong in (("y", 0), ("z", 7)):
            with pytest.raises(KeyError, match=str(wrong[bool(wrong[1])])):
                run.track(*wrong)


def test_parts_of_a_store_that_is_not_yet_one_are_no_stores(out):
    write_store(out / "tracks" / "long.h5.parts" / "00000.h5", "long")
    assert list(open_run(out).paths) == sorted(NAMES) == list(read_index(write_index(out)))


def test_no_more_files_are_open_than_allowed_and_none_before_one_is_asked_for(out):
    run = open_run(out, max_open=2)
    assert files_open(out) == []
    held = next(track for _, track in run)
    run["a"], run["b"]
    assert len(files_open(out)) == 3, "two of ours, and the one whose track is in hand"
    assert len(held.crops()) == 5
    del held
    assert len(files_open(out)) == 2
    run.close()
    assert files_open(out) == []


def test_a_copy_in_another_process_opens_its_own_files(out):
    run = open_run(out)
    run["a"]
    copy = pickle.loads(pickle.dumps(run))
    assert copy.paths == run.paths and not copy._stores
    loader = torch.utils.data.DataLoader(Sums(run), batch_size=1, num_workers=2)
    assert torch.cat(list(loader)).tolist() == [Sums(run)[n] for n in range(len(NAMES))]


class Sums(torch.utils.data.Dataset):
    """The sum of a video's crops, and whether the handle was told from the one it is a copy of."""

    def __init__(self, run: RunStore):
        self.run = run

    def __len__(self):
        return len(self.run)

    def __getitem__(self, n):
        return int(self.run.track(list(self.run.paths)[n], 0).crops().astype(int).sum())


def test_any_hdf5_tool_sees_the_run_as_one_file_also_after_it_was_moved(out, tmp_path):
    index = write_index(out)
    stamp = index.stat().st_mtime_ns
    assert write_index(out) == index and index.stat().st_mtime_ns == stamp, "nothing to bring up to date"
    moved = tmp_path / "moved"
    shutil.move(out, moved)
    with h5py.File(moved / "tracks.h5") as file:
        assert {link_name(name) for name in NAMES} == set(file)
        for name in NAMES:
            assert file[link_name(name)].attrs["video_id"] == name
            assert len(file[link_name(name)]["tracks/00000/pts_seconds"]) == 5
    assert list(open_run(moved / "tracks.h5").paths) == sorted(NAMES)
    write_store(moved / "tracks" / "new.h5", "new")
    assert "new" in read_index(write_index(moved))


def test_a_store_that_is_gone_is_named_with_its_video(out):
    index = write_index(out)
    (out / "tracks" / "deep" / "a.h5").unlink()
    run = open_run(index)
    assert len(run["a"].tracks) == 1
    with pytest.raises(StoreError, match=r"deep/a\.h5: no such file: the track store of video 'deep/a'"):
        run["deep/a"]


def test_what_cannot_be_one_run_is_refused_in_words(out, tmp_path):
    write_store(tmp_path / "copy.h5", "a")
    with pytest.raises(InputError, match=r"copy\.h5: holds the same video 'a' as .*a\.h5"):
        open_run([out, tmp_path / "copy.h5"])
    assert len(open_run([out, out / "tracks" / "a.h5"])) == len(NAMES), "the same store twice is one"
    with pytest.raises(InputError, match="no such file or folder"):
        open_run(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no track store"):
        open_run(tmp_path / "empty")
    assert write_index(tmp_path / "empty") is None
    (tmp_path / "text.h5").write_text("hello")
    with pytest.raises(StoreError, match=r"text\.h5: not a readable HDF5"):
        open_run(tmp_path / "text.h5")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_every_name_of_a_video_is_one_link(name):
    from urllib.parse import unquote

    assert unquote(link_name(name)) == name and "/" not in link_name(name) and link_name(name) != "."
