"""``<video>.json``: source, model, and per track the segments and transitions.

Its form is fixed by ``timeline.schema.json`` beside this module.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..decoding import Judgement
from ..errors import StoreError
from ..files import atomic_text
from ..timeline import FramePredictions, Segment, Timeline
from ..timelines import Timelines
from .common import VideoReport, fraction, seconds

FORMAT = "seqfer.timeline"
VERSION = 2  # 2: trusted, num_trusted, untrusted, person_id
SCHEMA_PATH = Path(__file__).with_name("timeline.schema.json")


def write(path: Path, report: VideoReport) -> None:
    """Write the document."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "key": report.key,
        "video": report.video_id,
        "source": dict(report.source),
        "model": {k: report.model[k] for k in sorted(report.model)},
        "vocabulary": list(report.model["vocabulary"]),
        "tracks": [
            _track(timeline, track, judgement, report)
            for timeline, track, judgement in zip(
                report.timelines, report.predictions, report.judgements, strict=True
            )
        ],
    }
    with atomic_text(path) as file:
        json.dump(document, file, ensure_ascii=False, indent=1)
        file.write("\n")


def _track(
    timeline: Timeline, track: FramePredictions, judgement: Judgement, report: VideoReport
) -> dict[str, Any]:
    return {
        "track_id": timeline.track_id,
        "num_frames": len(track),
        "num_trusted": int(judgement.trusted.sum()),
        "segments": [
            {
                "start_s": seconds(s.start_seconds),
                "end_s": seconds(s.end_seconds),
                "start_frame": s.start_frame,
                "end_frame": s.end_frame,
                "emotion": s.emotion,
                "confidence": fraction(s.confidence),
                "intensity": fraction(s.intensity),
                "onset_s": seconds(s.onset_seconds),
                "apex_s": seconds(s.apex_seconds),
                "offset_s": seconds(s.offset_seconds),
                "trusted": fraction(s.trusted),
            }
            for s in timeline.segments
        ],
        "untrusted": list(_untrusted(track, judgement, report.frame_pts_seconds)),
        "transitions": [
            {
                "time_s": seconds(t.time_seconds),
                "duration_s": seconds(t.duration_seconds),
                "from": t.source,
                "to": t.target,
                "confidence": fraction(t.confidence),
            }
            for t in timeline.transitions()
        ],
        "person_id": report.persons.get(timeline.track_id),
    }


def _untrusted(
    track: FramePredictions, judgement: Judgement, frame_pts_seconds: NDArray[np.float64]
) -> Iterator[dict[str, Any]]:
    """Stretches of frames that were not good enough, with what they failed on."""
    rows = np.flatnonzero(~judgement.trusted)
    if not len(rows):
        return
    steps = np.diff(frame_pts_seconds)
    last_step = float(np.median(steps)) if len(steps) else 0.0
    ends = np.append(frame_pts_seconds[1:], frame_pts_seconds[-1] + last_step)
    frames = track.frame_indices[rows]
    for stretch in np.split(rows, np.flatnonzero(np.diff(frames) > 1) + 1):
        first, last = int(stretch[0]), int(stretch[-1])
        yield {
            "start_s": seconds(track.pts_seconds[first]),
            "end_s": seconds(ends[track.frame_indices[last]]),
            "start_frame": int(track.frame_indices[first]),
            "end_frame": int(track.frame_indices[last]) + 1,
            "reasons": list(judgement.reasons(first, last + 1)),
        }


def read_document(path: Path) -> dict[str, Any]:
    """The document as it stands.

    Raises:
        StoreError: absent, not JSON, or of another format or version.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StoreError(path, "no such file") from error
    except (OSError, ValueError) as error:
        raise StoreError(path, f"not a readable JSON file ({error})") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise StoreError(path, f"not a {FORMAT} file")
    if document.get("version") != VERSION:
        raise StoreError(path, f"{FORMAT} version {document.get('version')}; this seqfer reads {VERSION}")
    return document


def read_timelines(path: Path | str) -> Timelines:
    """The timelines of a document, or of all documents in a run's folder.

    Raises:
        StoreError: see :func:`read_document`; segments that make no sense; a folder without a document.
    """
    path = Path(path)
    if not path.is_dir():
        return parse_timelines(path, read_document(path))
    found = documents_below(path)
    return Timelines(timeline for place in found for timeline in parse_timelines(place, read_document(place)))


def documents_below(folder: Path) -> list[Path]:
    """Where the documents of a run's folder are, in order; other JSON is passed over.

    Raises:
        StoreError: there are none.
    """
    found = [path for path in sorted(folder.rglob("*.json")) if FORMAT in _head(path)]
    if not found:
        raise StoreError(folder, "no timelines here; seqfer run or seqfer export makes them")
    return found


def _head(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(100)
    except OSError:
        return ""


def parse_timelines(path: Path, document: dict[str, Any]) -> Timelines:
    """The timelines of a document that :func:`read_document` read from ``path``.

    Raises:
        StoreError: its segments make no sense.
    """
    try:
        return Timelines(
            Timeline(
                video_id=document["video"],
                track_id=track["track_id"],
                person_id=track["person_id"],
                segments=tuple(_segment(s) for s in track["segments"]),
            )
            for track in document["tracks"]
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(path, f"damaged timeline: {error}") from error


def _segment(s: dict[str, Any]) -> Segment:
    return Segment(
        start_seconds=s["start_s"],
        end_seconds=s["end_s"],
        start_frame=s["start_frame"],
        end_frame=s["end_frame"],
        emotion=s["emotion"],
        confidence=s["confidence"],
        intensity=s["intensity"],
        onset_seconds=s["onset_s"],
        apex_seconds=s["apex_s"],
        offset_seconds=s["offset_s"],
        trusted=s["trusted"],
    )
