"""``seqfer import`` from files to stores and a table that can be trained on."""

from __future__ import annotations

import csv
import json

import cv2
import h5py
import numpy as np
import pytest
from seqfer.pipelines.__main__ import main

from seqfer import video
from seqfer.data import TracksDataModule
from seqfer.store import open_run


def table_of(out):
    with (out / "labels.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def ck(clips, tmp_path_factory):
    """Two people's sequences as Cohn-Kanade has them, of real pictures; the emotion files' way."""
    root = tmp_path_factory.mktemp("ck")
    for subject, name, code in (("S005", "a.mp4", 5), ("S010", "deep/b.mp4", 6)):
        folder = root / "cohn-kanade-images" / subject / "001"
        folder.mkdir(parents=True)
        for n, frame in enumerate(f for f in video.read_frames(clips / name) if f.frame_index % 10 == 0):
            cv2.imwrite(str(folder / f"{subject}_001_{n + 1:08d}.png"), frame.rgb()[..., ::-1])
        emotion = root / "Emotion" / subject / "001"
        emotion.mkdir(parents=True)
        (emotion / f"{subject}_001_{n + 1:08d}_emotion.txt").write_text(f"   {code}.0000000e+00\n")
    return root


def test_cohn_kanade_becomes_stores_and_a_table_that_trains(ck, tmp_path, capsys):
    out = tmp_path / "out"
    assert (
        main(["import", "ck", str(ck), "-o", str(out), "--cluster.workers=1", "--extraction.still_fps=5"])
        == 0
    )
    said = capsys.readouterr()
    assert "4 labels (happiness 1, neutral 2, sadness 1), 2 subjects" in said.out
    rows = table_of(out)
    assert [(r["video"], r["emotion"], r["subject"]) for r in rows] == [
        ("S005/001", "neutral", "S005"), ("S005/001", "happiness", "S005"),
        ("S010/001", "neutral", "S010"), ("S010/001", "sadness", "S010"),
    ]  # fmt: skip
    assert float(rows[1]["start_s"]) == 0.8 and rows[1]["phase"] == "apex"  # five stills, 5 a second
    facts = json.loads((out / "dataset.json").read_text())
    assert facts["expressions"] == "posed" and facts["clips"] == 2
    data = TracksDataModule(
        stores=str(out),
        labels=str(out / "labels.csv"),
        sample_rate_hz=5,
        window_seconds=1,
        val_subjects=["S010"],
    )
    data.setup()
    (window,) = (data.train_windows[i] for i in range(len(data.train_windows)))
    assert window["emotion"].argmax(dim=1)[[0, 4]].tolist() == [6, 3] and window["emotion"].sum() == 2
    assert window["intensity"][[0, 4]].tolist() == [0, 1]


def test_stills_become_one_track_a_second_apart(clips, tmp_path, capsys):
    frames = [f.rgb() for f in video.read_frames(clips / "a.mp4") if f.frame_index % 10 == 0]
    faces = [cv2.resize(cv2.cvtColor(f[:, 70:250], cv2.COLOR_RGB2GRAY), (48, 48)) for f in frames]
    faces.append(np.zeros((48, 48), np.uint8))  # nobody
    path = tmp_path / "faces.h5"
    with h5py.File(path, "w") as file:
        for name in ("train", "valid"):
            group = file.create_group(name)
            group["images"], group["labels"] = np.stack(faces), np.array([3, 3, 6, 6, 0, 0])
    out = tmp_path / "out"
    assert main(["import", "fer", str(path), "-o", str(out), "--quiet"]) == 0
    track = open_run(out).track("train", 0)
    assert track.pts_seconds.tolist() == [0, 1, 2, 3, 4] and track.crops().shape[0] == 5
    data = TracksDataModule(stores=str(out), labels=str(out / "labels.csv"), split="column", window_seconds=1)
    data.setup()
    assert len(data.train_windows) == len(data.val_windows) == 5
    assert data.class_counts.tolist() == [1, 0, 0, 2, 0, 0, 2]
    assert main(["import", "fer", str(path), "-o", str(out)]) == 0  # nothing is done twice
    assert "12 labels" in capsys.readouterr().out


def test_what_is_wrong_is_said_in_one_line(tmp_path, capsys):
    for args, words in (
        (["ck", str(tmp_path)], "not Cohn-Kanade as it ships"),
        (["labels", str(tmp_path / "none.csv")], "none.csv: no such file"),
        (["jaffe", str(tmp_path)], "jaffe"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(["import", *args, "-o", str(tmp_path / "o")])
        err = capsys.readouterr().err
        assert stop.value.code == 2 and words in err and len(err.splitlines()) == 1, err
