"""What was found in a clip: by extraction, and by the detector on every full frame."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqfer.extraction import ExtractionConfig, extract_video
from seqfer.faces.align import five_points
from seqfer.faces.centerface import CenterFace
from seqfer.store import open_store
from seqfer.video import read_frames

_MIN_SCORE = 0.5  # of a per-frame detection


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """Boxes with identities: one row per face and frame, in order of frames.

    Attributes:
        frames, ids: int64 (N,); all -1 where there are no identities.
        boxes_xyxy: float64 (N, 4), pixels.
        landmarks_xy: float64 (N, 5, 2), pixels.
        interpolated: bool (N,).
        shots: int64 (frames of the video,).
        seconds: that the extraction took.
    """

    frames: NDArray[np.int64]
    ids: NDArray[np.int64]
    boxes_xyxy: NDArray[np.float64]
    landmarks_xy: NDArray[np.float64]
    interpolated: NDArray[np.bool_]
    shots: NDArray[np.int64]
    seconds: float = 0.0


def extract(path: Path, config: ExtractionConfig | None = None) -> Found:
    """The tracks that ``extract_video`` stores."""
    with tempfile.TemporaryDirectory() as folder:
        store_path = Path(folder) / "tracks.h5"
        began = time.perf_counter()
        extract_video(path, store_path, video_id=path.stem, config=config)
        seconds = time.perf_counter() - began
        with open_store(store_path) as store:
            tracks = store.tracks
            rows = [
                (
                    t.frame_indices,
                    np.full(len(t), t.track_id),
                    t.boxes_xyxy,
                    five_points(t.landmarks_xy),
                    t.interpolated,
                )
                for t in tracks
            ]
            shots = store.frame_shots.astype(np.int64)
    none = (
        np.zeros(0, np.int64),
        np.zeros(0, np.int64),
        np.zeros((0, 4)),
        np.zeros((0, 5, 2)),
        np.zeros(0, bool),
    )
    columns = [np.concatenate(column) for column in zip(none, *rows, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    frames, ids, boxes, points, interpolated = (column[order] for column in columns)
    return Found(
        frames=frames,
        ids=ids,
        boxes_xyxy=boxes.astype(np.float64),
        landmarks_xy=points.astype(np.float64),
        interpolated=interpolated,
        shots=shots,
        seconds=seconds,
    )


def detect_every_frame(path: Path, kept: Path) -> Found:
    """The default detector on every frame at full size; ``kept`` is the file that saves doing it again."""
    if not kept.exists():
        detector = CenterFace(min_score=_MIN_SCORE)
        frames, boxes, points, count = [], [], [], 0
        for frame in read_frames(path):
            found = detector.detect(frame.rgb())
            frames += [frame.frame_index] * len(found)
            boxes.append(found.boxes_xyxy)
            points.append(found.landmarks_xy)
            count += 1
        with kept.open("wb") as file:
            np.savez(
                file, frames=frames, boxes=np.concatenate(boxes), points=np.concatenate(points), count=count
            )
    with np.load(kept) as file:
        frames = file["frames"].astype(np.int64)
        return Found(
            frames=frames,
            ids=np.full(len(frames), -1),
            boxes_xyxy=file["boxes"].astype(np.float64),
            landmarks_xy=file["points"].astype(np.float64),
            interpolated=np.zeros(len(frames), bool),
            shots=np.zeros(int(file["count"]), np.int64),
        )
