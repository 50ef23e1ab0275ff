"""``<video>.vtt`` and ``<video>.srt``: what each face shows as subtitles, for any player.

Faces in view at the same time have cues that overlap; players show them one above the other.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from webvtt import Caption, WebVTT
from webvtt.models import Timestamp

from ..files import atomic_text
from .common import VideoReport, milliseconds, plain_text


def write_vtt(path: Path, report: VideoReport) -> None:
    """Write WebVTT: the face is the cue's voice, so that a style sheet can tell them apart."""
    with atomic_text(path) as file:
        _captions(report, voices=True).write(file, format="vtt")


def write_srt(path: Path, report: VideoReport) -> None:
    """Write SubRip."""
    with atomic_text(path) as file:
        _captions(report, voices=False).write(file, format="srt")


def _captions(report: VideoReport, *, voices: bool) -> WebVTT:
    cues = []
    for timeline in report.timelines:
        lane = report.lane(timeline.track_id)
        for s in timeline:
            emotion = plain_text(s.emotion)
            text = f"<v {escape(lane)}>{escape(emotion, quote=False)}" if voices else f"{lane}: {emotion}"
            start = milliseconds(s.start_seconds)
            cues.append((start, max(start + 1, milliseconds(s.end_seconds)), text))
    cues.sort(key=lambda cue: cue[:2])
    return WebVTT(captions=[Caption(_time(start), _time(end), text) for start, end, text in cues])


def _time(value: int) -> str:
    rest, thousandths = divmod(value, 1000)
    return str(Timestamp(rest // 3600, rest // 60 % 60, rest % 60, thousandths))
