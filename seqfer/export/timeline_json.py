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
from ..timeline import FramePredictions, Segment, Timeline
from .common import VideoReport, atomic_text, fraction, seconds

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
                person_id=track["person_id"],
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
        trusted=s["trusted"],
    )
