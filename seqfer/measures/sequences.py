"""Which emotion follows which, and how long each lasts (Bakeman & Quera 2011, Cambridge University Press,
"Sequential Analysis and Observational Methods for the Behavioral Sciences", chapters 8 and 9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..timeline import Timeline

if TYPE_CHECKING:
    import pandas as pd

#: Of :func:`dwell_times`.
DWELL_COLUMNS = (
    "count", "total_s", "mean_s", "median_s", "share", "per_minute", "mean_intensity", "rise_s", "fall_s"
)  # fmt: skip


def transition_matrix(timelines: Iterable[Timeline], names: Sequence[str]) -> pd.DataFrame:
    """How often each emotion turned into each other one, with the face in view throughout.

    Args:
        timelines: of one face or many; nothing is counted from one to the next.
        names: emotions, in the order of rows and columns. Others are not counted.

    Returns:
        Counts (K, K) int64: rows from, columns to. Nothing turns into itself, so the diagonal is 0.
        ``matrix.div(matrix.sum(axis=1), axis=0)`` are the transitional probabilities.
    """
    import pandas as pd  # slow to import, and seldom wanted

    place = {name: n for n, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), np.int64)
    for timeline in timelines:
        for t in timeline.transitions():
            if t.source in place and t.target in place:
                counts[place[t.source], place[t.target]] += 1
    return pd.DataFrame(counts, pd.Index(names, name="from"), pd.Index(names, name="to"))


def dwell_times(timelines: Iterable[Timeline], names: Sequence[str]) -> pd.DataFrame:
    """How often, how long and how strongly each emotion shows.

    Returns:
        A row for each name: ``count`` of segments; ``total_s, mean_s, median_s`` of their durations;
        ``share`` of the time for which there is any segment; ``per_minute`` of that time, how many;
        ``mean_intensity`` of the segments' highest; ``rise_s`` and ``fall_s``, means from onset to apex and
        from apex to offset.
        Missing (NaN) where there is nothing to take a mean of.
    """
    import pandas as pd  # slow to import, and seldom wanted

    segments = [s for timeline in timelines for s in timeline]
    told = sum(s.duration_seconds for s in segments)
    rows = []
    for name in names:
        own = [s for s in segments if s.emotion == name]
        lasting = np.array([s.duration_seconds for s in own])
        marks = [
            (s.onset_seconds, s.apex_seconds, s.offset_seconds)
            for s in own
            if s.onset_seconds is not None and s.apex_seconds is not None and s.offset_seconds is not None
        ]
        rows.append(
            {
                "emotion": name,
                "count": len(own),
                "total_s": float(lasting.sum()),
                "mean_s": _mean(lasting),
                "median_s": float(np.median(lasting)) if len(own) else np.nan,
                "share": float(lasting.sum()) / told if told else np.nan,
                "per_minute": 60 * len(own) / told if told else np.nan,
                "mean_intensity": _mean([s.intensity for s in own]),
                "rise_s": _mean([apex - onset for onset, apex, _ in marks]),
                "fall_s": _mean([offset - apex for _, apex, offset in marks]),
            }
        )
    return pd.DataFrame(rows, columns=["emotion", *DWELL_COLUMNS]).set_index("emotion")


def _mean(values: Sequence[float] | np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
