"""How long it takes to export the timelines of a film of two hours with three faces, format by format.

    python scripts/bench_export.py [--hours 2] [--faces 3]

The probabilities are made up (seeded): emotions that come and go. First writing by itself
is measured, with decoding beside it (process CPU time and wall time, seconds, the best of three); then the
whole command, `seqfer export`, from stores on the disk: starting up, reading, judging, decoding, writing.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from seqfer.decoding import REASONS, Judgement, decode
from seqfer.export import FORMATS, ExportConfig, VideoReport, write_outputs
from seqfer.faces.align import TEMPLATE
from seqfer.faces.rows import TrackRows
from seqfer.labels import EMOTIONS, PHASES, Vocabulary
from seqfer.store import create_store, open_store, write_predictions
from seqfer.timeline import FramePredictions

FPS = 25
CROP = np.random.default_rng(0).integers(60, 200, (1, 8, 8, 3)).astype(np.uint8)


def made_up(track_id: int, num_frames: int) -> FramePredictions:
    """A face in view for all but a minute in ten, with a change of emotion every three seconds or so."""
    rng = np.random.default_rng(track_id)
    frames = np.arange(num_frames)
    frames = frames[frames % (600 * FPS) >= 60 * FPS]
    changes = np.cumsum(rng.random(len(frames)) < 1 / (3 * FPS))
    label = rng.integers(0, len(EMOTIONS), changes[-1] + 1)[changes]
    logits = rng.normal(0, 0.7, (len(frames), len(EMOTIONS)))
    logits[np.arange(len(frames)), label] += 3
    probs = np.exp(logits)
    return FramePredictions(
        track_id=track_id,
        frame_indices=frames,
        pts_seconds=frames / FPS,
        emotion_probs=(probs / probs.sum(axis=1, keepdims=True)).astype(np.float32),
        phase_probs=rng.dirichlet(np.ones(len(PHASES)), len(frames)).astype(np.float32),
        intensity=np.clip(0.5 + 0.3 * np.sin(frames / 40) + rng.normal(0, 0.05, len(frames)), 0, 1).astype(
            "f4"
        ),
        vocabulary=Vocabulary(),
    )


def write_stores(folder: Path, report: VideoReport) -> None:
    """Tracks and predictions as ``seqfer predict`` leaves them; the pictures are small."""
    path = folder / "tracks" / "film.h5"
    with create_store(path, video_id="film", key="k", config={}, software={}, crop_codec="raw") as writer:
        writer.source = dict(report.source)
        for time_seconds in report.frame_pts_seconds:
            writer.add_frame(float(time_seconds), 0)
        for track in report.predictions:
            count = len(track)
            writer.add_rows(
                TrackRows.build(
                    track_id=track.track_id,
                    frame_indices=track.frame_indices,
                    pts_seconds=track.pts_seconds,
                    boxes_xyxy=np.ones((count, 4)),
                    landmarks_xy=np.tile(100 * TEMPLATE, (count, 1, 1)),
                    scores=np.ones(count),
                    interpolated=np.zeros(count, np.bool_),
                    crops=np.tile(CROP, (count, 1, 1, 1)),
                    frame_size=(200, 200),
                )
            )
    with open_store(path) as store:
        tracks_key = store.key
    write_predictions(
        folder / "predictions" / "film.h5",
        report.predictions,
        video_id="film",
        key="k",
        tracks_key=tracks_key,
        model=dict(report.model),
    )


def best(work: Callable[[], object], repeats: int = 3) -> tuple[float, float]:
    """CPU and wall seconds of the quickest of some repeats."""
    times = []
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        times.append((time.process_time() - cpu, time.perf_counter() - wall))
    return min(times)


def main() -> None:
    """Print a line for each format, and for all of them together."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--faces", type=int, default=3)
    args = parser.parse_args()
    count = round(args.hours * 3600 * FPS)
    tracks = tuple(made_up(n, count) for n in range(args.faces))
    started = time.process_time()
    timelines = tuple(decode(track, video_id="film") for track in tracks)
    decoding = time.process_time() - started
    report = VideoReport(
        video_id="film",
        key="0" * 64,
        source={
            "name": "film.mp4",
            "fingerprint": "f",
            "num_frames": count,
            "duration_seconds": count / FPS,
            "notes": [],
            "link": "film.mp4",
        },
        model={"name": "made up", "fingerprint": "f", "vocabulary": list(EMOTIONS)},
        frame_pts_seconds=np.arange(count) / FPS,
        predictions=tracks,
        judgements=tuple(Judgement(failed=np.zeros((len(t), len(REASONS)), np.bool_)) for t in tracks),
        timelines=timelines,
    )
    print(
        f"{count} frames, {len(tracks)} faces, {sum(map(len, timelines))} segments; "
        f"decoding {decoding:.2f} s CPU"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, format in FORMATS.items():
            path = Path(folder) / f"film{format.suffix}"
            cpu, wall = best(lambda f=format, p=path: f.write(p, report))
            print(f"{name:12} {cpu:6.2f} s CPU {wall:6.2f} s wall {path.stat().st_size / 1e6:8.2f} MB")
        everything = ExportConfig(to=tuple(FORMATS))
        cpu, wall = best(lambda: write_outputs(Path(folder), report, everything), 1)
        print(f"{'all':12} {cpu:6.2f} s CPU {wall:6.2f} s wall")
    with tempfile.TemporaryDirectory() as folder:
        write_stores(Path(folder), report)
        for formats in ("csv", ",".join(FORMATS)):
            command = [sys.executable, "-m", "seqfer.pipelines", "export", folder, "--to", formats, "--quiet"]
            before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run([*command, "--cluster.workers=1"], check=True)
            wall = time.perf_counter() - started
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"seqfer export --to {formats}: {cpu:.2f} s CPU, {wall:.2f} s wall")


if __name__ == "__main__":
    main()
