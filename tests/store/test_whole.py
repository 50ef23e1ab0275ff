"""Whole files: damage of every kind is found, and a writer killed at any moment leaves no half store."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
from seqfer.pipelines.__main__ import main
from test_store import rows, write

from seqfer import files
from seqfer.errors import InputError, StoreError
from seqfer.export.filmstrip import draw_filmstrip
from seqfer.store import find_faults, find_stores, open_store


@pytest.fixture
def whole(tmp_path):
    blocks = [rows(0, 0, 30), rows(1, 3, 9)]
    for block in blocks:
        block.boxes_xyxy[:, 2:] += 1
    return write(tmp_path / "s.h5", blocks)


def column(name, value, at=4):
    def damage(file):
        file["tracks/00000"][name][at] = value

    return damage


def drop_end_of_a_picture(file):
    end = file["tracks/00000/crops_offsets"][5]
    file["tracks/00000/crops_jpeg"][end - 40 : end] = 0


def swap_offsets(file):
    offsets = file["tracks/00000/crops_offsets"]
    offsets[3], offsets[4] = offsets[4], offsets[3]


def one_picture_of_another_size(file):
    offsets = file["tracks/00001/crops_offsets"][:]
    small = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    room = int(offsets[2] - offsets[1])
    padded = small[:-2] + b"\xff\xfe" + (room - len(small) - 2).to_bytes(2, "big")  # a comment
    padded += b"\0" * (room - len(padded) - 2) + b"\xff\xd9"
    file["tracks/00001/crops_jpeg"][offsets[1] : offsets[2]] = np.frombuffer(padded, np.uint8)
    file.attrs["config"] = '{"crop_size": 32}'


def rename_track(file):
    file.move("tracks/00001", "tracks/00007")


def frames_fall(file):
    file["frames/pts_seconds"][50] = 0.0


def shots_fall(file):
    file["frames/shot"][55] = 0


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (column("frame_indices", 3), "/tracks/00000: frame_indices do not rise at row 4"),
        (column("frame_indices", 900, at=29), "name frame 900 of a video of 60"),
        (column("pts_seconds", 0.5), "pts_seconds differ from /frames/pts_seconds at row 4"),
        (column("boxes_xyxy", np.nan), "boxes_xyxy cannot be right at row 4"),
        (column("scores", 1.5), "scores cannot be right at row 4"),
        (column("landmarks_xy", np.inf), "landmarks_xy cannot be right at row 4"),
        (drop_end_of_a_picture, "1 damaged pictures, the first in row 4"),
        (swap_offsets, "crops_offsets do not divide"),
        (one_picture_of_another_size, "/tracks/00001: 1 damaged pictures, the first in row 1"),
        (rename_track, "/tracks/00007 says that it is track 1"),
        (frames_fall, "/frames/pts_seconds does not rise at row 50"),
        (shots_fall, "/frames/shot falls at row 55"),
        (lambda file: file.__delitem__("tracks/00000/scores"), "/tracks/00000/scores is missing"),
    ],
)
def test_damage_is_found_by_looking_through_the_whole_file(whole, damage, words, capsys):
    assert find_faults(whole) == [] and main(["inspect", str(whole), "--check"]) == 0
    with h5py.File(whole, "r+") as file:
        damage(file)
    faults = find_faults(whole)
    assert any(words in fault for fault in faults), faults
    capsys.readouterr()
    assert main(["inspect", str(whole.parent), "--check"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"seqfer inspect: {whole}: {fault}" for fault in faults]


def test_chunks_that_cannot_be_read_are_a_fault(tmp_path):
    path = write(tmp_path / "s.h5", [rows(0, 0, 30)], codec="raw")
    with h5py.File(path, "r+") as file:
        crops = file["tracks/00000/crops"][:]
        attributes = dict(file["tracks/00000/crops"].attrs)
        del file["tracks/00000/crops"]
        made = file["tracks/00000"].create_dataset(
            "crops", data=crops, chunks=(16, 32, 32, 3), fletcher32=True
        )
        made.attrs.update(attributes)
        where = made.id.get_chunk_info(1).byte_offset
    assert not any("pictures" in fault for fault in find_faults(path))
    data = bytearray(path.read_bytes())
    data[where + 100] ^= 1
    path.write_bytes(data)
    assert "/tracks/00000: 14 damaged pictures, the first in row 16" in find_faults(path)


def test_a_filmstrip_shows_each_track_in_a_row(whole, tmp_path):
    with open_store(whole) as store:
        strip = draw_filmstrip(store, columns=8)
        first, second = strip[: len(strip) // 2], strip[len(strip) // 2 :]
        assert strip.shape == (2 * (4 + 32 + 16), 150 + 8 * 36, 3)
        shown = [first[4:36, 150 + 36 * n : 182 + 36 * n] for n in range(8)]
        chosen = np.unique(np.linspace(0, 29, 8).round().astype(int))
        for crop, row in zip(shown, chosen, strict=True):
            np.testing.assert_array_equal(crop, store.tracks[0].crops(row, row + 1)[0])
        assert (second[:, 150 + 6 * 36 :] == 255).all(), "six faces in all, none twice"
        assert (second[4:36, 150 : 150 + 32] < 255).all()
    assert main(["inspect", str(whole), "--filmstrip", str(tmp_path / "strip.png")]) == 0
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "strip.png"))[..., ::-1].shape[1], 150 + 12 * 36)
    with open_store(write(tmp_path / "nobody.h5", [])) as store:
        assert draw_filmstrip(store).min() < 128, "says so"


# A writer that kills itself at the n-th of the moments at which something reaches the file.
_WRITER = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
import h5py
from test_store import rows, write
from seqfer import files
from seqfer.store import writer

path, kinds = Path(sys.argv[1]), []
moments = [int(n) for n in sys.argv[2].split(",")]

def wrapped(kind, function, at):
    def call(*args, **more):
        kinds.append(kind)
        if len(kinds) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **more)
    return call

def run(at):
    writer.append = wrapped("append", writer.append, at)
    h5py.Dataset.resize = wrapped("resize", h5py.Dataset.resize, at)
    h5py.File.close = wrapped("close", h5py.File.close, at)
    os.fsync = wrapped("sync", os.fsync, at)
    Path.replace = wrapped("rename", Path.replace, at)
    write(path, [rows(t, a, a + 100) for a in range(0, 400, 100) for t in range(2)], frames=400)

for at in moments:
    child = os.fork()
    if child == 0:
        run(at)
        print(len(kinds), *kinds, flush=True)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    left = list(path.parent.glob(path.name + ".*.partial"))
    print("status", status, path.exists(), len(left) == 1, flush=True)
    for partial in left:
        os.replace(partial, f"{path}.{at}")
"""


