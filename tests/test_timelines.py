"""Timelines that are cut, merged, put together, compared, made tables and shown."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import seqfer
from seqfer import Segment, Timeline, Timelines


def segment(start, end, emotion, *, fps=10, **more) -> Segment:
    return Segment(
        start_seconds=start, end_seconds=end, start_frame=round(start * fps), end_frame=round(end * fps),
        emotion=emotion, **{"confidence": 0.9, "intensity": 0.5, **more},
    )  # fmt: skip


def timeline(*parts, **more) -> Timeline:
    return Timeline(**{"video_id": "v", "track_id": 0, "segments": tuple(segment(*p) for p in parts), **more})


@st.composite
def timelines(draw):
    """Segments with and without gaps, on a grid of tenths of seconds."""
    lengths = draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(1, 20), st.sampled_from("abc")), max_size=12)
    )
    parts, now = [], 0
    for gap, length, emotion in lengths:
        parts.append(((now + gap) / 10, (now + gap + length) / 10, emotion))
        now += gap + length
    return timeline(*parts)


def total(t, emotion=None):
    return sum(s.duration_seconds for s in t if emotion in (None, s.emotion))


@given(timelines(), st.integers(0, 200), st.integers(0, 200))
def test_a_timeline_cut_in_two_says_at_each_moment_what_it_said(t, at, other):
    first, last = t.crop(0, at / 10), t.crop(at / 10, 1000)
    assert total(first) + total(last) == pytest.approx(total(t))
    moment = other / 10 + 0.05
    cut = (first if moment < at / 10 else last).at(moment)
    whole = t.at(moment)
    assert (cut and cut.emotion) == (whole and whole.emotion)
    assert all(0 <= s.start_frame < s.end_frame for part in (first, last) for s in part)


@given(timelines(), st.integers(0, 3))
def test_merging_keeps_what_is_said_and_leaves_no_such_neighbours(t, gap):
    merged = t.merged(gap / 10)
    pairs = zip(merged.segments, merged.segments[1:], strict=False)
    assert all(a.emotion != b.emotion or b.start_seconds - a.end_seconds > gap / 10 for a, b in pairs)
    for s in t:
        assert merged.at(s.start_seconds).emotion == s.emotion
    assert merged.merged(gap / 10) == merged
    if gap == 0:
        assert total(merged) == pytest.approx(total(t))


def test_merged_segments_have_the_marks_of_the_strongest_part():
    marks = ("onset_seconds", "apex_seconds", "offset_seconds")
    weak = segment(0, 1, "fear", intensity=0.2, **dict(zip(marks, (0, 0.5, 0.9), strict=True)))
    strong = segment(1, 4, "fear", intensity=0.8, confidence=0.5, **dict(zip(marks, (1, 3, 4), strict=True)))
    (s,) = Timeline(video_id="v", track_id=0, segments=(weak, strong)).merged()
    assert (s.onset_seconds, s.apex_seconds, s.offset_seconds, s.intensity) == (0, 3, 4, 0.8)
    assert s.confidence == pytest.approx(0.25 * 0.9 + 0.75 * 0.5)


def test_two_tracks_of_one_person_are_one_timeline_unless_they_contradict():
    first, second = timeline((0, 1, "fear")), timeline((2, 3, "anger"), track_id=4)
    assert [s.emotion for s in second.union(first)] == ["fear", "anger"]
    with pytest.raises(ValueError, match="disjoint"):
        first.union(timeline((0.5, 2, "anger")))
    with pytest.raises(ValueError, match="two videos"):
        first.union(timeline(video_id="w"))


@given(timelines(), timelines())
def test_agreement_is_whole_symmetric_and_perfect_with_oneself(a, b):
    found, back = seqfer.compare(a, b), seqfer.compare(b, a)
    seconds = found.seconds.to_numpy().sum()
    assert seconds + found.only_first_seconds == pytest.approx(total(a))
    assert seconds + found.only_second_seconds == pytest.approx(total(b))
    assert found.kappa == pytest.approx(back.kappa, nan_ok=True)
    alone = seqfer.compare(a, a)
    assert all(v == pytest.approx(1) for v in alone.overlap.values())
    assert not len(a) or alone.observed == pytest.approx(1)


def test_kappa_is_that_of_the_book():
    # Cohen's table: of 100 seconds, 45 and 25 the same, 15 each way different.
    a = timeline((0, 60, "x"), (60, 100, "y"))
    b = timeline((0, 45, "x"), (45, 60, "y"), (60, 75, "x"), (75, 100, "y"))
    found = seqfer.compare(a, b)
    assert found.observed == pytest.approx(0.70)
    assert found.kappa == pytest.approx((0.70 - 0.52) / (1 - 0.52))
    assert found.overlap == pytest.approx({"x": 45 / 75, "y": 25 / 55})
    assert math.isnan(seqfer.compare(a, timeline()).kappa)


def test_a_table_has_a_row_for_each_segment_even_if_there_is_none():
    both = Timelines([timeline((0, 1, "fear"), (1, 3, "neutral"), person_id="p001"), timeline(track_id=1)])
    table = both.to_pandas()
    assert table["duration_s"].tolist() == [1, 2] and table["person_id"].tolist() == ["p001"] * 2
    assert table["apex_s"].isna().all()
    empty = Timelines().to_pandas()
    assert len(empty) == 0 and list(empty.columns) == list(table.columns)
    assert isinstance(both[0].to_pandas(), pd.DataFrame)
    assert both.of_person("p001") == (both[0],) and both.lasting(1.5)[0].segments == both[0].segments[1:]


def test_in_a_notebook_names_stay_text():
    bad = "<img src=x onerror=alert(1)>"
    html = Timelines([timeline((0, 1, bad), video_id=bad, person_id=bad)])._repr_html_()
    assert "<img" not in html and html.count("&lt;img") >= 4
    assert "no faces" in Timelines()._repr_html_() and "<div" in timeline()._repr_html_()


def test_ten_thousand_segments_are_shown_in_a_page_that_a_browser_likes():
    t = timeline(*((n, n + 1, "fear") for n in range(10_000)))
    assert len(t._repr_html_()) < 1_000_000 and "the first 2000 segments" in t._repr_html_()
