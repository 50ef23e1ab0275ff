"""Scores of timelines against what they are by hand, and what no timeline can do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqfer.data import Label
from seqfer.evaluation.tally import Tally, bootstrap, decisions, f1_score
from seqfer.evaluation.timelines import (
    edit_score,
    mark_errors,
    segment_counts,
    told_episodes,
    transition_counts,
    true_episodes,
)
from seqfer.timeline import Segment, Timeline

A, B, C = 0, 1, 2


def stretches(draw_gaps=False):
    lengths = st.lists(st.tuples(st.floats(0.1, 3), st.integers(0, 2)), min_size=1, max_size=8)

    def build(parts):
        made, at = [], 0.0
        for length, emotion in parts:
            if made and made[-1][2] == emotion:
                continue
            made.append((at, at + length, emotion))
            at += length
        return made

    return lengths.map(build)


@given(truth=stretches())
def test_the_truth_scores_full_marks(truth):
    assert edit_score(truth, truth) == 1
    for overlap in (0.1, 0.25, 0.5):
        assert segment_counts(truth, truth, overlap) == (len(truth), 0, 0)
    assert transition_counts(truth, truth, 0.0) == (len(truth) - 1, 0, 0)


@given(truth=stretches(), guess=stretches())
def test_counts_add_up_and_harder_is_not_better(truth, guess):
    before = None
    for overlap in (0.1, 0.25, 0.5):
        found, invented, missed = segment_counts(truth, guess, overlap)
        assert found + invented == len(guess) and found + missed == len(truth)
        assert before is None or found <= before
        before = found
    near, far = (transition_counts(truth, guess, t)[0] for t in (0.1, 2.0))
    assert near <= far <= min(len(truth), len(guess)) - 1 or far == 0
    assert 0 <= edit_score(truth, guess) == edit_score(guess, truth) <= 1


def test_scores_by_hand():
    truth = [(0.0, 2.0, A), (2.0, 4.0, B), (4.0, 6.0, A)]
    guess = [(0.0, 1.9, A), (1.9, 2.4, C), (2.4, 4.0, B), (4.0, 6.0, A)]
    assert edit_score(truth, guess) == pytest.approx(0.75)
    assert segment_counts(truth, guess, 0.5) == (3, 1, 0)
    assert segment_counts(truth, [(0.0, 6.0, A)], 0.5) == (0, 1, 3)  # a third of it
    assert segment_counts(truth, [(0.0, 6.0, A)], 0.25) == (1, 0, 2)
    assert transition_counts(truth, guess, 0.3) == (1, 2, 1)  # A to C to B is not A to B
    assert transition_counts(truth, [(0, 2.4, A), (2.4, 6, B)], 0.3) == (0, 1, 2)
    assert transition_counts(truth, [(0, 2.4, A), (2.4, 6, B)], 0.5) == (1, 0, 1)
    assert f1_score((1, 2, 1)) == pytest.approx(0.4) and np.isnan(f1_score((0, 0, 0)))


def row(start, end, emotion, phase=None):
    return Label(
        line=1, video="v", track_id=None, start_seconds=start, end_seconds=end, emotion=emotion, phase=phase
    )


def segment(start, end, emotion, onset=None, apex=None):
    return Segment(
        start_seconds=start, end_seconds=end, start_frame=round(start * 10), end_frame=round(end * 10),
        emotion=emotion, confidence=1, intensity=1, onset_seconds=onset, apex_seconds=apex,
        offset_seconds=end if onset is not None else None,
    )  # fmt: skip


def test_onset_and_apex_are_those_of_the_episode_that_overlaps():
    labels = [row(0, 1, C), row(1, 1.5, A, 1), row(1.5, 2.5, A, 2), row(2.5, 3, A, 3), row(3, 4, C)]
    real = true_episodes(labels, neutral=C)
    assert [(e.stretch, e.onset_seconds, e.apex_seconds) for e in real] == [
        ((0, 1, C), None, None), ((1, 3, A), 1, 1.5), ((3, 4, C), None, None),
    ]  # fmt: skip
    timeline = Timeline(
        video_id="v",
        track_id=0,
        segments=(segment(0, 1.3, "c"), segment(1.3, 2.8, "a", 1.1, 1.4), segment(2.8, 5, "c")),
    )
    told = told_episodes(timeline, "abc", [e.stretch for e in real])
    assert [e.stretch for e in told] == [(0, 1.3, C), (1.3, 2.8, A), (2.8, 4, C)]  # cut to what is labelled
    onsets, apexes = mark_errors(real, told)
    assert onsets == pytest.approx([0.1]) and apexes == pytest.approx([-0.1])
    moment = true_episodes([row(1, 3, A), row(2.0, 2.0, A, 2)], neutral=C)
    assert moment[0].apex_seconds == 2.0


def of_people(people, seed=0):
    rng = np.random.default_rng(seed)
    tallies = {}
    for n in range(people):
        tally = Tally.nothing(2)
        truth = rng.integers(0, 2, 50)
        right = rng.random(50) < rng.uniform(0.5, 1)
        probs = np.where((truth == right)[:, None], [0.2, 0.8], [0.8, 0.2])
        tally.frames[...], tally.frame_bins[...] = decisions(probs, truth)
        tallies[f"p{n}"] = tally
    return tallies


def test_intervals_hold_the_value_and_narrow_with_more_people():
    widths = []
    for people in (5, 80):
        score = bootstrap(of_people(people))["frames"]["war"]
        assert score["low"] <= score["value"] <= score["high"]
        widths.append(score["high"] - score["low"])
    assert widths[1] < widths[0] / 2
    alone = bootstrap(of_people(1))
    assert alone["frames"]["war"]["low"] is None and set(alone) == {"frames"}
    assert bootstrap(of_people(5)) == bootstrap(of_people(5))


def test_tallies_agree_with_the_scores_of_arrays():
    from sklearn.metrics import accuracy_score, balanced_accuracy_score
    from sklearn.metrics import f1_score as sklearn_f1

    from seqfer.evaluation import expected_calibration_error

    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 200)
    probs = rng.dirichlet([1, 1, 1], 200)
    tally = Tally.nothing(3)
    tally.frames[...], tally.frame_bins[...] = decisions(probs, truth)
    scores = {k: v["value"] for k, v in bootstrap({"p": tally})["frames"].items()}
    guess = probs.argmax(axis=1)
    assert scores["war"] == pytest.approx(accuracy_score(truth, guess), abs=1e-4)
    assert scores["uar"] == pytest.approx(balanced_accuracy_score(truth, guess), abs=1e-4)
    assert scores["macro_f1"] == pytest.approx(sklearn_f1(truth, guess, average="macro"), abs=1e-4)
    assert scores["ece"] == pytest.approx(expected_calibration_error(probs, truth), abs=1e-4)
