"""Small face tracks with known expressions: a bright top is neutral, a bright bottom is happiness."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqfer.faces.align import TEMPLATE
from seqfer.faces.rows import TrackRows
from seqfer.store import create_store

TINY_ENCODER = {"widths": [8, 8, 16], "depths": [1, 1], "input_size": 24}
CHANGE_SECONDS = 1.0


def crops_at(pts: NDArray[np.float64], side: int = 32, seed: int = 0) -> NDArray[np.uint8]:
    """Crops uint8 (T, side, side, 3): neutral before ``CHANGE_SECONDS``, happiness after, some noise."""
    rng = np.random.default_rng(seed)
    smiles = np.clip((np.asarray(pts) - CHANGE_SECONDS) / 0.2 + 0.5, 0, 1)[:, None, None, None]
    top = (np.arange(side) < side // 2)[None, :, None, None]
    level = 60 + 120 * np.where(top, 1 - smiles, smiles)
    return np.clip(level + rng.normal(0, 8, (len(pts), side, side, 3)), 0, 255).astype(np.uint8)


class FakeTrack:
    """A track in memory, as ``predict_track`` takes it."""

    def __init__(self, pts: NDArray[np.float64], crops: NDArray[np.uint8] | None = None) -> None:
        self.track_id = 0
        self.pts_seconds = np.asarray(pts, np.float64)
        self.frame_indices = np.arange(len(pts))
        self._crops = crops_at(self.pts_seconds) if crops is None else crops
        self.encoded = 0

    def __len__(self) -> int:
        return len(self.pts_seconds)

    def crops(self, start: int, stop: int) -> NDArray[np.uint8]:
        self.encoded += stop - start
        return self._crops[start:stop]


def write_store(path: Path, video_id: str, *, seconds: float = 2.0, fps: float = 10.0, seed: int = 0) -> Path:
    """A store with one such track, by the real writer."""
    pts = np.arange(round(seconds * fps)) / fps
    t = len(pts)
    with create_store(path, video_id=video_id, key="k", config={}, software={}, crop_codec="raw") as writer:
        for time in pts:
            writer.add_frame(float(time), 0)
        rows = TrackRows.build(
            track_id=0, frame_indices=np.arange(t), pts_seconds=pts, boxes_xyxy=np.ones((t, 4)),
            landmarks_xy=np.tile(100 * TEMPLATE, (t, 1, 1)), scores=np.ones(t),
            interpolated=np.zeros(t, bool), crops=crops_at(pts, seed=seed), frame_size=(100, 100),
        )  # fmt: skip
        writer.add_rows(rows)
    return path


def write_data(folder: Path, people: int = 3) -> tuple[Path, Path]:
    """Stores of ``people`` videos and their label table."""
    lines = ["video,start_s,end_s,emotion,phase,intensity,subject"]
    for person in range(people):
        write_store(folder / "stores" / f"v{person}.h5", f"v{person}", seed=person)
        lines += [
            f"v{person}.mp4,0,1,neutral,neutral,0,p{person}",
            f"v{person}.mp4,1,2,happy,apex,1,p{person}",
        ]
    table = folder / "labels.csv"
    table.write_text("\n".join(lines) + "\n")
    return folder / "stores", table
