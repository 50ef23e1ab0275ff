"""``<video>.segments.csv``: one row a segment, all tracks of a video. End times and frames are exclusive."""

from __future__ import annotations

import csv
from pathlib import Path

from ..files import atomic_text
from .common import VideoReport, fraction, seconds

COLUMNS = (
    "video",
    "track_id",
    "segment",
    "start_s",
    "end_s",
    "start_frame",
    "end_frame",
    "emotion",
    "confidence",
    "intensity",
    "onset_s",
    "apex_s",
    "offset_s",
    "prev_emotion",
    "next_emotion",
    "trusted",
    "person_id",
)


def write(path: Path, report: VideoReport) -> None:
    """Write the table; a video without a face gives the header alone."""
    with atomic_text(path) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for timeline in report.timelines:
            segments = timeline.segments
            for n, s in enumerate(segments):
                before = segments[n - 1] if n and segments[n - 1].end_frame == s.start_frame else None
                after = segments[n + 1] if n + 1 < len(segments) else None
                if after is not None and after.start_frame != s.end_frame:
                    after = None  # the face was out of sight, or not to be judged, in between
                table.writerow(
                    (
                        report.video_id,
                        timeline.track_id,
                        n,
                        seconds(s.start_seconds),
                        seconds(s.end_seconds),
                        s.start_frame,
                        s.end_frame,
                        s.emotion,
                        fraction(s.confidence),
                        fraction(s.intensity),
                        seconds(s.onset_seconds),
                        seconds(s.apex_seconds),
                        seconds(s.offset_seconds),
                        before.emotion if before else "",
                        after.emotion if after else "",
                        fraction(s.trusted),
                        report.persons.get(timeline.track_id, ""),
                    )
                )
