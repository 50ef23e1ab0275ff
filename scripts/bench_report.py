"""What export, report and the pages cost: two hours with three people, and a run of a thousand videos.

    python scripts/bench_report.py [--folder FOLDER]

Made-up probabilities (states of 0.5 to 12 s that fade into one another, with noise in every frame) and real
stores, through ``seqfer export`` and ``seqfer report`` as processes of their own. Pages are opened from disk
by Debian's Chromium; first paint is the browser's own ``first-contentful-paint``, *ready* is when every lane
and curve is drawn. The smallest of three.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import sync_playwright

from seqfer.faces.align import TEMPLATE
from seqfer.faces.quality import QUALITY_COLUMNS
from seqfer.faces.rows import TrackRows
from seqfer.labels import EMOTIONS, PHASES, Vocabulary
from seqfer.store import create_store, write_predictions
from seqfer.timeline import FramePredictions

BROWSER_OPTIONS = [
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
FPS = 24.0
_GOOD = dict.fromkeys(QUALITY_COLUMNS, 0.0) | {
    "sharpness": 0.4,
    "brightness": 0.5,
    "contrast": 0.2,
    "eye_distance_pixels": 60,
    "in_picture": 1,
}


def make_video(out: Path, name: str, *, seconds: float, people: int, seed: int, side: int = 48) -> None:
    """A track store and predictions under ``out``, as extraction and prediction would leave them."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * FPS)) / FPS
    crops = rng.integers(60, 180, (64, side, side, 3), np.uint8)
    with create_store(
        out / "tracks" / f"{name}.h5", video_id=name, key=name, config={}, software={}
    ) as writer:
        for pts in times:
            writer.add_frame(float(pts), 0)
        for person in range(people):
            for at in range(0, len(times), 4096):
                writer.add_rows(_rows(person, np.arange(at, min(at + 4096, len(times))), times, crops))
        writer.source = {
            "name": f"{name}.mp4",
            "fingerprint": name,
            "kind": "container",
            "num_frames": len(times),
            "duration_seconds": seconds,
            "average_fps": FPS,
            "width": 1920,
            "height": 1080,
            "notes": [],
        }
    write_predictions(
        out / "predictions" / f"{name}.h5",
        (make_predictions(times, seed=1000 * seed + person, track_id=person) for person in range(people)),
        video_id=name,
        key=f"{name}-predictions",
        tracks_key=name,
        model={"name": "made up", "fingerprint": "0" * 64, "vocabulary": list(EMOTIONS)},
    )


def _rows(person: int, frames: NDArray, times: NDArray, crops: NDArray) -> TrackRows:
    count = len(frames)
    quality = np.tile(np.array([_GOOD[name] for name in QUALITY_COLUMNS], np.float32), (count, 1))
    return TrackRows(
        track_id=person,
        frame_indices=frames,
        pts_seconds=times[frames],
        boxes_xyxy=np.tile(np.float32([100, 100, 300, 300]) + 400 * person, (count, 1)),
        landmarks_xy=np.tile(np.float32(200 * TEMPLATE), (count, 1, 1)),
        scores=np.ones(count, np.float32),
        interpolated=np.zeros(count, bool),
        crops=crops[frames % len(crops)],
        quality=quality,
    )


def make_predictions(times: NDArray[np.float64], *, seed: int, track_id: int = 0) -> FramePredictions:
    """Probabilities of states that fade into one another, with noise in every frame."""
    rng = np.random.default_rng(seed)
    count, kinds = len(times), len(EMOTIONS)
    logits = np.zeros((count, kinds))
    at = 0
    while at < count:
        length = max(1, round(rng.uniform(0.5, 12) * FPS))
        logits[at : at + length, rng.integers(kinds)] = rng.uniform(2, 5)
        at += length
    fade = np.hanning(13) / np.hanning(13).sum()
    logits = np.stack([np.convolve(column, fade, "same") for column in logits.T], axis=1)
    probs = np.exp(logits + rng.normal(0, 0.15, logits.shape))
    probs /= probs.sum(axis=1, keepdims=True)
    phases = np.full((count, len(PHASES)), 0.25, np.float32)
    return FramePredictions(
        track_id=track_id,
        frame_indices=np.arange(count),
        pts_seconds=times,
        emotion_probs=probs.astype(np.float32),
        phase_probs=phases,
        intensity=(1 - probs[:, -1]).astype(np.float32),
        vocabulary=Vocabulary(EMOTIONS),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, help="where to work, and keep what is made; a temporary one if not given"
    )
    parser.add_argument("--videos", type=int, default=1000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.folder or Path(scratch)
        film, many = folder / "film", folder / "many"
        if not (film / "tracks").exists():
            make_video(film, "film", seconds=7200, people=3, seed=1)
        if not (many / "tracks").exists():
            for n in range(args.videos):
                make_video(many, f"day{n % 10}/clip{n:04d}", seconds=4 + n % 9, people=1 + n % 3, seed=n)
        for name, out in (("two hours, three people", film), (f"{args.videos} videos", many)):
            shutil.rmtree(out / "report", ignore_errors=True)
            for old in out.rglob("*.json"):
                old.unlink()
            for verb in ("export", "report"):
                wall, cpu = _verb(verb, out)
                print(f"{name}: {verb} {wall:.1f} s, of which processors were busy for {cpu:.1f} s")
        page = film / "report" / "film.html"
        print(f"page of the film: {page.stat().st_size / 1e6:.2f} MB")
        print(f"index of {args.videos}: {(many / 'report.html').stat().st_size / 1e6:.2f} MB")
        for name, path in (("page of the film", page), (f"index of {args.videos}", many / "report.html")):
            paint, ready = _open(path)
            print(f"{name}: first paint {paint:.0f} ms, ready {ready:.0f} ms")


def _verb(verb: str, out: Path) -> tuple[float, float]:
    """Seconds on the clock, and seconds of processor time, of a verb with one worker."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    extra = ("--cluster.workers", "1") if verb == "export" else ()
    subprocess.run([sys.executable, "-m", "seqfer.pipelines", verb, out, "--quiet", *extra], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, busy


def _open(path: Path) -> tuple[float, float]:
    """First paint and the end of all drawing, ms after navigation began."""
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=BROWSER_OPTIONS)
        for _ in range(3):
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            page.goto(path.resolve().as_uri())
            page.wait_for_selector("html[data-ready]", timeout=60_000)
            page.wait_for_timeout(300)
            found.append(
                page.evaluate(
                    "[performance.getEntriesByName('first-contentful-paint')[0].startTime,"
                    " Number(document.documentElement.dataset.ready)]"
                )
            )
            page.close()
        browser.close()
    return tuple(np.min(found, axis=0))


if __name__ == "__main__":
    main()
