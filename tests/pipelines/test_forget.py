"""What is forgotten is in no byte of the folder; faces that are not to be kept are not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from seqfer.pipelines.__main__ import main

from seqfer.errors import StoreError
from seqfer.export import ExportConfig, write_persons
from seqfer.jobs import STAGES, Job, RunConfig
from seqfer.persons import Persons, PersonTrack
from seqfer.stages import finished, process
from seqfer.store import find_faults, open_store, read_predictions

TOLD = "private-visit-of-ann"  # a name that no other file would hold by chance


@pytest.fixture(scope="module")
def done(clips, model, tmp_path_factory, seqfer_run) -> Path:
    """A run of two videos with all that can be made of them."""
    folder = tmp_path_factory.mktemp("done")
    (folder / "in").mkdir()
    shutil.copy(clips / "a.mp4", folder / "in" / f"{TOLD}.mp4")
    shutil.copy(clips / "deep" / "b.mp4", folder / "in" / "other.mp4")
    seqfer_run(
        "run", folder / "in", "-o", folder / "out", "--model", model, "--to", "csv,transitions,frames,vtt"
    )
    persons = Persons(
        scope="run",
        threshold=0.45,
        tracks_keys={name: _key(folder, name) for name in (TOLD, "other")},
        tracks={
            TOLD: (PersonTrack(video_id=TOLD, track_id=0, person_id="p001", similarity=None, num_rows=1),),
            "other": (
                PersonTrack(video_id="other", track_id=0, person_id="p002", similarity=None, num_rows=1),
            ),
        },
    )
    write_persons(folder / "out", persons, embedder="0" * 64)
    seqfer_run("report", folder / "out")
    (folder / "out" / "logs").mkdir()
    (folder / "out" / "logs" / f"{TOLD}.log").write_text("seqfer began: …")
    return folder


@pytest.fixture(scope="module")
def seqfer_run():
    def call(*args: object) -> None:
        command = [sys.executable, "-m", "seqfer.pipelines", *map(str, args)]
        finished = subprocess.run(command, capture_output=True, text=True)
        assert finished.returncode == 0, finished.stderr

    return call


def _key(folder: Path, name: str) -> str:
    with open_store(folder / "out" / "tracks" / f"{name}.h5") as store:
        return store.key


@pytest.fixture
def out(done, tmp_path) -> Path:
    shutil.copytree(done / "out", tmp_path / "out")
    return tmp_path / "out"


def traces(out: Path, name: str) -> list[str]:
    """Files that hold a name, in their own names or their bytes."""
    return [
        str(path.relative_to(out))
        for path in out.rglob("*")
        if name in str(path.relative_to(out)) or (path.is_file() and name.encode() in path.read_bytes())
    ]


def test_nothing_is_left_of_a_video_that_is_forgotten(out):
    assert len(traces(out, TOLD)) >= 12, traces(out, TOLD)
    before = {p: p.read_bytes() for p in out.rglob("other.*")}
    assert main(["forget", str(out), "--video", TOLD]) == 0
    assert traces(out, TOLD) == []
    assert {p: p.read_bytes() for p in out.rglob("other.*")} == before and len(before) >= 6
    assert (out / "summary.csv").read_text().count("\n") == 2
    assert "p002" in (out / "persons.csv").read_text()


def test_a_person_is_taken_out_of_every_file_and_timelines_come_anew_without_them(out, capsys):
    assert main(["forget", str(out), "--person", "p001"]) == 0
    with open_store(out / "tracks" / f"{TOLD}.h5") as store:
        assert store.tracks == () and len(store.frame_pts_seconds)
    assert find_faults(out / "tracks" / f"{TOLD}.h5") == []
    assert read_predictions(out / "predictions" / f"{TOLD}.h5").tracks == ()
    assert traces(out, "p001") == []
    assert main(["export", str(out), "--quiet"]) == 0
    assert '"tracks": []' in (out / f"{TOLD}.json").read_text()
    assert traces(out, "p001") == []
    with open_store(out / "tracks" / "other.h5") as store:
        assert len(store.tracks) == 1


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("--video", "nobody"), 1, "holds nothing of a video 'nobody'"),
        (("--person", "p009"), 1, "holds nothing of a person 'p009'"),
        (("--video", "../in/other"), 1, "no video can be called"),
        (("--video", "/etc/passwd"), 1, "no video can be called"),
        ((), 2, "say what to forget"),
    ],
)
def test_what_cannot_be_forgotten_is_said_in_a_line(args, code, words, done, capsys):
    try:
        returned = main(["forget", str(done / "out"), *args])
    except SystemExit as stop:
        returned = stop.code
    said = capsys.readouterr().err
    assert returned == code and words in said and len(said.splitlines()) == 1


def test_faces_are_not_kept_where_that_is_asked_and_made_again_where_they_are_needed(clips, model, tmp_path):
    config = RunConfig(model=str(model), keep_crops=False, export=ExportConfig(to=("csv",)))
    job = Job(video_id="a", path=clips / "a.mp4", out=tmp_path / "out", stages=STAGES, config=config)
    assert process(job).done == STAGES
    assert finished(job) and process(job).done == ()
    assert b"\xff\xd8\xff" not in job.tracks_path.read_bytes(), "no JPEG is left in the file"
    assert find_faults(job.tracks_path) == []
    with open_store(job.tracks_path) as store:
        assert store.crop_codec == "none" and len(store.tracks[0].boxes_xyxy)
        with pytest.raises(StoreError, match="its faces were not kept"):
            store.tracks[0].crops(0, 1)
    first = {p.name: p.read_bytes() for p in (tmp_path / "out").rglob("*.*")}

    job.predictions_path.unlink()
    assert process(job).done == ("extract", "predict")
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").rglob("*.*")} == first

    keeping = replace(job, config=replace(config, keep_crops=True))
    assert finished(keeping) is None
    assert process(keeping).done == ("extract",)
    assert finished(job) is None, "they are there, and are not to be"
    assert process(job).status == "ok"
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").rglob("*.*")} == first


def test_without_a_network_all_that_needs_none_is_done_and_what_needs_one_says_so(clips, model, tmp_path):
    alone = ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("needs leave to make a network namespace")
    run = [*alone, sys.executable, "-m", "seqfer.pipelines", "--offline", "run", clips / "deep" / "b.mp4"]
    environment = {**os.environ, "TORCH_HOME": str(tmp_path / "empty")}
    there = {"capture_output": True, "text": True, "env": environment}
    made = subprocess.run([*map(str, run), "-o", str(tmp_path / "out"), "--model", str(model)], **there)
    assert made.returncode == 0, made.stderr
    yunet = ("-o", str(tmp_path / "other"), "--extraction.detector.name=yunet", "--model", str(model))
    refused = subprocess.run([*map(str, run), *yunet], **there)
    assert refused.returncode == 2
    assert "these weights are not here, and fetching is off" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
