"""``<video>.rttm``: one line a segment, as in NIST's Rich Transcription Time Marked files.

Ten fields, with blanks between: ``SPEAKER <video> <track> <start> <duration> <NA> <NA> <emotion>
<confidence> <NA>``. The third field, a channel in speech, is the face track; the name is the emotion.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..files import atomic_text
from .common import VideoReport, fraction, plain_text


def write(path: Path, report: VideoReport) -> None:
    """Write the file; blanks in names become underscores, since blanks part the fields."""
    with atomic_text(path) as file:
        for timeline in report.timelines:
            for s in timeline:
                file.write(
                    f"SPEAKER {_word(report.video_id)} {timeline.track_id} {s.start_seconds:.6f} "
                    f"{s.duration_seconds:.6f} <NA> <NA> {_word(s.emotion)} {fraction(s.confidence)} <NA>\n"
                )


def _word(text: str) -> str:
    return re.sub(r"\s+", "_", plain_text(text)) or "_"
