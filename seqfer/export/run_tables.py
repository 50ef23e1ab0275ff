"""``transition_matrix.csv`` and ``dwell_times.csv``: what is counted over a run, for each person and for all.

A person is whoever ``seqfer persons`` found: in all videos of the run, or in one; where it was not asked,
each face track stands for itself. Definitions: docs/measures.md.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..files import atomic_text
from ..measures import DWELL_COLUMNS, dwell_times, transition_matrix
from ..timeline import Timeline
from .common import fraction, seconds
from .config import ExportConfig

if TYPE_CHECKING:
    import pandas as pd

MATRIX, DWELL = "transition_matrix.csv", "dwell_times.csv"
_WHO = ("scope", "video", "person_id", "track_id")
_SECONDS = ("total_s", "mean_s", "median_s", "rise_s", "fall_s")

_Who = tuple[str, str, str, int | str]


def write_run_tables(
    folder: Path, timelines: Iterable[Timeline], names: Sequence[str], config: ExportConfig, *, across: bool
) -> None:
    """Write both tables into a run's folder.

    Args:
        timelines: of all videos.
        names: the vocabulary; emotions that are not in it come after.
        config: which faces and segments count.
        across: persons are the same in all videos, not only within one.

    Raises:
        InputError: they cannot be written.
    """
    kept = [
        t.lasting(config.min_duration_seconds) for t in timelines if config.wants(t.track_id, t.person_id)
    ]
    groups: dict[_Who, list[Timeline]] = {}
    for timeline in kept:
        groups.setdefault(_who(timeline, across), []).append(timeline)
    told: list[tuple[_Who, list[Timeline]]] = [*groups.items(), (("run", "", "", ""), kept)]
    order = [*dict.fromkeys([*names, *sorted({s.emotion for t in kept for s in t})])]
    with atomic_text(folder / MATRIX) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow((*_WHO, "from", "to", "count", "probability"))
        for who, own in told:
            table.writerows((*who, *row) for row in _cells(transition_matrix(own, order)))
    with atomic_text(folder / DWELL) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow((*_WHO, "emotion", *DWELL_COLUMNS))
        for who, own in told:
            for row in dwell_times(own, order).reset_index().to_dict("records"):
                table.writerow((*who, *(_figure(name, value) for name, value in row.items())))


def _who(timeline: Timeline, across: bool) -> _Who:
    if timeline.person_id is None:
        return "face", timeline.video_id, "", timeline.track_id
    return "person", "" if across else timeline.video_id, timeline.person_id, ""


def _cells(matrix: pd.DataFrame) -> Iterable[tuple[str, str, int, float | str]]:
    """Every pair of different emotions; no probability where the first was never left."""
    for source, row in zip(matrix.index, matrix.to_numpy().tolist(), strict=True):
        total = sum(row)
        for target, count in zip(matrix.columns, row, strict=True):
            if source != target:
                yield source, target, count, fraction(count / total) if total else ""


def _figure(name: str, value: object) -> object:
    if not isinstance(value, float):
        return value
    if math.isnan(value):
        return ""
    return seconds(value) if name in _SECONDS else fraction(value)
