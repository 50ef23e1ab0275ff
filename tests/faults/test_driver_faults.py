"""The run itself killed, interrupted, or begun twice; files damaged afterwards; videos that come and go."""

from __future__ import annotations

import os
import shutil
import signal

import pytest
from disturbance import digests, finish, run, start, summary, wait_for, workers_of


def test_a_run_killed_half_way_leaves_no_process_and_goes_on_from_there(videos, undisturbed, tmp_path):
    out = tmp_path / "out"
    process = start("extract", videos, "-o", out, "--cluster.workers=1")
    wait_for(lambda: len(list(out.rglob("*.h5"))) >= 2)
    workers = workers_of(process)
    process.kill()
    process.wait()
    wait_for(lambda: not any(w.is_running() and w.status() != "zombie" for w in workers), 15)
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*.h5")}
    code, _, errors = run("extract", videos, "-o", out)
    assert code == 0, errors
    assert digests(out) == undisturbed
    assert all(p.stat().st_mtime_ns == t for p, t in before.items()), "what was finished is kept"
    assert not list(out.rglob("*.partial"))


def test_two_runs_in_one_folder_do_not_meet(videos, undisturbed, tmp_path):
    out = tmp_path / "out"
    first = start("extract", videos, "-o", out, "--cluster.workers=1")
    wait_for(lambda: list(out.rglob("*.partial")))
    first.send_signal(signal.SIGSTOP)  # so that it is not done before the second is there
    code, _, errors = run("extract", videos, "-o", out)
    first.send_signal(signal.SIGCONT)
    assert code == 1
    assert f"{out}: another run is at work in this folder (process {first.pid} on " in errors
    assert len(errors.splitlines()) == 1
    code, _, errors = finish(first)
    assert code == 0, errors
    assert digests(out) == undisturbed


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 4
    path.write_bytes(data)


def test_stores_cut_off_or_with_a_bit_flipped_are_found_and_redone(videos, undisturbed, tmp_path):
    out = tmp_path / "out"
    assert run("extract", videos, "-o", out)[0] == 0
    names = ["good0", "good1", "good2", "once", "crash"]
    stores = {name: out / "tracks" / f"{name}.h5" for name in names}
    size = stores["good0"].stat().st_size
    for name, at in (("good0", 3), ("good1", 700), ("good2", size // 2), ("once", 520)):
        flip(stores[name], at)
    os.truncate(stores["crash"], size // 2)
    code, _, errors = run("inspect", out, "--check")
    assert code == 1
    assert all(f"{path}: " in errors for path in stores.values())
    kept = out / "tracks" / "hang.h5"
    before = kept.stat().st_mtime_ns
    code, _, errors = run("extract", videos, "-o", out)
    assert code == 0, errors
    assert digests(out) == undisturbed
    assert kept.stat().st_mtime_ns == before, "only what was damaged is redone"


@pytest.mark.slow
def test_only_what_was_added_or_replaced_is_done(videos, undisturbed, tmp_path):
    folder, out = tmp_path / "videos", tmp_path / "out"
    shutil.copytree(videos, folder)
    added = (tmp_path / "aside").with_suffix(".mp4")
    (folder / "good0.mp4").rename(added)
    shutil.copy(folder / "hang.mp4", folder / "good1.mp4")  # another film under this name
    assert run("extract", folder, "-o", out)[0] == 0
    before = {p.name: p.stat().st_mtime_ns for p in (out / "tracks").iterdir()}
    assert len(before) == 7
    added.rename(folder / "good0.mp4")
    shutil.copy(videos / "good1.mp4", folder / "good1.mp4")
    (folder / "hang.mp4").unlink()
    code, _, errors = run("extract", folder, "-o", out)
    assert code == 0, errors
    after = {p.name: p.stat().st_mtime_ns for p in (out / "tracks").iterdir()}
    assert {name for name, time in after.items() if before.get(name) != time} == {"good0.h5", "good1.h5"}
    assert "hang" not in summary(out), "its results stay until they are forgotten"
    made = digests(out)
    assert all(made[name] == digest for name, digest in undisturbed.items() if name.startswith("tracks/"))


@pytest.mark.slow
def test_an_output_folder_that_turns_read_only_fails_what_is_left(videos, undisturbed, tmp_path):
    out = tmp_path / "out"
    process = start("extract", videos, "-o", out, "--cluster.workers=1")
    wait_for(lambda: len(list(out.rglob("*.h5"))) >= 2)
    for folder in (out, out / "tracks", out / "logs"):
        folder.chmod(0o555)
    code, _, errors = finish(process)
    assert code == 1
    assert "cannot be written (Permission denied)" in errors
    assert len(errors.splitlines()) <= len(undisturbed), "a line for each, at most"
    for folder in (out, out / "tracks", out / "logs"):
        folder.chmod(0o755)
    code, _, errors = run("extract", videos, "-o", out)
    assert code == 0, errors
    assert digests(out) == undisturbed
