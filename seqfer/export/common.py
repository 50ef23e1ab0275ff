"""What every format is given, and how every format's file comes to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..decoding import Judgement
from ..files import atomic_path
from ..timeline import FramePredictions, Timeline


@dataclass(frozen=True, kw_only=True, eq=False)
class VideoReport:
    """All there is to tell of one video.

    Attributes:
        video_id: its name within the run.
        key: digest of all that the outputs depend on (:mod:`seqfer.keys`).
        source: what the track store says of the video.
        model: what the predictions say of the model; ``vocabulary`` among it.
        frame_pts_seconds: float64 (N,), times of all frames, with or without a face.
        predictions, judgements, timelines: one each a face track, in the same order.
        persons: whom a track shows, by the track's number, where that is known.
    """

    video_id: str
    key: str
    source: Mapping[str, Any]
    model: Mapping[str, Any]
    frame_pts_seconds: NDArray[np.float64]
    predictions: tuple[FramePredictions, ...]
    judgements: tuple[Judgement, ...]
    timelines: tuple[Timeline, ...]
    persons: Mapping[int, str] = field(default_factory=dict)


def seconds(value: float | None) -> float | None:
    """To the microsecond, which is finer than any container's clock that matters, without binary noise."""
    return None if value is None else round(float(value), 6)


def fraction(value: float) -> float:
    """A probability or intensity to four digits."""
    return round(float(value), 4)


@contextmanager
def atomic_text(path: Path) -> Iterator[IO[str]]:
    """A UTF-8 text file that appears under ``path`` only when complete.

    Raises:
        InputError: it cannot be written.
    """
    with atomic_path(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        yield file
