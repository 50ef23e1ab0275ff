"""What is counted on timelines: by hand, and against curves that are known."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from seqfer.errors import InputError
from seqfer.export import ExportConfig
from seqfer.export.run_tables import DWELL, MATRIX, write_run_tables
from seqfer.labels import EMOTIONS, Vocabulary
from seqfer.measures import SynchronyConfig, curve_of, dwell_times, synchrony, transition_matrix
from seqfer.timeline import FramePredictions, Segment, Timeline


def timeline(*parts, track_id=0, video="v", person=None) -> Timeline:
    segments = tuple(
        Segment(
            start_seconds=a, end_seconds=b, start_frame=round(10 * a), end_frame=round(10 * b),
            emotion=emotion, confidence=0.9, intensity=0.5, **marks,
        )
        for a, b, emotion, marks in ((*p, {})[:4] for p in parts)
    )  # fmt: skip
    return Timeline(video_id=video, track_id=track_id, segments=segments, person_id=person)


def marks(onset, apex, offset):
    return {"onset_seconds": onset, "apex_seconds": apex, "offset_seconds": offset}


ONE = timeline(
    (0, 2, "neutral"), (2, 3, "happiness", marks(1.8, 2.4, 3.2)), (3, 5, "neutral"),
    (5, 8, "happiness", marks(5, 6, 8)), (9, 10, "anger", marks(9, 9.5, 10)),
)  # fmt: skip


def test_changes_are_counted_where_the_face_stays_in_view():
    matrix = transition_matrix([ONE, timeline((0, 1, "anger"), (1, 2, "neutral"))], EMOTIONS)
    assert matrix.loc["neutral", "happiness"] == 2 and matrix.loc["happiness", "neutral"] == 1
    assert matrix.loc["anger", "neutral"] == 1
    assert matrix.to_numpy().sum() == 4  # none over the gap, none from one face to the next


def test_durations_are_those_of_the_segments():
    table = dwell_times([ONE], EMOTIONS)
    happy = table.loc["happiness"]
    assert (happy["count"], happy["total_s"], happy["mean_s"], happy["median_s"]) == (2, 4, 2, 2)
    assert happy["share"] == pytest.approx(4 / 9) and happy["per_minute"] == pytest.approx(2 * 60 / 9)
    assert happy["rise_s"] == pytest.approx((0.6 + 1) / 2) and happy["fall_s"] == pytest.approx((0.8 + 2) / 2)
    assert table.loc["fear", "count"] == 0 and np.isnan(table.loc["fear", "mean_s"])
    assert table["share"].sum() == pytest.approx(1)
    assert len(dwell_times([], EMOTIONS)) == 7


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_runs_tables_tell_of_each_person_and_of_all(tmp_path):
    a = timeline((0, 1, "neutral"), (1, 3, "fear"), person="p001", video="a")
    b = timeline((0, 1, "fear"), (1, 1.2, "neutral"), person="p001", video="b")
    write_run_tables(tmp_path, [a, b], EMOTIONS, ExportConfig(), across=True)
    dwell = rows(tmp_path / DWELL)
    assert [(r["scope"], r["video"], r["person_id"]) for r in dwell[::7]] == [
        ("person", "", "p001"),
        ("run", "", ""),
    ]
    fear = next(r for r in dwell if r["emotion"] == "fear")
    assert (fear["count"], fear["total_s"], fear["median_s"]) == ("2", "3.0", "1.5")
    cells = {(r["from"], r["to"]): r for r in rows(tmp_path / MATRIX) if r["scope"] == "run"}
    assert len(cells) == 42 and cells["fear", "neutral"]["probability"] == "1.0"
    assert (cells["anger", "fear"]["count"], cells["anger", "fear"]["probability"]) == ("0", "")

    write_run_tables(tmp_path, [a, b], EMOTIONS, ExportConfig(min_duration_seconds=0.5), across=False)
    who = dict.fromkeys((r["scope"], r["video"], r["person_id"]) for r in rows(tmp_path / DWELL))
    assert list(who) == [("person", "a", "p001"), ("person", "b", "p001"), ("run", "", "")]
    assert sum(int(r["count"]) for r in rows(tmp_path / MATRIX) if r["scope"] == "run") == 1


def track(curve, *, fps=25, start=0.0, track_id=0, emotion="happiness") -> FramePredictions:
    count = len(curve)
    probs = np.zeros((count, 7), np.float32)
    probs[:, EMOTIONS.index(emotion)] = 1
    return FramePredictions(
        track_id=track_id, frame_indices=np.arange(count) + round(start * fps),
        pts_seconds=np.arange(count) / fps + start, emotion_probs=probs,
        phase_probs=np.full((count, 4), 0.25, np.float32), intensity=np.asarray(curve, np.float32),
        vocabulary=Vocabulary(),
    )  # fmt: skip


def wander(seconds, *, fps=25, seed=0):
    """A curve that comes and goes, without a period."""
    steps = np.random.default_rng(seed).normal(size=seconds * fps + 200)
    smooth = np.convolve(steps, np.hanning(fps), "same")
    return 0.5 + 0.3 * smooth / np.abs(smooth).max()


@pytest.mark.parametrize("lag", [-1.2, 0.0, 0.8])
def test_a_face_that_follows_another_is_found_to_at_its_lag(lag):
    curve = wander(120)
    shift = round(lag * 25)
    first, second = curve[100 : 100 + 100 * 25], curve[100 - shift : 100 - shift + 100 * 25]
    table = synchrony(track(first), track(second, track_id=1))
    assert len(table) > 10 and table["lag_s"].median() == pytest.approx(lag)
    assert (table["peak_r"] > 0.99).mean() > 0.9
    assert table["chance_r"].mean() < 0.7  # the best of many lags is never 0
    assert (table["r"] <= table["peak_r"] + 1e-12).all()


def test_faces_that_have_nothing_to_do_with_each_other_are_as_alike_as_chance():
    table = synchrony(track(wander(300, seed=1)), track(wander(300, seed=2)))
    assert abs((table["peak_r"] - table["chance_r"]).mean()) < 0.1


def test_windows_need_both_faces_in_view_and_movement_for_a_correlation():
    first, second = track(wander(40)), track(wander(40), start=20.0, track_id=1)
    table = synchrony(first, second)
    assert table["start_s"].min() >= 20 and table["end_s"].max() <= 48.001
    assert len(synchrony(track(wander(4)), track(wander(4)))) == 0
    assert len(synchrony(track([]), track(wander(40)))) == 0
    still = synchrony(track(np.full(1000, 0.5)), track(wander(40)[:1000]))
    assert len(still) and still["peak_r"].isna().all() and still["lag_s"].isna().all()
    doubtful = np.ones(len(first), bool)
    doubtful[500:560] = False
    kept = synchrony(first, first, trusted=(doubtful, doubtful))
    assert 0 < len(kept) < len(synchrony(first, first))
    assert not ((kept["start_s"] < 20) & (kept["end_s"] > 22.4)).any()


def test_curves_are_what_their_names_say():
    smile, frown = track([0.2, 0.8]), track([0.2, 0.8], emotion="anger")
    assert curve_of(smile, "intensity") == pytest.approx([0.2, 0.8])
    assert curve_of(smile, "valence") == pytest.approx([0.2, 0.8])
    assert curve_of(frown, "valence") == pytest.approx([-0.2, -0.8])
    assert curve_of(frown, "happiness") == pytest.approx([0, 0])
    with pytest.raises(ValueError, match="no curve 'joy'; there are intensity, valence, anger"):
        curve_of(smile, "joy")
    with pytest.raises(ValueError, match="at least five samples"):
        SynchronyConfig(window_seconds=0.2)


def test_synchrony_of_an_unknown_curve_is_refused_with_the_files_name(tmp_path):
    from dataclasses import replace

    from seqfer.decoding import REASONS, Judgement
    from seqfer.export import VideoReport, write_outputs

    faces = track(wander(30)), track(wander(30), track_id=1)
    report = VideoReport(
        video_id="v", key="0" * 64, source={"duration_seconds": 38.0}, model={"vocabulary": list(EMOTIONS)},
        frame_pts_seconds=faces[0].pts_seconds, predictions=faces,
        judgements=(Judgement(failed=np.zeros((len(faces[0]), len(REASONS)), bool)),) * 2,
        timelines=(timeline(), timeline(track_id=1)), persons={1: "p002"},
    )  # fmt: skip
    config = ExportConfig(to=("synchrony",))
    write_outputs(tmp_path, report, config)
    table = rows(tmp_path / "v.synchrony.csv")
    assert {(r["track_id"], r["with_track_id"], r["with_person_id"]) for r in table} == {("0", "1", "p002")}
    assert float(table[0]["r"]) == pytest.approx(1)
    with pytest.raises(InputError, match=r"v\.synchrony\.csv: no curve 'joy'"):
        write_outputs(tmp_path, report, replace(config, synchrony=SynchronyConfig(curve="joy")))
