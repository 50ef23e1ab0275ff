"""``<video>.json``: source, model, and per track the segments and transitions.

Its form is fixed by ``timeline.schema.json`` beside this module.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import StoreError
from ..timeline import Segment, Timeline
from .common import VideoReport, atomic_text, fraction, seconds

FORMAT = "seqfer.timeline"
VERSION = 1
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
            _track(t, len(p), report.persons.get(t.track_id))
            for t, p in zip(report.timelines, report.predictions, strict=True)
        ],
    }
    with atomic_text(path) as file:
        json.dump(document, file, ensure_ascii=False, indent=1)
        file.write("\n")


def _track(timeline: Timeline, num_frames: int, person_id: str | None) -> dict[str, Any]:
    return {
        "track_id": timeline.track_id,
        "num_frames": num_frames,
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
            }
            for s in timeline.segments
        ],
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
        "person_id": person_id,
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


def read_timelines(path: Path) -> tuple[Timeline, ...]:
    """The timelines of a document.

    Raises:
        StoreError: see :func:`read_document`; or its segments make no sense.
    """
    document = read_document(path)
    try:
        return tuple(
            Timeline(
                video_id=document["video"],
                track_id=track["track_id"],
                segments=tuple(_segment(s) for s in track["segments"]),
            )
            for track in document["tracks"]
        )
    except (KeyError, TypeError, ValueError) as error:
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
    )
