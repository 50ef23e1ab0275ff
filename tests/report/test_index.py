"""The index of a run, in a real browser."""

from __future__ import annotations

import json

import pytest

from seqfer.labels import EMOTIONS
from seqfer.report import IndexEntry, write_index


def names(page) -> list[str]:
    return page.locator("#videos .rows .row .name").all_inner_texts()


def test_every_video_failures_with_reasons_and_durations(run, open_page, document):
    page = open_page(run / "report.html")
    assert names(page) == ["broken", "empty", "hostile"]
    failures = page.locator(".failures").inner_text()
    assert "1 video without a page" in failures and "is not a readable video <b>" in failures
    segments = [s for track in document["tracks"] for s in track["segments"]]
    happy = sum(s["end_s"] - s["start_s"] for s in segments if s["emotion"] == "happiness")
    assert f"happiness {happy:.2f} s" in page.locator("#videos .bar").last.get_attribute("aria-label")
    page.get_by_role("link", name="hostile").click()
    page.wait_for_selector("html[data-ready]")
    page.get_by_role("link", name="All videos").click()
    page.wait_for_selector("#videos .row")


def test_a_thousand_videos_are_searched_and_sorted(tmp_path, open_page):
    def entry(n: int) -> IndexEntry:
        if n % 100 == 0:
            return IndexEntry(video_id=f"bad{n}", status="failed", remark="file is damaged")
        shown = dict(zip(EMOTIONS, range(n % 5, n % 5 + 7), strict=True))
        return IndexEntry(
            video_id=f"day{n % 10}/clip{n:04d}", page=tmp_path / "report" / f"clip{n}.html",
            duration_seconds=1.0 + n, num_faces=n % 4, num_segments=n % 7, emotion_seconds=shown,
        )  # fmt: skip

    entries = [entry(n) for n in range(1000)]
    path = write_index(tmp_path, entries)
    assert path.stat().st_size < 300_000
    page = open_page(path)
    assert len(names(page)) < 60 and page.locator("#found").inner_text() == "1,000 videos"
    page.locator("#videos .head button", has_text="Duration").click()
    assert names(page)[0] == "day9/clip0999"
    page.locator("#search").fill("damaged")
    assert len(names(page)) == 10 and page.locator("#found").inner_text() == "10 of 1,000 videos"
    page.locator("#search").fill("day3 clip0003")
    assert names(page) == ["day3/clip0003"]
    page.locator("#search").fill("nothing of the sort")
    assert page.locator("#none").is_visible()
    page.locator("#search").fill("")
    page.locator("[data-status=failed]").click()
    assert len(names(page)) == 10


@pytest.mark.parametrize("suffix", ["page", "index"])
def test_the_same_run_gives_the_same_bytes(run, suffix):
    from seqfer.pipelines.report import report_run

    path = run / "report.html" if suffix == "index" else run / "report" / "hostile.html"
    before = path.read_bytes()
    assert report_run(run, quiet=True) == 0
    assert path.read_bytes() == before
    assert json.loads((run / "hostile.json").read_text())
