"""What ``seqfer inspect --json`` tells scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from seqfer.errors import StoreError
from seqfer.export.timeline_json import read_document
from seqfer.jobs import read_summary
from seqfer.store import open_store, read_predictions


def facts(path: Path, *, only_failed: bool) -> dict[str, Any]:
    """What is in a run's folder, a timeline, a track store or predictions.

    Raises:
        SeqferError: it is none of these, or not readable.
    """
    if path.is_dir():
        rows = read_summary(path)
        return {"videos": [row for row in rows if not only_failed or row.get("status") == "failed"]}
    if path.suffix == ".json":
        return read_document(path)
    try:
        with open_store(path) as store:
            return {
                "video": store.video_id,
                "source": store.source,
                "tracks": [
                    {
                        "track_id": track.track_id,
                        "num_frames": len(track),
                        "start_s": float(track.pts_seconds[0]),
                        "end_s": float(track.pts_seconds[-1]),
                        "interpolated": float(track.interpolated.mean()),
                        "num_gaps": int((np.diff(track.frame_indices) > 1).sum()),
                        "mean_score": float(track.scores.mean()),
                        "eye_distance_pixels": float(np.median(track.quality.eye_distance_pixels)),
                        "sharpness": float(np.median(track.quality.sharpness)),
                    }
                    for track in store.tracks
                ],
            }
    except StoreError as error:
        if "seqfer.predictions" not in error.reason:
            raise
    found = read_predictions(path)
    return {
        "video": found.video_id,
        "model": dict(found.model),
        "tracks": [
            {
                "track_id": track.track_id,
                "num_frames": len(track),
                "mean_probabilities": dict(
                    zip(track.vocabulary, track.emotion_probs.mean(axis=0).tolist(), strict=True)
                ),
            }
            for track in found.tracks
        ],
    }
