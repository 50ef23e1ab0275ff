"""A run to report, and a real browser to open its pages in."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from clips import moving_square, write_clip
from made import HOSTILE, make_video

from seqfer.colours import colours_of
from seqfer.labels import Vocabulary

OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium; skips where there is none."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("needs Chromium (apt-get install chromium), which is not here")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser):
    """Open a page and wait until all is drawn; it may neither complain nor ask for anything from outside."""
    complaints, asked, contexts = [], [], []

    def call(path: Path, *, forgiven: str = "nothing", **options):
        context = browser.new_context(viewport={"width": 1300, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda told: forgiven in told.text or complaints.append(told.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.resolve().as_uri())
        page.wait_for_selector("html[data-ready]", timeout=20_000)
        return page

    yield call
    for context in contexts:
        context.close()
    assert not complaints
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]


@pytest.fixture(scope="session")
def run(tmp_path_factory) -> Path:
    """A run of one video of two faces under a hostile name, an empty one, and one that failed; reported."""
    from seqfer.pipelines.report import report_run

    folder = tmp_path_factory.mktemp("report")
    out, videos = folder / "out", folder / "videos"
    videos.mkdir()
    film = write_clip(videos / HOSTILE, moving_square(150), rate=25, gop=5)
    first = [("neutral", 1.2), ("happiness", 1.6), ("sadness", 1.2), ("neutral", 2.0)]
    second = [(None, 1.0), ("surprise", 1.4), ("blurred", 1.2), ("anger", 1.0), (None, 1.4)]
    make_video(out, "hostile", [first, second], source=HOSTILE)
    make_video(out, "empty", [])
    with (out / "summary.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["video", "status", "notes", "error", "path"])
        table.writerow(["hostile", "ok", "", "", film])
        table.writerow(["empty", "ok", "", "", videos / "empty.mp4"])
        table.writerow(["broken", "failed", "", "broken.mp4: is not a readable video <b>", "broken.mp4"])
    assert report_run(out, quiet=True) == 0
    return out


@pytest.fixture(scope="session")
def document(run) -> dict:
    """The JSON that the page must agree with."""
    return json.loads((run / "hostile.json").read_text())


@pytest.fixture(scope="session")
def colours() -> dict[str, tuple[int, ...]]:
    """RGB by emotion."""
    return {name: tuple(bytes.fromhex(colour[1:])) for name, colour in colours_of(Vocabulary()).items()}
