"""Twenty clips of one's own conditions (dark, lit from one side, subtle), measured on strangers."""

from __future__ import annotations

import json

import cv2
import measure_own_conditions
import numpy as np
from london_sequences import CODES, Person

from seqfer.data import write_labels
from seqfer.faces.align import similarity_to_template
from seqfer.faces.centerface import CenterFace
from seqfer.faces.rows import TrackRows
from seqfer.models import read_metadata
from seqfer.store import create_store

RATE, SIDE, PEOPLE = 12.5, 112, 15


def write_study(folder, london):
    """Stores and labels of strangers to the bundled model, each showing every emotion under the shift."""
    cv2.setNumThreads(1)
    detector = CenterFace(min_score=0.5)
    rows = []
    for name in read_metadata("bundled")["training"]["london"]["held_out"][:PEOPLE]:
        person = Person(detector, *(london / f"{name}_{look}.jpg" for look in ("neutral", "smiling")))
        warp = similarity_to_template(person.points, SIDE)
        for take, emotion in enumerate(CODES):
            frames = person.sequence(emotion, np.random.default_rng([int(name), take]), own=True, every=2)
            crops = np.stack([cv2.warpAffine(frame, warp, (SIDE, SIDE)) for frame in frames])
            video, pts = f"{name}_{take}", np.arange(len(crops)) / RATE
            write_store(folder / "tracks" / f"{video}.h5", video, pts, crops, person.points)
            row = {"video": video, "start_s": pts[-1], "end_s": pts[-1], "emotion": emotion}
            rows.append(row | {"phase": "apex", "intensity": 1, "subject": name})
    write_labels(folder / "labels.csv", rows)


def write_store(path, video, pts, crops, points):
    count = len(pts)
    rows = TrackRows.build(
        track_id=0, frame_indices=np.arange(count), pts_seconds=pts, boxes_xyxy=np.ones((count, 4)),
        landmarks_xy=np.tile(points, (count, 1, 1)), scores=np.ones(count),
        interpolated=np.zeros(count, bool), crops=crops, frame_size=(360, 360),
    )  # fmt: skip
    with create_store(path, video_id=video, key="k", config={}, software={}, crop_codec="raw") as writer:
        for time in pts:
            writer.add_frame(float(time), 0)
        writer.add_rows(rows)


def test_the_recipe_gains_over_the_bundled_model_and_over_nothing(shared, tmp_path):
    write_study(tmp_path / "study", shared / "data" / "london")
    options = ["--draws=1", "--epochs=5", f"--rate={RATE}", f"--work={tmp_path / 'work'}"]
    measure_own_conditions.main([str(tmp_path / "study"), f"--out={tmp_path / 'own'}", *options])
    found = json.loads((tmp_path / "own.json").read_text())
    war = {way: scores["war"]["value"] for way, scores in found.items()}
    assert war["the recipe"] > war["the bundled model"] + 0.05
    assert war["the recipe"] > war["from nothing"] + 0.05
