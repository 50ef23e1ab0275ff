"""The tracking benchmark gives full marks to the truth, and takes off what it should for known mistakes."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("trackeval", reason="needs the extra 'bench' (pip install -e '.[bench]')")

from tracking.films import HIDDEN, PARTIAL, VISIBLE, Truth
from tracking.found import Found
from tracking.report import goals, tables
from tracking.scoring import score, total

FRAMES, FPS = 60, 25
FACE = np.array([[20.0, 30], [40, 30], [30, 42], [22, 54], [38, 54]])  # 20 pixels between the eyes


def make_truth(states=None):
    """Two faces, side by side, for 60 frames; ``states`` of the first one."""
    frames = np.repeat(np.arange(FRAMES), 2)
    left = np.arange(2 * FRAMES) % 2 == 0
    shift = np.where(left, 0.0, 200.0)[:, None] + frames[:, None] * [0.5]
    shift = np.concatenate([shift, 0 * shift], axis=1)
    kept = np.full(2 * FRAMES, VISIBLE)
    if states is not None:
        kept[left] = states
    return Truth(
        size=(640, 360),
        pts_seconds=np.arange(FRAMES) / FPS,
        frames=frames,
        ids=np.where(left, 3, 8),
        boxes_xyxy=np.array([10.0, 10, 50, 60]) + np.tile(shift, 2),
        landmarks_xy=FACE + shift[:, None],
        states=kept,
        changes=np.zeros((0, 2), np.int64),
    )


def found_of(truth, keep=None, **changed):
    """What a faultless tracker finds, but for ``changed``."""
    keep = np.ones(len(truth.frames), bool) if keep is None else keep
    found = Found(
        frames=truth.frames[keep],
        ids=truth.ids[keep],
        boxes_xyxy=truth.boxes_xyxy[keep],
        landmarks_xy=truth.landmarks_xy[keep],
        interpolated=np.zeros(int(keep.sum()), bool),
        shots=np.zeros(FRAMES, np.int64),
    )
    return replace(found, **changed)


def figures(truth, found):
    return score(truth, found, found_of(truth)).figures()


def test_the_truth_itself_gets_full_marks():
    truth = make_truth()
    result = figures(truth, found_of(truth))
    assert [result[n] for n in ("idf1", "hota", "mota", "recall_of_detected")] == [1, 1, 1, 1]
    nothing_wrong = (
        "id_switches",
        "false_rows",
        "missed_rows",
        "false_tracks",
        "invented_rows",
        "missed_stretches",
    )
    assert [result[n] for n in nothing_wrong] == [0] * 6
    assert result["found"] == pytest.approx({"nme_percent": 0, "jitter_px": 0, "eye_motion_px": 0}, abs=1e-6)
    assert result["edge_frames_max"] == 0


def test_identities_swapped_halfway_count_as_two_switches():
    truth = make_truth()
    swapped = np.where(truth.frames < FRAMES // 2, truth.ids, 11 - truth.ids)
    result = figures(truth, found_of(truth, ids=swapped))
    assert (result["id_switches"], result["idf1"], result["recall_of_detected"]) == (2, 0.5, 1)


def test_a_track_where_nobody_is_is_false():
    truth = make_truth()
    found = found_of(truth)
    ghost = np.arange(10)
    more = Found(
        frames=np.concatenate([found.frames, ghost]),
        ids=np.concatenate([found.ids, np.full(10, 99)]),
        boxes_xyxy=np.concatenate([found.boxes_xyxy, np.tile([400.0, 200, 450, 260], (10, 1))]),
        landmarks_xy=np.concatenate([found.landmarks_xy, np.tile(FACE + 400, (10, 1, 1))]),
        interpolated=np.zeros(len(found.frames) + 10, bool),
        shots=found.shots,
    )
    order = np.argsort(more.frames, kind="stable")
    names = "frames", "ids", "boxes_xyxy", "landmarks_xy"
    more = replace(more, **{n: getattr(more, n)[order] for n in names})
    result = figures(truth, more)
    assert (result["false_tracks"], result["false_rows"]) == (1, 10)
    assert result["mota"] == pytest.approx(1 - 10 / 120)
    assert result["false_tracks_per_10_minutes"] == pytest.approx(600 / 2.4)


def test_landmark_errors_are_in_shares_of_the_eyes_and_pixels_of_the_crop():
    truth = make_truth()
    away = (-1.0) ** truth.frames  # two pixels, to one side and to the other
    trembling = truth.landmarks_xy + 2 * away[:, None, None] * np.array([1.0, 0.0])
    result = figures(truth, found_of(truth, landmarks_xy=trembling))["found"]
    pixel = 0.288 * 112 / 20  # of the picture, in the crop
    assert result["nme_percent"] == pytest.approx(10)
    assert result["jitter_px"] == pytest.approx(4 * 2 * pixel)
    assert result["eye_motion_px"] == pytest.approx(2 * pixel, rel=0.05)


def test_a_late_start_and_a_face_never_found():
    truth = make_truth()
    late = figures(truth, found_of(truth, (truth.ids == 8) | (truth.frames >= 5)))
    assert (late["edge_frames_max"], late["missed_rows"], late["missed_stretches"]) == (5, 5, 0)
    gone = figures(truth, found_of(truth, truth.ids == 8))
    assert (gone["missed_stretches"], gone["recall_of_detected"]) == (1, 0.5)


@pytest.mark.parametrize(("hidden_frames", "invented"), [(8, 0), (30, 30)])
def test_a_short_absence_may_be_filled_and_a_long_one_may_not(hidden_frames, invented):
    states = np.full(FRAMES, VISIBLE)
    states[20 : 20 + hidden_frames] = HIDDEN
    truth = make_truth(states)
    filled = (truth.ids == 3) & (truth.states == HIDDEN)
    result = figures(truth, found_of(truth, interpolated=filled))
    assert (result["invented_rows"], result["false_rows"]) == (invented, invented)
    assert (result["gaps"], result["gaps_kept"]) == (1, 1)
    detected = figures(truth, found_of(truth))  # not marked as interpolated: a face seen where none shows
    assert detected["false_rows"] == hidden_frames
    empty = figures(truth, found_of(truth, ~filled))
    assert (empty["gaps_short"], empty["gaps_filled"]) == (int(not invented), 0)


def test_rows_over_a_half_hidden_face_neither_help_nor_harm():
    states = np.full(FRAMES, VISIBLE)
    states[:10] = PARTIAL
    truth = make_truth(states)
    with_them, without = (figures(truth, found_of(truth, k)) for k in (None, truth.states != PARTIAL))
    assert with_them == without and with_them["idf1"] == 1


def test_changes_of_shot_are_found_within_their_window():
    truth = replace(make_truth(), changes=np.array([[10, 10], [30, 40]]))
    shots = np.zeros(FRAMES, np.int64)
    for start in (12, 35, 57):
        shots[start:] += 1
    result = figures(truth, found_of(truth, shots=shots))
    assert (result["changes"], result["changes_found"], result["changes_false"]) == (2, 2, 1)
    assert result["change_error_frames_max"] == 2


def test_totals_and_tables_hold_every_scene():
    truth = make_truth()
    empty = replace(
        truth, **{n: getattr(truth, n)[:0] for n in ("frames", "ids", "boxes_xyxy", "landmarks_xy", "states")}
    )
    scores = {
        "good": score(truth, found_of(truth), found_of(truth)),
        "nobody": score(empty, found_of(empty), found_of(empty)),
    }
    every = {name: s.figures() for name, s in scores.items()} | {"all": total(scores).figures()}
    assert every["all"]["idf1"] == 1 and every["all"]["truth_rows"] == 2 * FRAMES
    text = tables(every)
    assert all(f"| {name} |" in text for name in every)
    assert "missed" not in goals(every["all"], 0, None) and "missed" in goals(every["all"], 1, None)
