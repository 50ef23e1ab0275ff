"""``<video>.transitions.csv``: one row for each emotion that turned into another with the face in view."""

from __future__ import annotations

import csv
from pathlib import Path

from ..files import atomic_text
from .common import VideoReport, fraction, seconds

COLUMNS = (
    "video", "track_id", "person_id", "from", "to", "time_s", "start_s", "duration_s", "confidence"
)  # fmt: skip


def write(path: Path, report: VideoReport) -> None:
    """Write the table."""
    with atomic_text(path) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for timeline in report.timelines:
            person = report.persons.get(timeline.track_id, "")
            for t in timeline.transitions():
                table.writerow(
                    (
                        report.video_id,
                        timeline.track_id,
                        person,
                        t.source,
                        t.target,
                        seconds(t.time_seconds),
                        seconds(t.start_seconds),
                        seconds(t.duration_seconds),
                        fraction(t.confidence),
                    )
                )
