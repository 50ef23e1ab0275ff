"""``<video>.TextGrid``: an interval tier per face track, for Praat."""

from __future__ import annotations

from pathlib import Path

from praatio.data_classes.interval_tier import IntervalTier
from praatio.data_classes.textgrid import Textgrid

from ..files import atomic_path
from .common import VideoReport, plain_text, seconds


def write(path: Path, report: VideoReport) -> None:
    """Write the file; where there is no segment, the interval is empty, as Praat wants it."""
    ends = [s.end_seconds for t in report.timelines for s in t]
    length = seconds(max([report.source["duration_seconds"], *ends]))
    grid = Textgrid(0, length)
    for timeline in report.timelines:
        entries = [
            (seconds(s.start_seconds), seconds(s.end_seconds), plain_text(s.emotion)) for s in timeline
        ]
        grid.addTier(IntervalTier(report.lane(timeline.track_id), entries, 0, length))
    with atomic_path(path) as partial:
        grid.save(str(partial), format="long_textgrid", includeBlankSpaces=True, minimumIntervalLength=None)
