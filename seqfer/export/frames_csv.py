"""``<video>.frames.csv``: one row per frame and track, and one for each frame without a face.

So the rows always line up with the video: every frame of it is there, in order.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ..labels import PHASES
from .common import VideoReport, atomic_text, fraction, seconds


def write(path: Path, report: VideoReport) -> None:
    """Write the table. Columns ``p_<emotion>`` follow the model's vocabulary."""
    names = list(report.model["vocabulary"])
    with atomic_text(path) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(
            ["frame", "pts_s", "track_id", "emotion", "phase", "intensity"]
            + [f"p_{n}" for n in names]
            + ["trusted", "reason", "person_id"]
        )
        empty = [""] * (7 + len(names))
        next_rows = [0] * len(report.predictions)
        for frame, pts in enumerate(report.frame_pts_seconds):
            seen = False
            for t, (track, judgement, timeline) in enumerate(
                zip(report.predictions, report.judgements, report.timelines, strict=True)
            ):
                row = next_rows[t]
                if row >= len(track) or track.frame_indices[row] != frame:
                    continue
                next_rows[t] += 1
                seen = True
                segment = timeline.at(track.pts_seconds[row])
                reasons = judgement.reasons(row, row + 1)
                table.writerow(
                    [
                        frame,
                        seconds(pts),
                        track.track_id,
                        segment.emotion if segment else "",
                        PHASES[int(np.argmax(track.phase_probs[row]))],
                        fraction(track.intensity[row]),
                        *map(fraction, track.emotion_probs[row]),
                        int(not reasons),
                        "+".join(reasons),
                        report.persons.get(track.track_id, ""),
                    ]
                )
            if not seen:
                table.writerow([frame, seconds(pts), *empty])
