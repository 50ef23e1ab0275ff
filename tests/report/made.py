"""A run's folder with known timelines: real stores, predictions and exports of made-up faces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seqfer.faces.align import TEMPLATE
from seqfer.faces.quality import QUALITY_COLUMNS
from seqfer.faces.rows import TrackRows
from seqfer.jobs import Job, RunConfig
from seqfer.labels import EMOTIONS, PHASES, Vocabulary
from seqfer.stages import process
from seqfer.store import create_store, write_predictions
from seqfer.timeline import FramePredictions

FPS = 25
HOSTILE = "<img src=x onerror=alert(1)>.mp4"
_GOOD = dict(sharpness=0.4, brightness=0.5, contrast=0.2, eye_distance_pixels=40, in_picture=1.0)
State = tuple[str | None, float]  # an emotion, or nobody in view, or "blurred"; and for how long, seconds


def make_video(out: Path, name: str, faces: Sequence[Sequence[State]], *, source: str | None = None) -> Path:
    """Export a video whose faces show one state after another; the path of its JSON."""
    length = max((sum(seconds for _, seconds in states) for states in faces), default=2.0)
    times = np.arange(round(length * FPS)) / FPS
    found = []
    with create_store(
        out / "tracks" / f"{name}.h5", video_id=name, key=name, config={}, software={}
    ) as writer:
        for pts in times:
            writer.add_frame(float(pts), 0)
        for track_id, states in enumerate(faces):
            shown = np.array([s for state, seconds in states for s in [state] * round(seconds * FPS)], object)
            frames = np.flatnonzero(shown != None)  # noqa: E711
            writer.add_rows(_rows(track_id, frames, times, shown[frames] == "blurred"))
            found.append(predictions(track_id, frames, times, shown[frames]))
        writer.source = {
            "name": source or f"{name}.mp4",
            "fingerprint": "0" * 64,
            "kind": "container",
            "num_frames": len(times),
            "duration_seconds": length,
            "average_fps": float(FPS),
            "width": 160,
            "height": 120,
            "notes": [],
        }
    write_predictions(
        out / "predictions" / f"{name}.h5", found, video_id=name, key="p", tracks_key=name,
        model={"name": "made up", "fingerprint": "0" * 64, "vocabulary": list(EMOTIONS)},
    )  # fmt: skip
    outcome = process(Job(video_id=name, path=None, out=out, stages=("export",), config=RunConfig()))
    assert outcome.status == "ok", outcome.error
    return out / f"{name}.json"


def _rows(track_id, frames, times, blurred) -> TrackRows:
    count = len(frames)
    quality = np.tile(np.float32([_GOOD.get(column, 0.0) for column in QUALITY_COLUMNS]), (count, 1))
    quality[blurred, QUALITY_COLUMNS.index("sharpness")] = 0.01
    crops = np.random.default_rng(track_id).integers(0, 255, (count, 32, 32, 3), np.uint8)
    return TrackRows(
        track_id=track_id, frame_indices=frames, pts_seconds=times[frames],
        boxes_xyxy=np.tile(np.float32([20 + 60 * track_id, 30, 60 + 60 * track_id, 80]), (count, 1)),
        landmarks_xy=np.tile(np.float32(40 * TEMPLATE), (count, 1, 1)), scores=np.ones(count, np.float32),
        interpolated=np.zeros(count, bool), quality=quality, crops=crops,
    )  # fmt: skip


def predictions(track_id: int, frames, times, shown) -> FramePredictions:
    """Nine in ten for what is shown (neutral where that cannot be seen)."""
    probs = np.full((len(frames), len(EMOTIONS)), 0.1 / (len(EMOTIONS) - 1), np.float32)
    columns = [EMOTIONS.index(state) if state in EMOTIONS else EMOTIONS.index("neutral") for state in shown]
    probs[np.arange(len(frames)), columns] = 0.9
    return FramePredictions(
        track_id=track_id, frame_indices=frames, pts_seconds=times[frames], emotion_probs=probs,
        phase_probs=np.full((len(frames), len(PHASES)), 0.25, np.float32),
        intensity=1 - probs[:, -1], vocabulary=Vocabulary(EMOTIONS),
    )  # fmt: skip
