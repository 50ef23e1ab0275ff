"""Runs that are half finished, damaged or of another version: said in words, and the rest goes on."""

from __future__ import annotations

import json
import shutil

import jsonschema
import pytest
from seqfer.pipelines.__main__ import main

import seqfer
from seqfer.errors import StoreError
from seqfer.export.timeline_json import SCHEMA_PATH


@pytest.fixture(scope="module")
def finished(clips, model, tmp_path_factory):
    out = tmp_path_factory.mktemp("finished") / "out"
    quiet = ("--quiet", "--cluster.workers=1")
    assert (
        main(
            ["run", str(clips / "a.mp4"), str(clips / "deep"), "-o", str(out), "--model", str(model), *quiet]
        )
        == 0
    )
    return out


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "out")


def export(out, capfd, *more):
    code = main(["export", str(out), "--quiet", "--cluster.workers=1", *more])
    said = capfd.readouterr().err
    assert "Traceback" not in said and all(line.startswith("seqfer") for line in said.splitlines()), said
    return code, said


def test_a_half_finished_run_is_exported_as_far_as_it_goes(run, capfd):
    (run / "predictions" / "b.h5").unlink()
    code, said = export(run, capfd, "--to", "vtt,transitions")
    assert code == 1 and "b.h5: no such file" in said
    assert (run / "a.vtt").is_file() and not (run / "b.vtt").exists()
    assert (run / "transition_matrix.csv").is_file()


def test_a_damaged_model_is_told_once_not_for_each_video(run, model, tmp_path, capfd):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(model.read_bytes()[:2000])
    broken.with_suffix(".json").write_bytes(model.with_suffix(".json").read_bytes())
    with pytest.raises(SystemExit) as stopped:
        main(["predict", str(run), "--quiet", "--cluster.workers=1", "--model", str(broken)])
    said = capfd.readouterr().err.splitlines()
    assert stopped.value.code == 2 and len(said) == 1 and "not a readable safetensors file" in said[0]


def test_a_damaged_or_older_json_is_made_anew(run, capfd):
    path = run / "a.json"
    whole = path.read_bytes()
    for damage in (whole[:500], whole.replace(b'"version": 2', b'"version": 1')):
        path.write_bytes(damage)
        assert export(run, capfd) == (0, "")
        assert path.read_bytes() == whole


def test_damaged_predictions_and_older_stores_are_named(run, capfd):
    import h5py

    (run / "predictions" / "a.h5").write_bytes(b"no")
    with h5py.File(run / "tracks" / "b.h5", "r+") as file:
        file.attrs["version"] = 1
    code, said = export(run, capfd)
    assert code == 1 and said.count("\n") == 2
    assert "a.h5: not a readable HDF5 file" in said and "version 1" in said


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("tracks"),
        lambda d: d["tracks"][0]["segments"][0].pop("start_s"),
        lambda d: d["tracks"][0]["segments"][0].update(start_s="soon"),
        lambda d: d["tracks"][0]["segments"][0].update(end_s=-1),
        lambda d: d.update(tracks=[3]),
        lambda d: d.update(version=99),
        lambda d: d["tracks"][0]["segments"].append(None),
    ],
)
def test_who_reads_a_json_that_makes_no_sense_is_told_so(run, capfd, change):
    path = run / "a.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    with pytest.raises(StoreError, match=r"a\.json: "):
        seqfer.read_timelines(run)
    for verb in (["inspect", str(path)], ["plot", str(path), "-o", str(run / "f.svg")]):
        assert main(verb) == 1
        said = capfd.readouterr().err
        assert "a.json: " in said and said.count("\n") == 1


def test_a_whole_run_is_to_the_schema_and_says_where_its_videos_are(finished, clips):
    schema = json.loads(SCHEMA_PATH.read_text())
    for path, video in (
        (finished / "a.json", clips / "a.mp4"),
        (finished / "b.json", clips / "deep" / "b.mp4"),
    ):
        document = json.loads(path.read_text())
        jsonschema.validate(document, schema)
        assert (path.parent / document["source"]["link"]).resolve() == video.resolve()


def test_reading_a_run_passes_over_other_json(run):
    (run / "notes.json").write_text('{"mine": 1}')
    assert {t.video_id for t in seqfer.read_timelines(run)} == {"a", "b"}
    with pytest.raises(StoreError, match="no timelines here"):
        seqfer.read_timelines(run / "tracks")
