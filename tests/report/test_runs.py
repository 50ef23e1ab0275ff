"""What a run's folder may look like by the time somebody wants a report of it."""

from __future__ import annotations

import base64
import json
import shutil

import cv2
import numpy as np
import pytest
from made import make_video

from seqfer.export.timeline_json import VERSION


@pytest.fixture
def report(tmp_path, capsys):
    """Report ``tmp_path``: ``report() -> (exit code, lines of standard error)``."""
    from seqfer.pipelines.__main__ import main

    def call(*options: str) -> tuple[int, list[str]]:
        code = main(["report", str(tmp_path), *options])
        return code, capsys.readouterr().err.splitlines()

    return call


STATES = [[("neutral", 1.0), ("happiness", 1.0)]]


def test_a_half_finished_run_is_told_and_the_rest_reported(tmp_path, report):
    make_video(tmp_path, "done", STATES)
    make_video(tmp_path, "deep/predicted", STATES).unlink()
    make_video(tmp_path, "extracted", STATES).unlink()
    (tmp_path / "predictions" / "extracted.h5").unlink()
    code, lines = report()
    assert code == 1 and len(lines) == 2
    assert "deep/predicted.json: no timeline yet; seqfer export makes it" in lines[0]
    assert "extracted.json: no timeline yet; seqfer predict" in lines[1]
    assert sorted(p.name for p in (tmp_path / "report").rglob("*.html")) == ["done.html"]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[: len(text) // 2], "not a readable JSON file"),
        (
            lambda text: text.replace(f'"version": {VERSION}', '"version": 1'),
            f"version 1; this seqfer reads {VERSION}",
        ),
        (lambda text: text.replace('"emotion": "happiness"', '"emotion": "joy"'), "beyond its vocabulary"),
        (lambda text: text.replace('"untrusted": []', '"untrusted": 3'), "damaged timeline"),
        (lambda text: text.replace('"tracks"', '"faces"'), "damaged timeline"),
        (lambda text: text.replace('"duration_seconds": 2.0', '"duration_seconds": NaN'), "damaged timeline"),
        (lambda text: "\0" * 500, "not a readable JSON file"),
        (lambda text: "", "not a readable JSON file"),
    ],
)
def test_a_damaged_timeline_is_refused_in_one_line(tmp_path, report, damage, words):
    path = make_video(tmp_path, "bad", STATES)
    make_video(tmp_path, "good", STATES)
    assert report() == (0, [])
    path.write_text(damage(path.read_text()))
    code, lines = report()
    assert code == 1 and len(lines) == 1 and words in lines[0] and "bad.json" in lines[0]
    assert not (tmp_path / "report" / "bad.html").exists()  # not the page of what was there before
    assert (tmp_path / "report" / "good.html").exists()


def test_without_predictions_or_faces_the_page_says_so(tmp_path, report):
    make_video(tmp_path, "a", STATES)
    (tmp_path / "predictions" / "a.h5").unlink()
    shutil.rmtree(tmp_path / "tracks")
    code, lines = report()
    assert code == 1 and "no curves" in lines[0] and "no pictures of faces" in lines[1]
    text = (tmp_path / "report" / "a.html").read_text()
    assert "no curves" in text and "no pictures of faces" in text


def test_nothing_to_report(tmp_path, report, capsys):
    code, [line] = report()
    assert code == 1 and "nothing to report" in line


def test_files_that_are_no_timelines_are_left_alone(tmp_path, report):
    make_video(tmp_path, "a", STATES)
    (tmp_path / "settings.json").write_text(json.dumps({"of": "somebody else"}))
    assert report() == (0, [])


def test_faces_can_be_blurred_or_left_out(tmp_path, report):
    make_video(tmp_path, "a", STATES)
    (tmp_path / "a.mp4").write_bytes(b"a film")
    detail = {}
    for faces in ("shown", "blurred", "none"):
        assert report("--faces", faces)[0] == 0
        text = (tmp_path / "report" / "a.html").read_text()
        lines = text.partition('id="pictures">')[2].partition("<")[0].split()
        pictures = [cv2.imdecode(np.frombuffer(base64.b64decode(line), np.uint8), 0) for line in lines]
        detail[faces] = [float(cv2.Laplacian(picture, cv2.CV_64F).std()) for picture in pictures]
        assert ('<source src="../a.mp4">' in text) == (faces == "shown")
    assert detail["none"] == [] and len(detail["blurred"]) == 2
    assert max(detail["blurred"]) < 0.1 * min(detail["shown"])


def test_videos_are_found_where_they_went(tmp_path, report):
    make_video(tmp_path / "out", "day 1/a#1", STATES)
    (tmp_path / "archive" / "day 1").mkdir(parents=True)
    (tmp_path / "archive" / "day 1" / "a#1.mp4").write_bytes(b"a film")
    from seqfer.pipelines.__main__ import main

    assert main(["report", str(tmp_path / "out"), "--videos", str(tmp_path / "archive"), "--quiet"]) == 0
    # The name in the store is that of the video, without its folder.
    text = (tmp_path / "out" / "report" / "day 1" / "a#1.html").read_text()
    assert '<source src="../../../archive/day%201/a%231.mp4">' in text


def test_a_video_is_found_by_the_link_of_its_timeline(tmp_path, report):
    path = make_video(tmp_path / "out", "a", STATES)
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "a.mp4").write_bytes(b"a film")
    made = json.loads(path.read_text())
    made["source"]["link"] = "../far/a.mp4"
    path.write_text(json.dumps(made))
    from seqfer.pipelines.__main__ import main

    assert main(["report", str(tmp_path / "out"), "--quiet"]) == 0
    assert '<source src="../../far/a.mp4">' in (tmp_path / "out" / "report" / "a.html").read_text()


def test_segments_in_doubt_have_a_place_on_the_page(tmp_path, report):
    path = make_video(tmp_path, "a", STATES)
    document = json.loads(path.read_text())
    doubt = document["tracks"][0]["segments"][1]
    doubt |= {"emotion": "uncertain", "onset_s": None, "apex_s": None, "offset_s": None}
    path.write_text(json.dumps(document))
    assert report() == (0, [])
    assert "uncertain" in (tmp_path / "report" / "a.html").read_text()
