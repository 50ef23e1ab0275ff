"""Several timelines together: what :func:`seqfer.analyze` gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .display import segment_table, timelines_html
from .timeline import Timeline

if TYPE_CHECKING:
    import pandas as pd


class Timelines(tuple[Timeline, ...]):
    """A tuple of timelines that shows itself in a notebook and becomes a table.

    >>> Timelines([Timeline(video_id="v", track_id=0)]).to_pandas().columns[0]
    'video'
    """

    __slots__ = ()

    def crop(self, start_seconds: float, end_seconds: float) -> Timelines:
        """What is on show from one moment to another; see :meth:`Timeline.crop`."""
        return Timelines(t.crop(start_seconds, end_seconds) for t in self)

    def lasting(self, seconds: float) -> Timelines:
        """Only segments at least so long."""
        return Timelines(t.lasting(seconds) for t in self)

    def merged(self, max_gap_seconds: float = 0.0) -> Timelines:
        """Neighbours of one emotion as one segment; see :meth:`Timeline.merged`."""
        return Timelines(t.merged(max_gap_seconds) for t in self)

    def of_person(self, person_id: str) -> Timelines:
        """Those of one person."""
        return Timelines(t for t in self if t.person_id == person_id)

    def to_pandas(self) -> pd.DataFrame:
        """A row for each segment; marks that neutral does not have are missing."""
        return segment_table(self)

    def _repr_html_(self) -> str:
        return timelines_html(self)
