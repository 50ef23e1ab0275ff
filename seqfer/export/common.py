"""What every format is given, and how every format's file comes to be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..decoding import Judgement
from ..measures import SynchronyConfig
from ..timeline import FramePredictions, Timeline
from .config import ExportConfig

_BREAKS = re.compile(r"[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, kw_only=True, eq=False)
class VideoReport:
    """All there is to tell of one video.

    Attributes:
        video_id: its name within the run.
        key: digest of all that the outputs depend on (:mod:`seqfer.keys`).
        source: what the track store says of the video; ``link`` among it, where that is known, is the video
            as seen from the folder of the outputs, with slashes.
        model: what the predictions say of the model; ``vocabulary`` among it.
        frame_pts_seconds: float64 (N,), times of all frames, with or without a face.
        predictions, judgements, timelines: one each a face track, in the same order.
        persons: whom a track shows, by the track's number, where that is known.
        synchrony: how that of two faces is measured.
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
    synchrony: SynchronyConfig = field(default_factory=SynchronyConfig)

    def lane(self, track_id: int) -> str:
        """What to call a track where people look: ``face 3``; ``p001 face 3`` where it is known who it is."""
        person = self.persons.get(track_id)
        return f"{plain_text(person)} face {track_id}" if person else f"face {track_id}"

    def selected(self, config: ExportConfig) -> VideoReport:
        """The report with only those tracks and segments that are wanted."""
        kept = [
            n
            for n, timeline in enumerate(self.timelines)
            if config.wants(timeline.track_id, self.persons.get(timeline.track_id))
        ]
        return replace(
            self,
            synchrony=config.synchrony,
            predictions=tuple(self.predictions[n] for n in kept),
            judgements=tuple(self.judgements[n] for n in kept),
            timelines=tuple(self.timelines[n].lasting(config.min_duration_seconds) for n in kept),
        )


def seconds(value: float | None) -> float | None:
    """To the microsecond, which is finer than any container's clock that matters, without binary noise."""
    return None if value is None else round(float(value), 6)


def fraction(value: float) -> float:
    """A probability or intensity to four digits."""
    return round(float(value), 4)


def milliseconds(value: float) -> int:
    """For formats that count them."""
    return round(value * 1000)


def plain_text(text: str) -> str:
    """``text`` on one line, without what XML and subtitles cannot hold (control characters)."""
    return xml_text(_BREAKS.sub(" ", text))


def xml_text(text: str) -> str:
    """``text`` without the characters that XML 1.0 cannot hold, escaped or not."""
    return _NOT_XML.sub("\ufffd", text)
