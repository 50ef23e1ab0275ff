"""Label tables: a CSV file that says who shows what, when.

Columns (others are ignored)::

    video       id of the video, or its file name
    track       number of the face track; blank or absent: every track of the video
    start_s     seconds; blank, with end_s blank too: the label holds for the clip as a whole
    end_s       seconds, exclusive; the same as start_s: a single moment (an apex frame, say)
    emotion     a name of the vocabulary
    phase       optional: neutral, onset, apex or offset
    intensity   optional: 0 to 1
    subject     optional: who it is; no subject is ever both trained on and validated on
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import LabelError
from ..labels import PHASES, Vocabulary

REQUIRED = ("video", "start_s", "end_s", "emotion")


@dataclass(frozen=True, kw_only=True)
class Label:
    """One row of a label table.

    Attributes:
        line: in the file, for messages.
        video: as the table names it.
        track_id: None for every track of the video.
        start_seconds, end_seconds: half-open; both None for a whole clip; equal for a moment.
        emotion: column of the vocabulary.
        phase: column of :data:`seqfer.labels.PHASES`, or None.
        intensity: 0 to 1, or None.
        subject: None where the table names none.
    """

    line: int
    video: str
    track_id: int | None
    start_seconds: float | None
    end_seconds: float | None
    emotion: int
    phase: int | None = None
    intensity: float | None = None
    subject: str | None = None

    @property
    def whole_clip(self) -> bool:
        return self.start_seconds is None


def read_labels(path: Path | str, vocabulary: Vocabulary) -> tuple[Label, ...]:
    """The rows of a label table.

    Raises:
        LabelError: absent, a column missing, emotions that the vocabulary does not have (all are named),
            a value that cannot be understood, or two emotions for one face at one time.
    """
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
            if missing:
                raise LabelError(path, f"columns are missing: {', '.join(missing)}")
            rows = [(reader.line_num, {k: (v or "").strip() for k, v in row.items() if k}) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelError(path, f"cannot be read ({getattr(error, 'strerror', None) or error})") from error
    _check_emotions(path, [row["emotion"] for _, row in rows], vocabulary)
    labels = []
    for line, row in rows:
        try:
            labels.append(_parse(line, row, vocabulary))
        except ValueError as error:
            raise LabelError(path, f"line {line}: {error}") from error
    if not labels:
        raise LabelError(path, "no labels in it")
    _check_overlaps(path, labels)
    return tuple(labels)


def _check_emotions(path: Path, emotions: Iterable[str], vocabulary: Vocabulary) -> None:
    unknown = []
    for name in sorted(set(emotions)):
        try:
            vocabulary.index(name)
        except ValueError:
            unknown.append(name or "(blank)")
    if unknown:
        raise LabelError(
            path, f"unknown emotions: {', '.join(unknown)}; the vocabulary is {', '.join(vocabulary)}"
        )


def _parse(line: int, row: dict[str, str], vocabulary: Vocabulary) -> Label:
    start, end = (_number(row, name) for name in ("start_s", "end_s"))
    if (start is None) != (end is None):
        raise ValueError("start_s and end_s are both given or both blank")
    if start is not None and end is not None and end < start:
        raise ValueError(f"end_s {end:g} is before start_s {start:g}")
    intensity = _number(row, "intensity")
    if intensity is not None and not 0 <= intensity <= 1:
        raise ValueError(f"intensity {intensity:g} is not within 0 and 1")
    phase = row.get("phase", "").lower()
    if phase and phase not in PHASES:
        raise ValueError(f"phase {phase!r} is none of {', '.join(PHASES)}")
    track = row.get("track", "")
    if track and not track.isdecimal():
        raise ValueError(f"track {track!r} is not a number")
    if not row["video"]:
        raise ValueError("video is blank")
    return Label(
        line=line,
        video=row["video"],
        track_id=int(track) if track else None,
        start_seconds=start,
        end_seconds=end,
        emotion=vocabulary.index(row["emotion"]),
        phase=PHASES.index(phase) if phase else None,
        intensity=intensity,
        subject=row.get("subject") or None,
    )


def _number(row: dict[str, str], name: str) -> float | None:
    text = row.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name} {text!r} is not a number")
    return value


def _check_overlaps(path: Path, labels: Iterable[Label]) -> None:
    """Labels without a track hold for every track, so they are held against each track's own."""
    faces: dict[str, dict[int | None, list[Label]]] = {}
    for label in labels:
        if not label.whole_clip:
            faces.setdefault(label.video, {}).setdefault(label.track_id, []).append(label)
    for by_track in faces.values():
        for track_id, own in by_track.items():
            rows = own if track_id is None else own + by_track.get(None, [])
            latest, latest_end = rows[0], float("-inf")
            for start, end, row in sorted(map(_span, rows), key=lambda x: (x[0], x[2].line)):
                if start < latest_end and row.emotion != latest.emotion:
                    first, second = sorted((latest.line, row.line))
                    raise LabelError(path, f"lines {first} and {second} give one face two emotions at a time")
                if end > latest_end:
                    latest, latest_end = row, end


def _span(label: Label) -> tuple[float, float, Label]:
    assert label.start_seconds is not None and label.end_seconds is not None
    return label.start_seconds, label.end_seconds, label
