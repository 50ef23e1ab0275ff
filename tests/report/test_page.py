"""The page of a video, in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import time

import pytest
from made import HOSTILE, make_video
from seqfer.pipelines.report import report_run

PIXEL = """([lane, seconds, row]) => {
  const host = document.querySelectorAll(".lane-plot")[lane], canvas = host.querySelector("canvas");
  const x = Math.round(seconds / 6 * canvas.width), y = Math.round(row * (canvas.height - 1));
  const copy = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, x, y, 1, 1, 0, 0, 1, 1);
  return [...copy.getImageData(0, 0, 1, 1).data];
}"""


@pytest.fixture
def page(run, open_page):
    return open_page(run / "report" / "hostile.html")


def rows(page) -> list[list[str]]:
    cells = "els => els.map(row => [...row.querySelectorAll('.cell')].map(cell => cell.textContent))"
    return page.locator("#segments .rows .row").evaluate_all(cells)


def wait_until(page, condition: str) -> None:
    """Playwright's own way asks again from within the page, whose policy forbids to evaluate text."""
    end = time.monotonic() + 20
    while not page.evaluate(condition):
        assert time.monotonic() < end, condition
        time.sleep(0.02)


def test_lanes_match_the_json(page, document, colours):
    for lane, track in enumerate(document["tracks"]):
        assert track["segments"]
        for s in track["segments"]:
            for share in (0.02, 0.98):
                at = s["start_s"] + share * (s["end_s"] - s["start_s"])
                assert tuple(page.evaluate(PIXEL, [lane, at, 0.05])[:3]) == colours[s["emotion"]]


def test_frames_without_a_face_and_untrusted_ones_are_striped(page, document, colours):
    lane = [tuple(page.evaluate(PIXEL, [1, 0.2 + n / 200, 0.5])) for n in range(40)]
    assert len(set(lane)) > 1 and not {p[:3] for p in lane} & set(colours.values())  # stripes, and no emotion
    [stretch] = document["tracks"][1]["untrusted"]
    middle = (stretch["start_s"] + stretch["end_s"]) / 2
    assert len({tuple(page.evaluate(PIXEL, [1, middle + n / 200, 0.5])) for n in range(40)}) > 1
    page.locator(".lane-plot .u-over").nth(1).hover(
        position={"x": page.locator(".lane-plot").nth(1).bounding_box()["width"] * middle / 6, "y": 10}
    )
    assert "not trusted: blurred" in page.locator("#tip").inner_text()


def test_a_click_seeks_the_video(page):
    wait_until(page, "document.querySelector('video').readyState >= 1")
    width = page.locator(".lane-plot").first.bounding_box()["width"]
    for seconds in (3.3, 1.1):
        page.locator(".lane-plot .u-over").first.click(position={"x": width * seconds / 6, "y": 12})
        wait_until(page, "!document.querySelector('video').seeking")
        assert page.evaluate("document.querySelector('video').currentTime") == pytest.approx(
            seconds, abs=0.04
        )
        assert page.locator("#clock").inner_text().startswith(f"0:0{seconds:.1f}"[:6])
        head = page.locator("#playhead").bounding_box()
        assert head["x"] == pytest.approx(
            page.locator(".lane-plot").first.bounding_box()["x"] + width * seconds / 6, abs=3
        )


def test_what_is_on_show_follows_the_clock(page, document):
    page.locator("#segments .rows .row", has_text="surprise").click()
    page.wait_for_timeout(100)
    assert "surprise" in page.locator("#now").inner_text()
    page.keyboard.press("0")
    bars = dict(
        zip(
            page.locator("#now .bars dt").all_inner_texts(),
            page.locator("#now .bars output").all_inner_texts(),
            strict=True,
        )
    )
    assert bars["surprise"] == "90 %" and bars["neutral"] == "2 %" and bars["intensity"] == "98 %"


