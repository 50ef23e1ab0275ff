"""Files of strangers: what fuzzing has taught (scripts/fuzz.py), and a second of it anew for each kind."""

from __future__ import annotations

import lzma
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from seqfer import video
from seqfer.errors import StoreError, VideoError
from seqfer.store import find_faults, open_store, write_index
from seqfer.store.files import _seal
from seqfer.store.index import read_index

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from fuzzing.targets import TARGETS, corpus, damaged

QUICK = ("video", "store", "predictions", "labels", "eaf")


@pytest.mark.parametrize("name", QUICK)
def test_damaged_files_are_read_or_refused_in_a_line(name, tmp_path):
    dice = random.Random(7)
    originals = corpus(name, tmp_path)
    for _ in range(40):
        original = dice.choice(originals)
        path = tmp_path / f"input{original.path.suffix}"
        path.write_bytes(damaged(original.data, dice))
        assert TARGETS[name](path, tmp_path) in ("read", "refused")


@pytest.fixture
def store(tmp_path):
    return corpus("store", tmp_path)[0].path


def refused(path: Path) -> str:
    """Why a store is refused, although its checksum fits."""
    _seal(path)
    assert find_faults(path)
    with pytest.raises(StoreError) as error, open_store(path) as opened:
        for track in opened.tracks:
            track.crops(0, 1)
    return error.value.reason


def test_a_few_bytes_that_claim_to_be_gigabytes_are_not_read(store):
    with h5py.File(store, "r+") as file:
        attributes = dict(file["frames/pts_seconds"].attrs)
        del file["frames/pts_seconds"]
        claimed = file.create_dataset("frames/pts_seconds", (10**12,), "f8", chunks=(512,))
        claimed.attrs.update(attributes)
    assert "claims 8000000000000 bytes and has 0" in refused(store)


def test_a_column_that_unpacks_to_far_more_than_it_is_is_not_read(store):
    with h5py.File(store, "r+") as file:
        group = file["tracks/00000"]
        attributes = dict(group["crops_jpeg"].attrs)
        del group["crops_jpeg"]
        bomb = group.create_dataset("crops_jpeg", data=np.zeros(10**7, "u1"), compression="gzip")
        bomb.attrs.update(attributes)
    assert "claims 10000000 bytes" in refused(store)


def test_a_store_cannot_have_other_files_read(store, tmp_path):
    (tmp_path / "secret").write_bytes(bytes(80_000))
    with h5py.File(store, "r+") as file:
        group = file["tracks/00000"]
        shape = group["pts_seconds"].shape
        del group["pts_seconds"]
        group.create_dataset("pts_seconds", shape, "f8", external=[(str(tmp_path / "secret"), 0, 80_000)])
    assert "is kept in other files" in refused(store)


def test_a_track_that_is_no_group_is_named(store):
    with h5py.File(store, "r+") as file:
        file["tracks/00001"] = np.zeros(3)
    assert "is not a group" in refused(store)


@pytest.mark.parametrize("where", ["../other/v.h5", "/etc/v.h5", "tracks/../../v.h5"])
def test_an_index_cannot_lead_out_of_its_folder(where, store, tmp_path):
    out = tmp_path / "out"
    (out / "tracks").mkdir(parents=True)
    store.rename(out / "tracks" / "v.h5")
    index = write_index(out)
    with h5py.File(index, "r+") as file:
        del file["v"]
        file["v"] = h5py.ExternalLink(where, "/")
    _seal(index)
    with pytest.raises(StoreError, match="leads to"):
        read_index(index)


_COMMAND = """
import sys
from seqfer.pipelines import __main__, fence
fence.SILENT_SECONDS = 3.0
{more}
sys.argv[1:] = ["inspect", {path!r}]
sys.exit(__main__.main())
"""


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("", "given up after no sign of life for 3 s: a damaged file, or a disk that does not answer"),
        ("import ctypes, seqfer.store; seqfer.store.open_store = lambda path: ctypes.string_at(0)",
         "crashed (SIGSEGV), as over a damaged file"),
    ],
)  # fmt: skip
def test_a_file_in_which_hdf5_loops_for_ever_or_crashes_is_a_line_and_an_exit_code(more, reason, tmp_path):
    path = tmp_path / "loops.h5"  # found by scripts/fuzz.py; HDF5 never comes back from its first attribute
    path.write_bytes(lzma.decompress(Path(__file__).with_name("hdf5_loops.h5.xz").read_bytes()))
    command = [sys.executable, "-c", _COMMAND.format(more=more, path=str(path))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"seqfer inspect: {reason}\n"


def test_headers_that_claim_enormous_pictures_are_refused_before_memory_is_taken(tmp_path):
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 10**6, 10**6, 8, 2, 0, 0, 0)
    picture = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100)))
    for n in range(2):
        (tmp_path / f"f{n}.png").write_bytes(picture + chunk(b"IEND", b""))
    with pytest.raises(VideoError):
        video.probe(tmp_path)
