"""Probabilities to segments: the best cut, its marks, and what must hold whatever comes in."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seqfer.decoding import DecodingConfig, decode
from seqfer.decoding.segmentation import best_segmentation
from seqfer.labels import EMOTIONS, Vocabulary
from seqfer.timeline import FramePredictions

HAPPY, NEUTRAL = EMOTIONS.index("happiness"), EMOTIONS.index("neutral")


def predictions(labels, pts, intensity=None, frame_indices=None, certainty=0.9) -> FramePredictions:
    probs = np.full((len(labels), 7), (1 - certainty) / 6, np.float32)
    probs[np.arange(len(labels)), labels] = certainty
    return FramePredictions(
        track_id=0,
        frame_indices=np.arange(len(labels)) if frame_indices is None else np.asarray(frame_indices),
        pts_seconds=np.asarray(pts, np.float64),
        emotion_probs=probs,
        phase_probs=np.full((len(labels), 4), 0.25, np.float32),
        intensity=np.zeros(len(labels), np.float32) if intensity is None else intensity.astype(np.float32),
        vocabulary=Vocabulary(),
    )


def smile(fps: float, times=None):
    """Neutral, a smile that rises from 1.0 to 1.5 s and fades from 3.0 to 4.0 s, neutral until 5 s."""
    pts = np.arange(0, 5, 1 / fps) if times is None else times
    level = np.interp(pts, [1.0, 1.5, 3.0, 4.0], [0, 1, 1, 0])
    return predictions(np.where(level > 0.5, HAPPY, NEUTRAL), pts, intensity=level)


@pytest.mark.parametrize("fps", [12, 25, 60])
def test_onset_apex_and_offset_are_where_they_were_made_at_any_frame_rate(fps):
    timeline = decode(smile(fps), video_id="v")
    assert [s.emotion for s in timeline] == ["neutral", "happiness", "neutral"]
    segment = timeline.segments[1]
    step = 1.5 / fps
    assert segment.start_seconds == pytest.approx(1.25, abs=step)
    assert segment.end_seconds == pytest.approx(3.5, abs=step)
    assert segment.apex_seconds == pytest.approx(1.5, abs=step)
    assert 1.0 <= segment.onset_seconds <= segment.start_seconds
    assert segment.end_seconds <= segment.offset_seconds <= 4.0 + step
    assert segment.intensity == pytest.approx(1) and segment.confidence == pytest.approx(0.9, abs=0.01)
    rise, fade = timeline.transitions()
    assert (rise.source, rise.target, fade.target) == ("neutral", "happiness", "neutral")
    assert rise.duration_seconds == pytest.approx(1.5 - segment.onset_seconds, abs=step)


def test_variable_frame_rate_gives_the_same_times():
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.uniform(0.01, 0.07, 130))
    timeline = decode(smile(0, times[times < 5] - times[0]), video_id="v")
    assert timeline.segments[1].start_seconds == pytest.approx(1.25, abs=0.08)


def test_flicker_shorter_than_the_minimum_is_not_a_segment():
    labels = np.full(100, NEUTRAL)
    labels[40:43] = HAPPY
    assert [s.emotion for s in decode(predictions(labels, np.arange(100) / 25), video_id="v")] == ["neutral"]


def test_a_face_out_of_sight_leaves_a_gap():
    indices = [*range(25), *range(60, 90)]
    timeline = decode(
        predictions(np.full(55, HAPPY), np.array(indices) / 25, frame_indices=indices), video_id="v"
    )
    assert [(s.start_frame, s.end_frame) for s in timeline] == [(0, 25), (60, 90)]
    assert timeline.segments[0].end_seconds == pytest.approx(1.0)
    assert timeline.transitions() == ()


def test_a_rise_of_ten_stills_is_neutral_and_then_the_expression():
    segments = decode(predictions([NEUTRAL] * 4 + [HAPPY] * 6, np.arange(10) / 30), video_id="v")
    assert [(s.emotion, s.end_frame) for s in segments] == [("neutral", 4), ("happiness", 10)]


def test_one_frame_and_none():
    assert len(decode(predictions([HAPPY], [0.4]), video_id="v")) == 1
    assert len(decode(predictions([], []), video_id="v")) == 0


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 60), st.just(7)), elements=st.floats(0.001, 1)),
    st.randoms(use_true_random=False),
    st.floats(0, 1),
    st.floats(0, 5),
)
def test_segments_tile_each_stretch_and_none_is_too_short(raw, random, min_duration, cost):
    probs = raw / raw.sum(axis=1, keepdims=True)
    pts = np.cumsum([random.uniform(0.01, 0.2) for _ in range(len(probs))])
    p = FramePredictions(
        track_id=0,
        frame_indices=np.arange(len(probs)),
        pts_seconds=pts,
        emotion_probs=probs.astype(np.float32),
        phase_probs=np.full((len(probs), 4), 0.25, np.float32),
        intensity=np.full(len(probs), 0.5, np.float32),
        vocabulary=Vocabulary(),
    )
    config = DecodingConfig(min_duration_seconds=min_duration, switch_cost=cost)
    segments = decode(p, video_id="v", config=config).segments
    assert segments[0].start_frame == 0 and segments[-1].end_frame == len(probs)
    for a, b in itertools.pairwise(segments):
        assert a.end_frame == b.start_frame and a.end_seconds == b.start_seconds and a.emotion != b.emotion
    if len(segments) > 1:
        whole = segments[-1].end_seconds - segments[0].start_seconds
        assert min(s.duration_seconds for s in segments) >= min(min_duration, whole / 3) - 1e-6


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 7), st.integers(1, 3)), elements=st.floats(-3, 0)),
    st.integers(1, 4),
    hnp.arrays(np.float64, (3, 3), elements=st.floats(0, 2)),
)
def test_no_other_segmentation_scores_higher(evidence, min_frames, costs):
    frames, labels = evidence.shape
    costs = costs[:labels, :labels]
    found = best_segmentation(
        evidence,
        np.arange(frames, dtype=float),
        float(frames),
        switch_cost=costs,
        min_duration_seconds=min_frames,
    )

    def score(path):
        paid = sum(costs[a, b] for a, b in itertools.pairwise(path) if a != b)
        return evidence[np.arange(frames), path].sum() - paid

    def allowed(path):
        return all(len(list(run)) >= min_frames for _, run in itertools.groupby(path))

    every = [p for p in itertools.product(range(labels), repeat=frames) if allowed(p)]
    path = [label for first, stop, label in found for _ in range(first, stop)]
    best = max(map(score, every), default=evidence.sum(axis=0).max())
    assert score(path) == pytest.approx(best, abs=1e-9)


def test_two_hours_are_cut_in_seconds():
    import time

    labels = (np.arange(180_000) // 100) % 7
    started = time.perf_counter()
    assert len(decode(predictions(labels, np.arange(180_000) / 25), video_id="v")) == 1800
    assert time.perf_counter() - started < 60  # a bound against quadratic time, not a benchmark


def blink_of_trust(first, stop, fps=25, seconds=4.0, away=0):
    """Happiness throughout, but what is not trusted, frames ``first`` to ``stop``, says anger."""
    labels = np.full(round(fps * seconds), HAPPY)
    labels[first:stop] = EMOTIONS.index("anger")
    indices = np.arange(len(labels))
    indices[stop:] += away
    trusted = np.ones(len(labels), bool)
    trusted[first:stop] = False
    return predictions(labels, indices / fps, frame_indices=indices, intensity=labels == HAPPY), trusted


def test_a_short_stretch_without_trust_belongs_to_what_is_around_it():
    told, trusted = blink_of_trust(40, 50)
    (segment,) = decode(told, video_id="v", trusted=trusted)
    assert (segment.emotion, segment.start_frame, segment.end_frame) == ("happiness", 0, 100)
    assert segment.trusted == pytest.approx(0.9) and segment.confidence == pytest.approx(0.9)
    assert len(decode(told, video_id="v")) == 3  # believed, it is a segment of its own


def test_a_long_stretch_without_trust_is_a_gap():
    told, trusted = blink_of_trust(40, 60)
    timeline = decode(told, video_id="v", trusted=trusted)
    assert [(s.start_frame, s.end_frame, s.trusted) for s in timeline] == [(0, 40, 1), (60, 100, 1)]
    assert timeline.segments[0].end_seconds == pytest.approx(1.6) and timeline.transitions() == ()
    longer = DecodingConfig(bridge_seconds=1)
    assert len(decode(told, video_id="v", trusted=trusted, config=longer)) == 1


@pytest.mark.parametrize(("first", "stop", "away"), [(0, 5, 0), (95, 100, 0), (40, 45, 10)])
def test_nothing_is_bridged_to_where_no_trusted_frame_is(first, stop, away):
    told, trusted = blink_of_trust(first, stop, away=away)
    timeline = decode(told, video_id="v", trusted=trusted)
    assert {s.emotion for s in timeline} == {"happiness"} and all(s.trusted == 1 for s in timeline)
    untrusted = set(told.frame_indices[first:stop].tolist())
    assert not any(untrusted & set(range(s.start_frame, s.end_frame)) for s in timeline)


def test_a_face_that_is_never_trusted_has_no_segments():
    told, trusted = blink_of_trust(0, 100)
    assert len(decode(told, video_id="v", trusted=trusted)) == 0


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 60), st.floats(0, 1), st.randoms(use_true_random=False))
def test_what_untrusted_frames_say_changes_nothing(data, frames, bridge, random):
    trusted = np.array(data.draw(st.lists(st.booleans(), min_size=frames, max_size=frames)))
    labels = np.array(data.draw(st.lists(st.integers(0, 6), min_size=frames, max_size=frames)))
    pts = np.cumsum([random.uniform(0.001, 0.2) for _ in range(frames)])
    indices = np.cumsum([random.choice([1, 1, 1, 2]) for _ in range(frames)])
    config = DecodingConfig(bridge_seconds=bridge)
    other = np.where(trusted, labels, (labels + 1) % 7)
    first, second = (
        decode(predictions(said, pts, frame_indices=indices), video_id="v", config=config, trusted=trusted)
        for said in (labels, other)
    )
    assert first == second
    covered = [any(s.start_frame <= i < s.end_frame for s in first) for i in indices]
    assert all(c for c, t in zip(covered, trusted, strict=True) if t)


def test_what_an_expression_looks_like_on_its_way_is_no_segment_of_its_own():
    labels = np.full(60, NEUTRAL)
    labels[20:26], labels[26:] = EMOTIONS.index("surprise"), EMOTIONS.index("fear")
    told = predictions(labels, np.arange(60) / 25, certainty=0.35)
    names = {
        factor: [s.emotion for s in decode(told, video_id="v", config=DecodingConfig(direct_factor=factor))]
        for factor in (1, 2)
    }
    assert names == {1: ["neutral", "surprise", "fear"], 2: ["neutral", "fear"]}


def test_what_lasts_may_follow_directly():
    labels = np.repeat([EMOTIONS.index("surprise"), HAPPY], 25)
    told = predictions(labels, np.arange(50) / 25)
    assert [s.emotion for s in decode(told, video_id="v")] == ["surprise", "happiness"]


def test_segments_in_doubt_are_called_uncertain_on_request():
    labels = np.repeat([NEUTRAL, HAPPY, EMOTIONS.index("anger"), HAPPY], 50)
    told = predictions(labels, np.arange(200) / 25, intensity=np.full(200, 0.5))
    told.emotion_probs[50:150] = (told.emotion_probs[50:150] + 0.5) / 4.5  # 0.31 for the highest
    assert "uncertain" not in {s.emotion for s in decode(told, video_id="v")}
    timeline = decode(told, video_id="v", config=DecodingConfig(min_confidence=0.5))
    assert [(s.emotion, s.start_frame, s.end_frame) for s in timeline] == [
        ("neutral", 0, 50), ("uncertain", 50, 150), ("happiness", 150, 200)
    ]  # fmt: skip
    doubt = timeline.segments[1]
    assert doubt.confidence == pytest.approx(0.311, abs=0.01) and doubt.onset_seconds is None
    assert [(t.source, t.target) for t in timeline.transitions()] == [
        ("neutral", "uncertain"), ("uncertain", "happiness")
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 60), st.just(7)), elements=st.floats(0.001, 1)),
    st.floats(0, 1),
)
def test_doubt_renames_and_joins_and_moves_no_boundary(raw, limit):
    told = predictions([0] * len(raw), np.arange(len(raw)) / 10)
    told.emotion_probs[:] = raw / raw.sum(axis=1, keepdims=True)
    plain = decode(told, video_id="v").segments
    doubting = decode(told, video_id="v", config=DecodingConfig(min_confidence=limit)).segments
    named = [s for s in plain if s.confidence >= limit]
    assert [s for s in doubting if s.emotion != "uncertain"] == named
    assert all(a.emotion != b.emotion for a, b in itertools.pairwise(doubting))
    assert doubting[0].start_frame == 0 and doubting[-1].end_frame == len(raw)


def test_settings_are_checked():
    with pytest.raises(ValueError, match="min_confidence must lie between 0 and 1"):
        DecodingConfig(min_confidence=1.5)
    with pytest.raises(ValueError, match="direct_factor must lie between 1 and 2"):
        DecodingConfig(direct_factor=3)
    with pytest.raises(ValueError, match="bridge_seconds must not be negative"):
        DecodingConfig(bridge_seconds=-1)
    with pytest.raises(ValueError, match="negative"):
        DecodingConfig(switch_cost=-1)
    with pytest.raises(ValueError, match="edge"):
        DecodingConfig(edge=1)