def test_table_matches_the_json_and_sorts(page, document):
    segments = [s for track in document["tracks"] for s in track["segments"]]
    assert [r[2] for r in rows(page)] == [s["emotion"] for s in sorted(segments, key=lambda s: s["start_s"])]
    head = page.locator("#segments .head .cell", has_text="Lasts")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    longest = sorted(segments, key=lambda s: s["start_s"] - s["end_s"])
    assert [r[2] for r in rows(page)][:2] == [s["emotion"] for s in longest][:2]
    head.locator("button").click()
    assert [r[2] for r in rows(page)][-1] == longest[0]["emotion"]


def test_filters_narrow_the_table_and_leave_a_low_strip_in_the_lanes(page, document, colours):
    total = len(rows(page))
    happy = next(s for s in document["tracks"][0]["segments"] if s["emotion"] == "happiness")
    middle = (happy["start_s"] + happy["end_s"]) / 2
    page.locator("#filters [data-emotion]", has_text="happiness").click()
    page.wait_for_timeout(150)
    assert "happiness" not in {r[2] for r in rows(page)} and len(rows(page)) == total - 1
    assert tuple(page.evaluate(PIXEL, [0, middle, 0.05])[:3]) != colours["happiness"]
    assert tuple(page.evaluate(PIXEL, [0, middle, 0.95])[:3]) == colours["happiness"]
    page.locator("#reset").click()
    page.locator("#who").select_option(label="face 1")
    assert {r[1] for r in rows(page)} == {"face 1"}
    page.locator("#reset").click()
    page.locator("#duration").fill("1.5")
    assert len(rows(page)) == sum(
        s["end_s"] - s["start_s"] >= 1.5 for t in document["tracks"] for s in t["segments"]
    )
    page.locator("#confidence").fill("99")
    assert page.locator("#nothing").inner_text() == "No segment passes the filters."


def test_keys(page):
    wait_until(page, "document.querySelector('video').readyState >= 1")
    time = lambda: page.locator("#clock").inner_text().split(" /")[0]  # noqa: E731
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    assert time() == "0:01.00"
    page.keyboard.press(".")
    assert time() == "0:01.04"
    page.keyboard.press("n")
    assert time() == "0:01.20" and page.locator("#announce").inner_text().startswith("face 0, happiness")
    page.keyboard.press("p")
    assert time() == "0:00.00"
    page.keyboard.press("+")
    page.wait_for_timeout(100)
    assert page.locator("#range").inner_text() != "0:00.00 – 0:06.00"
    page.keyboard.press("0")
    page.wait_for_timeout(100)
    assert page.locator("#range").inner_text() == "0:00.00 – 0:06.00"
    page.keyboard.press(" ")
    wait_until(page, "!document.querySelector('video').paused")
    page.keyboard.press(" ")
    wait_until(page, "document.querySelector('video').paused")
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    page.locator("#segments .pane").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert time() == "0:01.00" and page.locator("#segments .row[aria-selected=true]").count() == 1


def test_everything_that_can_be_used_can_be_reached_and_has_a_name(page):
    names = page.evaluate(
        "[...document.querySelectorAll('button, select, input, [tabindex]')].filter(e => e.offsetParent)"
        ".map(e => e.ariaLabel || e.innerText || e.title || e.labels?.[0]?.innerText || e.alt || '')"
    )
    assert names and all(name.strip() for name in names)


def test_dragging_zooms_and_curves_follow(page):
    box = page.locator(".lane-plot").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 10, steps=4)
    page.mouse.up()
    page.wait_for_timeout(150)
    start, end = (float(t.split(":")[1]) for t in page.locator("#range").inner_text().split(" – "))
    assert (start, end) == (pytest.approx(1.5, abs=0.05), pytest.approx(3.0, abs=0.05))
    page.locator("#probabilities .u-over").hover(position={"x": box["width"] / 2, "y": 40})
    tip = page.locator("#tip").inner_text()
    assert tip.startswith("face 0 · 0:02.2") and re.search(r"happiness\s+90 %", tip)
    assert page.locator("#clock").inner_text().startswith("0:00.00")  # a drag is no click


