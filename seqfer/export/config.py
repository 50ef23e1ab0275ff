"""What to export."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from ..measures import SynchronyConfig

FormatName = Literal[
    "csv", "json", "frames", "parquet", "transitions", "synchrony", "eaf", "textgrid", "vtt", "srt", "rttm"
]
FORMAT_NAMES: tuple[FormatName, ...] = get_args(FormatName)


@dataclass(frozen=True, kw_only=True)
class ExportConfig:
    """What to write beside the JSON, which is always written and always tells all.

    Attributes:
        to: names of formats.
        min_duration_seconds: leave out segments that are shorter; where they were, nothing is said.
        persons: leave out all but these: a ``person_id``, or the number of a face track. All where empty.
        synchrony: how the format of this name measures it.

    Raises:
        ValueError: a format that is none, or a duration that is negative or not a number.
    """

    to: tuple[FormatName, ...] = ("csv",)
    min_duration_seconds: float = 0.0
    persons: tuple[str, ...] = ()
    synchrony: SynchronyConfig = field(default_factory=SynchronyConfig)

    def __post_init__(self) -> None:
        unknown = [name for name in self.to if name not in FORMAT_NAMES]
        if unknown:
            raise ValueError(f"unknown formats: {', '.join(unknown)}; there are {', '.join(FORMAT_NAMES)}")
        if not math.isfinite(self.min_duration_seconds) or self.min_duration_seconds < 0:
            raise ValueError(
                f"the shortest duration is a number of seconds from 0, got {self.min_duration_seconds}"
            )

    def wants(self, track_id: int, person_id: str | None) -> bool:
        """Whether a face track is to be told of."""
        return not self.persons or str(track_id) in self.persons or person_id in self.persons
