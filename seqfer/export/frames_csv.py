"""``<video>.frames.csv``: the frame table (:mod:`.frame_table`) as text."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..files import atomic_text
from .common import VideoReport
from .frame_table import frame_table


def write(path: Path, report: VideoReport) -> None:
    """Write the table. Columns ``p_<emotion>`` follow the model's vocabulary."""
    table = frame_table(report)
    # Ten million numbers in a film of two hours: those of four digits are looked up, not formatted.
    words = np.array([repr(n / 10_000) for n in range(10_001)] + [""], object)
    for name in table.columns:
        if name == "intensity" or name.startswith("p_"):
            values = table[name].to_numpy()
            codes = np.where(np.isnan(values), 10_001, np.rint(np.nan_to_num(values) * 10_000))
            table[name] = words[codes.astype(np.int64)]
    table["pts_s"] = [repr(t) for t in table["pts_s"].tolist()]
    table["trusted"] = table["trusted"].astype("Int64")
    with atomic_text(path) as file:
        table.to_csv(file, index=False, lineterminator="\n")
