"""Films with boxes."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest
from clips import moving_square, write_clip
from made import make_video
from seqfer.pipelines.report import ReportOptions, report_run

from seqfer.report.lettering import text_width, write
from seqfer.video import read_frames

FACES = [
    [("happiness", 1.0), ("sadness", 1.0), (None, 0.4)],
    [(None, 0.4), ("surprise", 1.6), ("anger", 0.4)],
]


@pytest.fixture
def run(tmp_path):
    """One video of two faces, at the boxes that ``made`` gives them, in pictures of 160 x 120."""
    make_video(tmp_path / "out", "a", FACES)
    write_clip(tmp_path / "out" / "a.mp4", [np.full((120, 160, 3), 150, np.uint8)] * 60, rate=25)
    return tmp_path / "out"


def near(picture, x: int, y: int, colour) -> bool:
    """Whether a colour (through the encoder) is at a place or beside it."""
    region = picture[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].reshape(-1, 3).astype(int)
    return bool((np.abs(region - colour).max(axis=1) < 60).any())


def test_boxes_are_where_the_faces_are_in_the_colour_of_the_emotion(run, colours):
    assert report_run(run, ReportOptions(overlay=True), quiet=True) == 0
    frames = [frame.rgb() for frame in read_frames(run / "report" / "a.overlay.mp4")]
    assert len(frames) == 60
    corner = (20, 78)  # of face 0, away from names and bars
    assert near(frames[10], *corner, colours["happiness"]) and near(frames[40], *corner, colours["sadness"])
    assert not near(frames[58], *corner, colours["sadness"])  # out of view
    assert near(frames[30], 119, 78, colours["surprise"]) and not near(
        frames[5], 119, 78, colours["surprise"]
    )
    height, width = frames[0].shape[:2]
    assert width == 160 and height > 120  # a strip of lanes below
    middle = frames[10][124:136, 60:100].reshape(-1, 3).astype(int)
    assert (np.abs(middle - colours["happiness"]).max(axis=1) < 60).any()


def test_it_is_made_once_and_anew_when_the_timeline_changes(run):
    options = ReportOptions(overlay=True)
    assert report_run(run, options, quiet=True) == 0
    film = run / "report" / "a.overlay.mp4"
    stamp = film.stat().st_mtime_ns
    assert report_run(run, options, quiet=True) == 0 and film.stat().st_mtime_ns == stamp
    assert 'href="a.overlay.mp4"' in (run / "report" / "a.html").read_text()
    path = run / "a.json"
    path.write_text(path.read_text().replace('"key": "', '"key": "0', 1))
    assert report_run(run, options, quiet=True) == 0 and film.stat().st_mtime_ns != stamp


def test_blurred_faces_are_played_instead_of_the_film(run):
    assert report_run(run, ReportOptions(overlay=True), quiet=True) == 0
    assert report_run(run, ReportOptions(faces="blurred"), quiet=True) == 1  # the film there shows faces
    assert report_run(run, ReportOptions(overlay=True, faces="blurred"), quiet=True) == 0
    assert '<source src="a.overlay.mp4">' in (run / "report" / "a.html").read_text()


def test_without_the_video_the_rest_is_reported(run, capsys):
    (run / "a.mp4").unlink()
    assert report_run(run, ReportOptions(overlay=True), quiet=True) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("seqfer report: a: no film with boxes: the video is not found")
    (run / "a.mp4").write_bytes(b"no video")
    assert report_run(run, ReportOptions(overlay=True), quiet=True) == 1
    assert "a.mp4: is not a readable video" in capsys.readouterr().err
    assert (run / "report" / "a.html").exists() and not list(run.rglob("*.partial"))


def test_a_folder_of_stills(run):
    stills = run / "stills"
    stills.mkdir()
    for n, picture in enumerate(moving_square(60)):
        cv2.imwrite(str(stills / f"{n:04d}.png"), picture)
    make_video(run, "b", FACES, source="stills")
    shutil.rmtree(run / "report", ignore_errors=True)
    assert report_run(run, ReportOptions(overlay=True), quiet=True) == 0
    times = [frame.pts_seconds for frame in read_frames(run / "report" / "b.overlay.mp4")]
    assert times == pytest.approx(np.arange(60) / 25, abs=1e-4)


@pytest.mark.parametrize("height", [11, 14, 40, 83])
def test_letters_fill_their_line_at_every_size(height):
    picture = np.zeros((3 * height, text_width("happiness gj", height) + 8, 3), np.uint8)
    write(picture, "happiness gj", 4, height, height, (255, 255, 255))
    rows = np.flatnonzero(picture.max(axis=(1, 2)) > 128)
    assert 0.75 * height <= rows[-1] - rows[0] <= 1.35 * height
    write(picture, "beyond", picture.shape[1] - 5, -4, height, (255, 0, 0))  # cut, not refused
