"""What the bundled models are made from and measured by: courses, morphs, figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from bundled.courses import EXPRESSIONS, STYLES, draw_course
from bundled.ferplus import align_stills
from bundled.london import STEPS, Person, as_stills, divided
from bundled.morphs import Morph
from bundled.scoring import clear_labels, coverage, figures, reliability
from bundled.sequences import FeatureBank, Sequences
from hypothesis import given, settings
from hypothesis import strategies as st

from seqfer.labels import EMOTIONS, NEUTRAL

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 150), st.sampled_from([*STYLES, None]))
def test_a_course_shares_out_each_moment_and_lasts_no_longer_than_asked(seed, steps, style):
    course = draw_course(np.random.default_rng(seed), steps, 25.0, style)
    count = len(course.phase)
    assert 1 <= count <= steps and course.risen.shape == (count, EXPRESSIONS)
    assert np.allclose(course.named.sum(axis=1), 1) and course.named.min() > -1e-9
    assert course.risen.min() >= 0 and course.risen.sum(axis=1).max() <= 1 + 1e-9
    assert course.passing.min() >= 0 and course.passing.max() <= 0.4
    assert course.pulls.sum(axis=1).max() <= 0.5 + 1e-9


def test_a_posed_rise_goes_from_nothing_to_all():
    rng = np.random.default_rng(0)
    for _ in range(30):
        course = draw_course(rng, 64, 25.0, "rise")
        assert course.named[0, 0] > 0.9 and course.named[-1, 1] > 0.9
        assert set(course.phase) <= {0, 1, 2} and (np.diff(course.phase) >= 0).all()


def test_sequences_are_the_same_for_the_same_seed_and_padded_to_the_longest():
    rng = np.random.default_rng(1)
    votes = np.eye(len(EMOTIONS), dtype=np.float32)[np.arange(70) % len(EMOTIONS)]
    votes[:7] = 0.4 * votes[:7] + 0.6 / 7
    votes[0, EMOTIONS.index(NEUTRAL)] += 0.1
    bank = FeatureBank(
        features=rng.random((70, 3, 5)).astype(np.float16),
        votes=votes,
        people=rng.random((2, STEPS, 3, 5)).astype(np.float16),
    )
    first, second = (Sequences(bank, steps=40, rate_hz=25, seed=4).batch(16) for _ in range(2))
    for name, values in first.items():
        assert (values == second[name]).all()
    assert first["features"].shape == (16, int(first["mask"].sum(dim=1).max()), 5)
    assert (first["features"] >= 0).all()
    told = first["emotion"].sum(dim=-1)
    assert np.allclose(told[first["mask"]], 1, atol=1e-3) and not told[~first["mask"]].any()


def blob(x: float) -> np.ndarray:
    across = np.arange(96)
    bright = np.exp(-((across[None] - x) ** 2 + (across[:, None] - 48) ** 2) / 60)
    return np.repeat((40 + 200 * bright)[..., None], 3, axis=2).astype(np.uint8)


def test_what_moves_in_a_morph_moves_and_does_not_fade():
    morph = Morph(blob(44), blob(52))
    assert np.abs(morph.at(0).astype(int) - blob(44)).max() <= 1
    assert np.abs(morph.at(1).astype(int) - blob(52)).max() <= 1
    middle = morph.at(0.5)[48, :, 0].astype(int)
    assert abs(int(middle.argmax()) - 48) <= 2 and middle.max() > 225


def test_people_are_divided_by_lot_and_their_morphs_are_labelled_by_how_far_they_are():
    people = [Person(name=str(i), frames=np.full((STEPS, 8, 8, 3), i, np.uint8)) for i in range(10)]
    a, b = divided(people, 6, seed=0)
    assert (
        len(a) == 6 and len(b) == 4 and {p.name for p in a} | {p.name for p in b} == set(map(str, range(10)))
    )
    stills = as_stills(a, every=5)
    happy = stills.votes.reshape(6, 5, 7)[..., EMOTIONS.index("happiness")]
    assert (np.diff(happy, axis=1) >= 0).all() and (happy[:, 0] == 0).all() and (happy[:, -1] == 1).all()


def test_figures_are_those_of_a_known_table():
    truth = np.array([0, 0, 0, 0, 3, 3, 6, 6])
    guess = np.array([0, 0, 0, 3, 3, 3, 6, 0])
    probs = np.full((8, 7), 0.05, np.float32)
    probs[np.arange(8), guess] = 0.7
    found = figures(probs, truth)
    assert found["accuracy"] == 0.75 and found["uar"] == pytest.approx((0.75 + 1 + 0.5) / 3, abs=1e-3)
    assert found["emotions"]["anger"]["recall"] == 0.75 and found["emotions"]["fear"]["recall"] is None
    low, high = found["accuracy_95"]
    assert low < 0.75 < high and found["calibration_error"] == pytest.approx(0.05, abs=1e-3)
    assert reliability(probs, truth) == [{"stills": 8, "confidence": 0.7, "accuracy": 0.75}]
    assert [p["coverage"] for p in coverage(probs, truth, np.array([0, 0.6, 0.9]))] == [1.0, 1.0]


def test_only_a_majority_of_more_than_five_counts():
    columns = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]
    votes = np.array([[6, 4, 0, 0, 0, 0, 0, 0], [5, 5, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 2, 8]], np.uint8)
    labels, clear = clear_labels(votes, columns)
    assert [EMOTIONS[k] for k in labels[[0, 2]]] == ["neutral", "fear"] and clear.tolist() == [
        True,
        False,
        False,
    ]


def test_where_no_face_is_found_the_median_warp_is_taken():
    crops, inside, found = align_stills(np.zeros((2, 48, 48), np.uint8))
    assert not found.any() and crops.shape == inside.shape == (2, 112, 112) and inside.mean() > 150


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPTS / "evaluate_ferplus.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_evaluation_prints_figures_of_a_split_as_json(shared, tmp_path):
    part = tmp_path / "part.h5"
    with (
        h5py.File(shared / "data" / "ferplus" / "ferplus_train_valid.h5") as whole,
        h5py.File(part, "w") as file,
    ):
        file.attrs["vote_columns"] = whole.attrs["vote_columns"]
        for name in ("images", "votes"):
            file[f"held/{name}"] = whole[f"valid/{name}"][:250]
    aligned, plain = (json.loads(run(part, "--split", "held", *more).stdout) for more in ([], ["--no-align"]))
    assert aligned["stills_in_split"] == 250 and 150 < aligned["stills"] < 250
    assert aligned["accuracy"] > 0.85 and aligned["calibration_error"] < 0.1
    assert (
        0.7 < plain["accuracy"] < aligned["accuracy"] + 0.05 and plain["stills_without_a_face_found"] is None
    )
    wrong = run(part, "--split", "test")
    assert wrong.returncode == 1 and "no split 'test'; there are: held" in wrong.stderr
    wrong = run(tmp_path / "none.h5", "--split", "test")
    assert wrong.returncode == 1 and len(wrong.stderr.splitlines()) == 1
