"""Finding videos: all of them, each once, under names that are unique and safe."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path, PurePosixPath

from hypothesis import given, settings
from hypothesis import strategies as st

from seqfer.video import find_videos
from seqfer.video.discover import safe_id


def make(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


def ids(*paths):
    return [entry.video_id for entry in find_videos(paths)]


def test_a_folder_is_searched_to_the_bottom_in_natural_order(tmp_path):
    make(tmp_path, "b10.mp4", "b9.MKV", "sub/deep/a.webm", "labels.csv", "sub/cover.jpg", "README")
    assert ids(tmp_path) == ["b9", "b10", "sub/deep/a"]


def test_hidden_entries_are_left_out(tmp_path):
    make(tmp_path, "._clip.mp4", ".hidden/a.mp4", "clip.mp4")
    assert ids(tmp_path) == ["clip"]


def test_a_named_file_is_taken_whatever_its_suffix(tmp_path):
    make(tmp_path, "clip.bin", "clip.mp4")
    assert ids(tmp_path / "clip.bin") == ["clip"]


def test_globs_are_expanded(tmp_path):
    make(tmp_path, "a/1.mp4", "b/2.mp4", "b/x/3.mp4", "b/labels.csv")
    assert ids(str(tmp_path / "*" / "*.mp4")) == ["1", "2"]
    assert ids(str(tmp_path / "**" / "*.mp4")) == ["1", "2", "3"]
    assert ids(str(tmp_path / "b*")) == ["2", "x/3"]
    make(tmp_path, "[1].mp4")
    assert ids(str(tmp_path / "[1].mp4")) == ["[1]"]


def test_numbered_stills_are_one_video(tmp_path):
    make(tmp_path, *(f"S005/{s}/S005_{s}_{n:08}.png" for s in ("001", "002") for n in range(3)))
    make(tmp_path, "faces/ann.jpg", "faces/bob.jpg", "clip.mp4")
    found = find_videos([tmp_path])
    assert [(e.video_id, e.kind) for e in found] == [
        ("clip", "container"),
        ("S005/001", "stills"),
        ("S005/002", "stills"),
    ]
    assert [(e.video_id, e.kind) for e in find_videos([tmp_path / "S005" / "001"])] == [("001", "stills")]


def test_thumbnails_beside_videos_are_no_video(tmp_path):
    make(tmp_path, "clip.mp4", "thumb1.jpg", "thumb2.jpg")
    assert ids(tmp_path) == ["clip"]


def test_what_is_not_there_is_an_entry_with_its_reason(tmp_path):
    make(tmp_path, "clip.mp4")
    (tmp_path / "empty").mkdir()
    (tmp_path / "dangling.mp4").symlink_to(tmp_path / "nowhere")
    (tmp_path / "round.mp4").symlink_to(tmp_path / "round.mp4")
    wanted = {
        tmp_path / "clip.mp4": None,
        tmp_path / "missing.mp4": "no such file or folder",
        tmp_path / "empty": "no videos in this folder",
        tmp_path / "dangling.mp4": "is a link to nothing",
        tmp_path / "no*thing.mp4": "nothing matches",
        Path("nul\0l.mp4"): "no such file or folder",
        tmp_path / ("long" * 100 + ".mp4"): "cannot be read: File name too long",
    }
    assert {entry.path: entry.error for entry in find_videos(list(wanted))} == wanted
    assert find_videos([tmp_path / "round.mp4"])[0].error


def test_a_folder_that_may_not_be_read_does_not_stop_the_rest(tmp_path, monkeypatch):
    make(tmp_path, "a/1.mp4", "secret/2.mp4")
    real = os.scandir

    def scandir(folder):
        if Path(folder).name == "secret":
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    found = find_videos([tmp_path])
    assert [(e.video_id, e.error) for e in found] == [
        ("a/1", None),
        ("secret", "cannot be read: permission denied"),
    ]


def test_the_same_file_counts_once(tmp_path):
    make(tmp_path, "a/clip.mp4")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "a/clip.mp4")
    assert len(find_videos([tmp_path, tmp_path / "a", tmp_path / "a/../a/clip.mp4"])) == 1


def test_links_in_circles_end(tmp_path):
    make(tmp_path, "a/clip.mp4")
    (tmp_path / "a/up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert ids(tmp_path) == ["a/clip"]


def test_colliding_names_are_told_apart(tmp_path):
    make(tmp_path, "x/clip.mp4", "x/clip.mov", "y/clip.mp4", "y/other.mp4")
    assert ids(tmp_path / "x") == ["clip.mov", "clip.mp4"]
    found = ids(tmp_path / "x", tmp_path / "y")
    assert found[0] == "clip.mov" and found[-1] == "other"
    assert all(name.startswith("clip.mp4-") and len(name) == len("clip.mp4-") + 8 for name in found[1:3])
    assert found == ids(tmp_path / "y", tmp_path / "x")


names = st.text("aAb.é", min_size=1, max_size=3).filter(lambda name: not name.startswith("."))
paths = st.builds(
    "{}/{}{}{}".format,
    st.sampled_from(["one", "two"]),
    st.sampled_from(["", "x/", "X/", "b é.mp4/"]),
    names,
    st.sampled_from([".mp4", ".MP4", ".mov", ".mp4.mov"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(paths, min_size=1, max_size=8, unique=True))
def test_ids_are_unique_and_safe_even_where_case_does_not_count(given_paths):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path in given_paths:
            make(root, path)
        found = find_videos([root / "one", root / "two"] + [root / path for path in given_paths])
        videos = [entry for entry in found if entry.error is None]
        assert len(videos) == len(given_paths)
        folded = [entry.video_id.casefold() for entry in found]
        assert len(set(folded)) == len(folded)
        for entry in found:
            assert_safe(entry.video_id)


@settings(max_examples=300)
@given(st.text(max_size=400) | st.binary(max_size=40).map(os.fsdecode))
def test_any_name_becomes_a_safe_id(name):
    assert_safe(safe_id(name))


def assert_safe(video_id):
    path = PurePosixPath(video_id)
    assert video_id and not path.is_absolute() and ".." not in video_id and str(path) == video_id
    for part in path.parts:
        assert 0 < len(part.encode()) <= 200
        assert not set(part) & set('<>:"|?*\\\0\n') and part[0] not in ". " and part[-1] not in ". "


def test_ten_thousand_files_are_found_in_a_moment(tmp_path):
    for number in range(10_000):
        folder = tmp_path / f"subject{number // 100}"
        if number % 100 == 0:
            folder.mkdir()
        (folder / f"clip{number}.mp4").touch()
    start = time.perf_counter()
    found = find_videos([tmp_path])
    assert time.perf_counter() - start < 5
    assert len(found) == 10_000
    assert [e.video_id for e in found[:2]] == ["subject0/clip0", "subject0/clip1"]
