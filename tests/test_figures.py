"""Figures: what is drawn is what is there, in files that are whole and the same each time."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import cv2
import numpy as np
import pytest
from seqfer.pipelines.__main__ import main

from seqfer.colours import colours_of
from seqfer.errors import InputError
from seqfer.figures import draw_onsets, draw_timelines, draw_transitions, save_figure
from seqfer.labels import EMOTIONS, Vocabulary
from seqfer.timeline import FramePredictions, Segment, Timeline

FPS = 25


def lane(video="v", seed=0, track_id=0):
    """Ten seconds: neutral, a smile that rises for half a second and fades, sadness."""
    pts = np.arange(10 * FPS) / FPS
    probs = np.full((len(pts), 7), 0.01, np.float32)
    at = np.select(
        [pts < 3, pts < 7],
        [EMOTIONS.index("neutral"), EMOTIONS.index("happiness")],
        EMOTIONS.index("sadness"),
    )
    probs[np.arange(len(pts)), at] = 0.94
    rise = np.clip((pts - 3) / 0.5, 0, 1) + np.random.default_rng(seed).normal(0, 0.01, len(pts))
    track = FramePredictions(
        track_id=track_id, frame_indices=np.arange(len(pts)), pts_seconds=pts, emotion_probs=probs,
        phase_probs=np.full((len(pts), 4), 0.25, np.float32), intensity=rise.clip(0, 1).astype(np.float32),
        vocabulary=Vocabulary(),
    )  # fmt: skip
    marks = {"onset_seconds": 3.1, "apex_seconds": 3.5, "offset_seconds": 7.0}
    segments = tuple(
        Segment(
            start_seconds=a, end_seconds=b, start_frame=round(a * FPS), end_frame=round(b * FPS),
            emotion=emotion, confidence=0.9, intensity=0.9, **more,
        )
        for a, b, emotion, more in ((0, 3, "neutral", {}), (3, 7, "happiness", marks), (7, 10, "sadness", {}))
    )  # fmt: skip
    return Timeline(video_id=video, track_id=track_id, segments=segments), track


def test_a_timeline_is_drawn_in_the_colours_of_its_emotions_for_as_long_as_they_last(tmp_path):
    path = tmp_path / "f.png"
    save_figure(path, draw_timelines([lane()]), dpi=100)
    picture = cv2.imread(str(path))[..., ::-1].astype(int)
    shares = []
    for colour in colours_of(Vocabulary(("neutral", "happiness", "sadness"))).values():
        wanted = np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)])
        near = np.abs(picture[: picture.shape[0] // 2] - wanted).max(axis=-1) < 4
        shares.append(near.sum())
    assert np.array(shares) / sum(shares) == pytest.approx([0.3, 0.4, 0.3], abs=0.03)


def test_the_mean_course_rises_at_the_onset():
    figure = draw_onsets([lane(seed=n, track_id=n) for n in range(5)], ["happiness"])
    (line, zero) = figure.axes[0].lines
    times, values = line.get_xdata(), line.get_ydata()
    assert zero.get_xdata()[0] == 0 and line.get_label() == "happiness (n = 5)"
    assert np.interp(-0.5, times, values) < 0.02
    assert np.interp(0.4, times, values) > 0.85
    with pytest.raises(ValueError, match="no onsets of fear"):
        draw_onsets([lane()], ["fear"])


def test_the_matrix_tells_counts_and_probabilities():
    figure = draw_transitions([lane()[0]])
    assert {text.get_text() for text in figure.axes[0].texts} == {"1.00\n(1)"}
    with pytest.raises(ValueError, match="no transitions"):
        draw_transitions([Timeline(video_id="v", track_id=0)])


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".png"])
def test_the_same_figure_is_the_same_bytes(tmp_path, suffix):
    for name in ("a", "b"):
        save_figure(tmp_path / f"{name}{suffix}", draw_timelines([lane()]), dpi=50)
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_names_are_never_formulas_or_markup(tmp_path):
    name = r"$\frac{1$ <img src=x onerror=alert(1)> 表情"
    lanes = [lane(video=name), lane(video="w")]
    save_figure(tmp_path / "f.svg", draw_timelines(lanes, title=name))
    texts = [
        "".join(e.itertext()) for e in ElementTree.parse(tmp_path / "f.svg").iter() if e.tag.endswith("text")
    ]
    assert f"{name} face 0" in [t.strip() for t in texts]


def test_what_cannot_be_drawn_is_said(tmp_path, capsys):
    with pytest.raises(ValueError, match="61 faces are too many"):
        draw_timelines([lane(track_id=n) for n in range(61)])
    with pytest.raises(InputError, match=r"\.svg, \.pdf, \.png"):
        save_figure(tmp_path / "f.gif", draw_timelines([lane()]))
    for place, more, words in (
        (tmp_path, [], "no timelines here; seqfer run"),
        (tmp_path / "none.json", [], "no such file"),
        (tmp_path, ["--from", "3", "--until", "2"], "is not before"),
    ):
        try:
            code = main(["plot", str(place), "-o", str(tmp_path / "f.png"), *more])
        except SystemExit as stop:
            code = stop.code
        said = capsys.readouterr().err
        assert code in (1, 2) and words in said and said.count("\n") == 1


def test_a_film_of_ten_thousand_segments_is_a_file_of_a_few_megabytes(tmp_path):
    segments = tuple(
        Segment(
            start_seconds=n / 25, end_seconds=(n + 1) / 25, start_frame=n, end_frame=n + 1,
            emotion=EMOTIONS[n % 7], confidence=0.5, intensity=0.5,
        )
        for n in range(10_000)
    )  # fmt: skip
    figure = draw_timelines([(Timeline(video_id="v", track_id=0, segments=segments), None)])
    save_figure(tmp_path / "f.svg", figure)
    assert (tmp_path / "f.svg").stat().st_size < 5_000_000