def test_a_hostile_name_stays_text(page, run):
    assert page.locator("h1").inner_text() == HOSTILE
    assert page.title() == f"{HOSTILE} · seqfer"
    assert page.locator("img[src=x]").count() == 0
    assert page.evaluate("document.querySelector('video').readyState >= 0")
    policy = page.locator("meta[http-equiv]").get_attribute("content")
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "http" not in policy


def test_colours_follow_the_system_and_the_button(run, open_page):
    page = open_page(run / "report" / "hostile.html", color_scheme="dark")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    dark = page.evaluate(paper)
    assert sum(map(int, re.findall(r"\d+", dark)[:3])) < 120
    page.locator("#theme").click()
    assert sum(map(int, re.findall(r"\d+", page.evaluate(paper))[:3])) > 600


def test_paper_has_lanes_curves_and_table(page, tmp_path):
    page.pdf(path=tmp_path / "page.pdf", format="A4", print_background=True)
    assert (tmp_path / "page.pdf").stat().st_size > 20_000
    assert not page.evaluate("document.documentElement.classList.contains('paper')")


def test_a_video_that_has_moved_is_told_in_words(run, open_page, tmp_path):
    out = tmp_path / "moved"
    shutil.copytree(run, out)  # the relative link now leads nowhere
    page = open_page(out / "report" / "hostile.html", forgiven="ERR_FILE_NOT_FOUND")
    page.locator("#lost").wait_for()
    assert "has moved" in page.locator("#lost").inner_text()
    film = run.parent / "videos" / HOSTILE
    page.locator("#pick").set_input_files(film)
    page.locator("video").wait_for()
    page.locator("#segments .rows .row", has_text="sadness").click()
    wait_until(page, "document.querySelector('video').currentTime > 2.7")


def test_a_video_without_a_face(run, open_page):
    page = open_page(run / "report" / "empty.html")
    assert "No face was found" in page.locator("#lanes").inner_text()
    assert "There is no segment" in page.locator("#nothing").inner_text()


def test_uncertain_segments_have_a_lane_and_no_curve(tmp_path, open_page):
    path = make_video(tmp_path, "a", [[("neutral", 1.0), ("happiness", 1.0)]])
    path.write_text(path.read_text().replace('"emotion": "neutral"', '"emotion": "uncertain"'))
    assert report_run(tmp_path, quiet=True) == 0
    page = open_page(tmp_path / "report" / "a.html")
    assert [r[2] for r in rows(page)] == ["uncertain", "happiness"]
    assert page.locator("#now .bars dt").all_inner_texts()[-2:] == ["neutral", "intensity"]
    page.locator("#probabilities .u-over").hover(position={"x": 50, "y": 40})
    assert re.search(r"neutral\s+90 %", page.locator("#tip").inner_text())


def test_ten_thousand_segments_of_one_frame(tmp_path, open_page):
    path = make_video(tmp_path, "flicker", [[("neutral", 400.0)]])
    made = json.loads(path.read_text())
    [segment] = made["tracks"][0]["segments"]
    names = made["vocabulary"]
    made["tracks"][0]["segments"] = [
        segment
        | {
            "start_s": n / 25,
            "end_s": (n + 1) / 25,
            "start_frame": n,
            "end_frame": n + 1,
            "emotion": names[n % 7],
        }
        for n in range(10_000)
    ]
    path.write_text(json.dumps(made))
    assert report_run(tmp_path, quiet=True) == 0
    assert (tmp_path / "report" / "flicker.html").stat().st_size < 5e6
    page = open_page(tmp_path / "report" / "flicker.html")
    assert page.locator("#shown").inner_text() == "10,000 segments"
    assert page.evaluate("document.querySelectorAll('*').length") < 2000
    page.locator("#segments .pane").focus()
    page.keyboard.press("End")
    assert "6:39.96" in page.locator("#segments .rows .row").last.inner_text()
