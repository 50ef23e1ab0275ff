"""``<video>.synchrony.csv``: how far two faces in view move together, a row for each pair and window."""

from __future__ import annotations

import csv
import math
from itertools import combinations
from pathlib import Path

from ..errors import InputError
from ..files import atomic_text
from ..measures import synchrony
from .common import VideoReport, fraction, seconds

COLUMNS = (
    "video", "track_id", "person_id", "with_track_id", "with_person_id",
    "start_s", "end_s", "r", "peak_r", "lag_s", "chance_r",
)  # fmt: skip


def write(path: Path, report: VideoReport) -> None:
    """Write the table.

    Raises:
        InputError: the model does not tell what the curve needs.
    """
    tracks = [(p, j.trusted) for p, j in zip(report.predictions, report.judgements, strict=True)]
    with atomic_text(path) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for (first, one), (second, other) in combinations(tracks, 2):
            try:
                windows = synchrony(first, second, report.synchrony, trusted=(one, other))
            except ValueError as error:
                raise InputError(path, str(error)) from error
            for w in windows.itertuples(index=False):
                table.writerow(
                    (
                        report.video_id,
                        first.track_id,
                        report.persons.get(first.track_id, ""),
                        second.track_id,
                        report.persons.get(second.track_id, ""),
                        seconds(w.start_s),
                        seconds(w.end_s),
                        _figure(w.r),
                        _figure(w.peak_r),
                        "" if math.isnan(w.lag_s) else seconds(w.lag_s),
                        _figure(w.chance_r),
                    )
                )


def _figure(value: float) -> float | str:
    return "" if math.isnan(value) else fraction(value)