def run_writer(path, moments):
    command = [sys.executable, "-c", _WRITER, str(path), ",".join(map(str, moments)), *sys.path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split() for line in done.stdout.splitlines()]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("before", ["nothing", "an older store"])
def test_a_writer_killed_at_any_moment_leaves_no_half_store(tmp_path, before):
    path = tmp_path / "tracks" / "s.h5"
    path.parent.mkdir()
    (count, *kinds), _ = run_writer(tmp_path / "try.h5", [10**9])
    assert kinds[-3:] == ["close", "sync", "rename"]
    moments = sorted({*np.linspace(1, int(count), 8, dtype=int).tolist(), int(count) - 1, int(count) - 2})
    assert len(moments) >= 8
    old = write(path, [rows(5, 0, 9)]).read_bytes() if before == "an older store" else None
    for at, (_, status, there, left) in zip(moments, run_writer(path, moments), strict=True):
        assert int(status) == signal.SIGKILL and left == "True" and there == str(old is not None), at
        if kinds[at - 1] not in ("sync", "rename"):  # after that it is whole, and has not its name yet
            with pytest.raises(StoreError), open_store(Path(f"{path}.{at}")):
                pass
    if old is None:
        with pytest.raises(InputError, match="no track store"):
            find_stores(tmp_path)
    else:
        assert find_stores(tmp_path) == [path] and path.read_bytes() == old
    left = path.with_name("s.h5.0123abcd.partial")
    left.write_bytes(b"left by one that was killed")
    write(path, [rows(0, 0, 30)])
    assert [p.name for p in find_stores(tmp_path)] == ["s.h5"]
    with open_store(path) as store:
        assert len(store.tracks[0].crops()) == 30
    files.remove_partials(tmp_path)
    assert not left.exists() and path.exists()
