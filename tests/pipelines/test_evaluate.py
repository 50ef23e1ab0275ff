"""``seqfer evaluate`` on tiny stores: every person tested once, by who never saw them."""

from __future__ import annotations

import json
import shutil

import cv2
import pytest
from fake_tracks import write_data
from seqfer.pipelines.evaluate import main
from seqfer.pipelines.train import main as train

ENCODER = '{"widths": [8, 8, 16], "depths": [1, 1], "input_size": 24}'


def options(stores, labels):
    return [f"--data.stores={stores}", f"--data.labels={labels}", "--data.vocabulary=neutral,happiness"]


def training(epochs=6):
    return [
        "--model=FrameCnn", f"--model.init_args.encoder={ENCODER}", "--model.init_args.hidden=8",
        "--model.init_args.freeze_encoder=false", "--model.init_args.encoder_learning_rate=0.01",
        "--model.init_args.learning_rate=0.01", "--data.window_seconds=2", "--data.sample_rate_hz=10",
        "--data.batch_size=2", "--data.augmentation=null", f"--trainer.max_epochs={epochs}",
        "--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false",
        "--trainer.enable_model_summary=false", "--threads=1",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("data"), people=6)


def report(out):
    return json.loads((out / "evaluation.json").read_text())


def test_every_subject_is_tested_once_by_a_model_that_never_saw_it(data, tmp_path):
    assert main(["-o", str(tmp_path), "--protocol=kfold", "--folds=2", *training(25), *options(*data)]) == 0
    found = report(tmp_path)
    assert found["subjects"] == 6 and found["protocol"] == "kfold" and len(found["folds"]) == 2
    assert sum(map(sum, found["confusion"]["frames"])) == 6 * 20
    assert found["scores"]["frames"]["war"]["value"] > 0.8
    assert {"edit", "f1@10", "f1@25", "f1@50", "transition_f1", "onset_error_s", "frame_accuracy"} <= set(
        found["scores"]["timelines"]
    )
    tested = []
    for fold in ("fold_1", "fold_2"):
        notes = json.loads((tmp_path / fold / "model.json").read_text())
        tested.append({f"p{n}" for n in range(6)} - set(notes["training_subjects"]))
    assert len(tested[0]) == len(tested[1]) == 3 and not tested[0] & tested[1]
    assert (tmp_path / "evaluation.confusion_frames.png").read_bytes().startswith(b"\x89PNG")
    assert "| frames | uar |" in (tmp_path / "evaluation.md").read_text()


def test_a_saved_model_is_scored_on_strangers_only(data, tmp_path, capsys):
    model = tmp_path / "model"
    held = '--data.test_subjects=["p0","p1"]'
    assert train([*training(), *options(*data), held, f"--output={model}"]) == 0
    score = ["-o", str(tmp_path / "scores"), "--weights", str(model)]
    assert main([*score, *options(*data)]) == 2
    assert "subjects both trained and tested on: p2, p3, p4" in capsys.readouterr().err
    own = tmp_path / "own.csv"
    lines = data[1].read_text().splitlines()
    own.write_text("\n".join([lines[0], *(x for x in lines[1:] if x[:2] in ("v0", "v1"))]) + "\n")
    assert main([*score, f"--data.stores={data[0]}", f"--data.labels={own}"]) == 0
    assert report(tmp_path / "scores")["subjects"] == 2
    for start in ("model.safetensors", "checkpoints/last.ckpt"):  # learning on does not forget them either
        more = [f"--start_from={model / start}", *options(*data)]
        assert main(["-o", str(tmp_path / "more"), "--protocol=kfold", "--folds=2", *training(1), *more]) == 2
        assert "subjects both trained and tested on: p2, p3, p4" in capsys.readouterr().err
    other = ["--data.vocabulary=[anger,neutral]", '--data.emotion_map={"happy": "anger"}']
    assert main([*score, f"--data.stores={data[0]}", f"--data.labels={own}", *other]) == 2
    assert "does not know anger" in capsys.readouterr().err


def test_each_is_trained_on_and_all_are_tested_on(tmp_path, capsys):
    places = []
    for name in ("one", "two"):
        stores, labels = write_data(tmp_path / name, people=4)
        shutil.move(stores, tmp_path / name / "tracks")
        labels.write_text(labels.read_text().replace(",p", f",{name[0]}"))
        places.append(f"--dataset={tmp_path / name}")
    out = tmp_path / "out"
    vocabulary = "--data.vocabulary=neutral,happiness"
    assert main(["-o", str(out), "--protocol=cross", "--folds=2", *places, vocabulary, *training(3)]) == 0
    cells = report(out)["scores"]
    assert set(cells) == set(cells["one"]) == {"one", "two"}
    assert json.loads((out / "trained_on_one" / "tested_on_two.json").read_text())["subjects"] == 4
    assert cv2.imread(str(out / "evaluation.png")).std() > 10
    assert json.loads((out / "trained_on_one" / "tested_on_one.json").read_text())["subjects"] == 2
    labels = tmp_path / "two" / "labels.csv"
    labels.write_text(labels.read_text().replace(",t0", ",o0"))
    assert main(["-o", str(out), "--protocol=cross", "--folds=2", *places, vocabulary, *training(1)]) == 2
    assert "shares subjects with" in capsys.readouterr().err


def test_fixed_splits_and_leaving_one_out_say_what_they_need(data, tmp_path, capsys):
    assert main(["-o", str(tmp_path), "--protocol=fixed", *training(1), *options(*data)]) == 2
    assert "videos without a split" in capsys.readouterr().err
    table = tmp_path / "two.csv"
    lines = data[1].read_text().splitlines()
    table.write_text("\n".join([lines[0], *(x for x in lines[1:] if x[:2] in ("v0", "v1"))]) + "\n")
    assert main(["-o", str(tmp_path), "--protocol=loso", *training(1), *options(data[0], table)]) == 2
    assert "leaving one out needs 3" in capsys.readouterr().err
