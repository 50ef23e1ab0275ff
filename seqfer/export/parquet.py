"""``<video>.frames.parquet``: the frame table (:mod:`.frame_table`) with its types, for pandas, R, DuckDB."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from ..errors import InputError
from ..files import atomic_path
from .common import VideoReport
from .frame_table import frame_table


def write(path: Path, report: VideoReport) -> None:
    """Write the table.

    Raises:
        InputError: pyarrow is not installed.
    """
    if find_spec("pyarrow") is None:
        raise InputError(path, "Parquet needs pyarrow: pip install 'seqfer[parquet]'")
    with atomic_path(path) as partial:
        frame_table(report).to_parquet(partial, engine="pyarrow", index=False)
