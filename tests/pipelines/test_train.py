"""``seqfer train`` end to end on tiny stores: it learns, goes on where it stopped, and says what is wrong."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from fake_tracks import CHANGE_SECONDS, FakeTrack, write_data
from seqfer.pipelines.train import main

from seqfer.models import load_model, predict_track
from seqfer.store import open_store

ENCODER = '{"widths": [8, 8, 16], "depths": [1, 1], "input_size": 24}'


def arguments(data: tuple[Path, Path], out: Path, epochs: int, *more: str) -> list[str]:
    stores, labels = data
    return [
        "--model=CnnRnn", f"--model.init_args.encoder={ENCODER}", "--model.init_args.hidden=8",
        "--model.init_args.freeze_encoder=false", "--model.init_args.encoder_learning_rate=0.01",
        "--model.init_args.learning_rate=0.01", f"--data.stores={stores}", f"--data.labels={labels}",
        "--data.vocabulary=[neutral,happiness]", "--data.window_seconds=2", "--data.sample_rate_hz=10",
        "--data.batch_size=1", "--data.augmentation=null", f"--trainer.max_epochs={epochs}",
        "--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false",
        "--trainer.enable_model_summary=false", "--threads=1", f"--output={out}", *more,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> tuple[Path, Path]:
    return write_data(tmp_path_factory.mktemp("data"), people=4)


def history(out: Path) -> list[dict[str, str]]:
    rows = []
    for file in sorted(out.glob("logs/version_*/metrics.csv")):
        with file.open() as opened:
            rows += [r for r in csv.DictReader(opened) if r.get("val/loss")]
    return rows


def test_it_learns_and_its_model_predicts(data, tmp_path):
    assert main(arguments(data, tmp_path, 12)) == 0
    losses = [float(r["val/loss"]) for r in history(tmp_path)]
    assert losses[-1] < 0.7 * losses[0]
    model = load_model(tmp_path)
    found = predict_track(model, FakeTrack(np.arange(20) / 10))
    happy = found.emotion_probs[:, 1] > 0.5
    assert abs(found.pts_seconds[np.argmax(happy)] - CHANGE_SECONDS) <= 0.2


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("HogSvm", ["side=32"]), ("CnnSvm", [f"encoder={ENCODER}"]),
        ("LandmarkRnn", ["hidden=8"]), ("Cnn3d", ["widths=[4,8]", "input_size=24"]),
    ],
)  # fmt: skip
def test_every_architecture_is_trained_saved_and_predicts_alike(kind, more, data, tmp_path):
    given = [a for a in arguments(data, tmp_path, 1) if "init_args" not in a and "--model=" not in a]
    given += [f"--model={kind}", *(f"--model.init_args.{setting}" for setting in more)]
    assert main(given) == 0
    assert {"model.json", "model.safetensors", "checkpoints", "logs"} <= {p.name for p in tmp_path.iterdir()}
    model = load_model(tmp_path)
    assert type(model).__name__ == kind
    with open_store(data[0] / "v0.h5") as store:
        found = predict_track(model, store.tracks[0])
    assert found.emotion_probs.shape == (20, 2) and np.isfinite(found.emotion_probs).all()
    checkpoints = tmp_path / "checkpoints"
    assert "torch" in json.loads((checkpoints / "versions.json").read_text())
    assert f"seqfer.models.{kind}" in (checkpoints / "config.yaml").read_text()


def test_the_encoder_thaws_in_stages_from_its_end(data, tmp_path):
    frozen = [a for a in arguments(data, tmp_path, 3) if "freeze" not in a]
    first = tmp_path / "first"
    assert main([*frozen, f"--output={first}"]) == 0
    plan = ["--thaw.start_epoch=1", "--thaw.every_epochs=1", "--thaw.blocks=2"]
    start = [
        f"--model.init_args.encoder={first / 'checkpoints' / 'last.ckpt'}",
        f"--output={tmp_path / 'thawed'}",
    ]
    assert main([*frozen, *start, *plan]) == 0
    before, after = (
        load_model(tmp_path / d / "checkpoints" / "last.ckpt").encoder for d in ("first", "thawed")
    )
    moved = {
        name.rsplit(".", 2)[0]
        for (name, a), b in zip(before.named_parameters(), after.parameters(), strict=True)
        if not torch.equal(a, b)
    }
    assert any(name.startswith("stages.1") for name in moved)
    assert any(name.startswith("stages.0") for name in moved)
    assert not any(name.startswith("stem") for name in moved)


def test_a_model_learns_on_from_another_with_other_emotions(data, tmp_path):
    first, then = tmp_path / "first", tmp_path / "then"
    assert main(arguments(data, first, 1)) == 0
    given = [a for a in arguments(data, then, 1) if "init_args" not in a and "vocabulary" not in a]
    more = ["--data.vocabulary=fear,happiness,neutral", "--model.init_args.learning_rate=0"]
    assert main([*given, *more, f"--start_from={first}"]) == 0
    a, b = load_model(first), load_model(then)
    assert b.arguments["hidden"] == 8 and tuple(b.vocabulary) == ("fear", "happiness", "neutral")
    torch.testing.assert_close(b.heads.emotion.weight[[2, 1]], a.heads.emotion.weight)
    torch.testing.assert_close(b.recurrent.weight_ih_l0, a.recurrent.weight_ih_l0)
    torch.testing.assert_close(b.encoder.stem[0].weight, a.encoder.stem[0].weight)


def test_kept_features_train_to_the_same_and_only_where_they_may(data, tmp_path, capsys):
    frozen = [a for a in arguments(data, tmp_path, 3) if "freeze" not in a]
    each, once = tmp_path / "each", tmp_path / "once"
    keep = "--model.init_args.keep_features=true"
    assert main([*frozen, f"--output={each}"]) == 0
    assert main([*frozen, keep, f"--output={once}"]) == 0
    a, b = ([float(r["val/loss"]) for r in history(out)] for out in (each, once))
    np.testing.assert_allclose(a, b, rtol=1e-5)
    capsys.readouterr()
    assert main([*(a for a in frozen if "augmentation" not in a), keep]) == 2
    assert "keep_features needs data.augmentation null" in capsys.readouterr().err.splitlines()[-1]


def test_tensorboard_is_written_beside_the_table(data, tmp_path):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    assert main(arguments(data, tmp_path, 2, "--tensorboard=true")) == 0
    events = reader.EventAccumulator(str(tmp_path / "tensorboard" / "version_0"))
    events.Reload()
    assert {"train/loss", "val/loss", "val/uar"} <= set(events.Tags()["scalars"])
    told = [event.value for event in events.Scalars("val/loss")]
    np.testing.assert_allclose(told, [float(r["val/loss"]) for r in history(tmp_path)], rtol=1e-5)


def test_resumed_training_is_training_that_never_stopped(data, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert main(arguments(data, whole, 4)) == 0
    assert main(arguments(data, parts, 2)) == 0
    assert main(arguments(data, parts, 4, f"--ckpt_path={parts / 'checkpoints' / 'last.ckpt'}")) == 0
    epochs = [int(r["epoch"]) for r in history(parts)]
    assert epochs == [0, 1, 2, 3]
    a, b = ([float(r["val/loss"]) for r in history(out)] for out in (whole, parts))
    np.testing.assert_allclose(a, b, rtol=1e-4)


def test_what_is_wrong_is_said_in_one_line(data, tmp_path, capsys):
    assert main(arguments((data[0], tmp_path / "none.csv"), tmp_path, 1)) == 2
    assert "none.csv: cannot be read" in capsys.readouterr().err.splitlines()[-1]
    broken = tmp_path / "broken.ckpt"
    broken.write_bytes(b"junk")
    assert main(arguments(data, tmp_path, 1, f"--ckpt_path={broken}")) == 2
    assert "broken.ckpt: not a readable checkpoint" in capsys.readouterr().err.splitlines()[-1]
    assert main(arguments(data, tmp_path / "m", 1)) == 0
    kept = f"--ckpt_path={tmp_path / 'm' / 'checkpoints' / 'last.ckpt'}"
    capsys.readouterr()
    for wrong, words in (
        (
            "--data.vocabulary=[happiness,neutral]",
            "made for the vocabulary neutral, happiness, not happiness",
        ),
        ("--model.init_args.hidden=9", "made with other settings of hidden"),
    ):
        assert main(arguments(data, tmp_path, 1, kept, wrong)) == 2
        assert words in capsys.readouterr().err.splitlines()[-1]
    assert main(arguments(data, tmp_path, 1, "--model.init_args.encoder=nowhere")) == 2
    assert capsys.readouterr().err.startswith("seqfer train: nowhere: no such model; bundled are: ")
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes((tmp_path / "m" / "model.safetensors").read_bytes()[:3000])
    cut.with_suffix(".json").write_bytes((tmp_path / "m" / "model.json").read_bytes())
    capsys.readouterr()
    for start in (f"--start_from={cut}", f"--model.init_args.encoder={cut}"):
        assert main(arguments(data, tmp_path, 1, start)) == 2
        assert capsys.readouterr().err.startswith(f"seqfer train: {cut}: not a readable safetensors file")
    assert main(arguments(data, tmp_path, 3, "--model.init_args.learning_rate=1e30")) == 2
    assert "the training diverged" in capsys.readouterr().err.splitlines()[-1]
    assert main(arguments(data, tmp_path, 1, "--data.val_share=2")) == 2
    assert "val_share must be between 0 and 1" in capsys.readouterr().err.splitlines()[-1]
    for wrong in ("--model=Transformer", "--data.colour=red", "--model.init_args.hidden=x"):
        with pytest.raises(SystemExit) as stopped:
            main(arguments(data, tmp_path, 1, wrong))
        assert stopped.value.code == 2
        said = capsys.readouterr().err.splitlines()
        assert len(said) == 1 and said[0].startswith("seqfer train: ")


@pytest.mark.parametrize(
    "config", sorted((Path(__file__).parents[2] / "configs").glob("train_*.yaml")), ids=lambda p: p.stem
)
def test_the_configs_that_ship_are_understood(config, data, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([f"--config={config}", f"--data.stores={data[0]}", f"--data.labels={data[1]}", f"-o={tmp_path}",
              "--print_config"])  # fmt: skip
    assert stopped.value.code == 0
    assert "class_path: seqfer.models." in capsys.readouterr().out


def test_training_killed_within_an_epoch_goes_on_within_it(data, tmp_path):
    more = ("--data.val_share=0.25", "--checkpoint_every_n_steps=2", "--data.balance=0.5", "--patience=99")
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert main(arguments(data, whole, 3, *more)) == 0
    # 3 windows an epoch: stopped after 5 steps, in the middle of the second epoch, kept as of step 4
    assert main(arguments(data, parts, 3, *more, "--trainer.max_steps=5")) == 0
    (parts / "checkpoints" / "last.ckpt").write_bytes(b"cut off")
    assert main(arguments(data, parts, 3, *more, "--ckpt_path=auto")) == 0
    ends = [load_model(out / "checkpoints" / "last.ckpt").state_dict() for out in (whole, parts)]
    for name, tensor in ends[0].items():
        torch.testing.assert_close(tensor, ends[1][name], rtol=1e-4, atol=1e-5)
