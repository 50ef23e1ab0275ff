"""Vocabulary, segments, transitions: the words that everything else is said in."""

from __future__ import annotations

import pickle

import pytest

from seqfer.errors import VideoError
from seqfer.labels import EMOTIONS, Vocabulary
from seqfer.timeline import Segment, Timeline


def segment(start: float, end: float, emotion: str, **more: float) -> Segment:
    return Segment(
        start_seconds=start,
        end_seconds=end,
        start_frame=round(start * 10),
        end_frame=round(end * 10),
        emotion=emotion,
        confidence=more.pop("confidence", 0.9),
        intensity=0.5,
        **more,
    )


def test_a_vocabulary_knows_adjectives_and_lists_itself_when_asked_for_a_stranger():
    assert Vocabulary().index(" Happy ") == EMOTIONS.index("happiness")
    assert Vocabulary(("contempt", "anger")).neutral_index is None
    with pytest.raises(ValueError, match=r"'bored'.*anger, disgust"):
        Vocabulary().index("bored")
    with pytest.raises(ValueError, match="once"):
        Vocabulary(("anger", "anger"))


def test_segments_refuse_what_makes_no_sense():
    with pytest.raises(ValueError, match="end after it starts"):
        segment(2, 1, "anger")
    with pytest.raises(ValueError, match="onset <= apex <= offset"):
        segment(0, 1, "anger", onset_seconds=0.5, apex_seconds=0.1, offset_seconds=0.9)
    with pytest.raises(ValueError, match="sorted and disjoint"):
        Timeline(video_id="v", track_id=0, segments=(segment(0, 2, "anger"), segment(1, 3, "fear")))


def test_a_transition_needs_the_face_in_view_and_spans_the_change():
    timeline = Timeline(
        video_id="v",
        track_id=0,
        segments=(
            segment(0, 1, "neutral"),
            segment(
                1, 3, "happiness", confidence=0.6, onset_seconds=0.8, apex_seconds=1.5, offset_seconds=3.2
            ),
            segment(3, 4, "neutral"),
            segment(5, 6, "anger", onset_seconds=5, apex_seconds=5.1, offset_seconds=6),
        ),
    )
    rise, fade = timeline.transitions()  # neutral → anger has a gap before it
    assert (rise.source, rise.target, rise.time_seconds) == ("neutral", "happiness", 1)
    assert rise.duration_seconds == pytest.approx(1.5 - 0.8)
    assert rise.confidence == 0.6
    assert (fade.source, fade.target) == ("happiness", "neutral")
    assert timeline.at(3).emotion == "neutral" and timeline.at(4.5) is None


def test_errors_are_one_line_and_survive_the_way_between_processes():
    error = VideoError("a b.mp4", "is\n broken")
    assert str(error) == "a b.mp4: is broken"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
