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
    split       optional: train, valid or test, where the data set comes divided

Emotions of :data:`seqfer.labels.KNOWN_EMOTIONS` that the vocabulary lacks are left out; names that nobody
knows are an error, unless a mapping says what they mean.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import LabelError
from ..files import atomic_text
from ..labels import KNOWN_EMOTIONS, PHASES, Vocabulary, common_name

REQUIRED = ("video", "start_s", "end_s", "emotion")
COLUMNS = ("video", "track", "start_s", "end_s", "emotion", "phase", "intensity", "subject", "split")
SPLITS = ("train", "valid", "test")
#: What emotions of a table are called in the vocabulary; None (or "") leaves their rows out.
EmotionMap = Mapping[str, str | None]


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
        split: one of :data:`SPLITS`, or None.
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
    split: str | None = None

    @property
    def whole_clip(self) -> bool:
        return self.start_seconds is None


def read_labels(
    path: Path | str,
    vocabulary: Vocabulary,
    *,
    mapping: EmotionMap | None = None,
    left_out: Counter[str] | None = None,
) -> tuple[Label, ...]:
    """The rows of a label table that are of the vocabulary.

    Args:
        path: CSV file.
        vocabulary: names of the emotions.
        mapping: what emotions of the table are called in the vocabulary.
        left_out: rows left out are counted here, by emotion.

    Raises:
        LabelError: absent, a column missing, emotions that nobody knows (all are named), a value that cannot
            be understood, two emotions for one face at one time, or no row left.
    """
    path = Path(path)
    rows = read_rows(path)
    columns = _columns(path, sorted({row["emotion"] for _, row in rows}), vocabulary, mapping or {})
    labels = []
    for line, row in rows:
        column = columns[row["emotion"]]
        try:
            label = _parse(line, row, -1 if column is None else column)
        except ValueError as error:
            raise LabelError(path, f"line {line}: {error}") from error
        if column is not None:
            labels.append(label)
        elif left_out is not None:
            left_out[row["emotion"]] += 1
    if not labels:
        names = ", ".join(sorted({row["emotion"] for _, row in rows}))
        raise LabelError(
            path, f"no labels of the vocabulary in it, but {names}" if rows else "no labels in it"
        )
    _check_overlaps(path, labels)
    return tuple(labels)


def read_rows(path: Path, required: Sequence[str] = REQUIRED) -> list[tuple[int, dict[str, str]]]:
    """Line and cells of every row of a CSV file with a header.

    Raises:
        LabelError: absent, not such a file, or without one of the columns ``required``.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in required if name not in (reader.fieldnames or ())]
            if missing:
                raise LabelError(path, f"columns are missing: {', '.join(missing)}")
            return [(reader.line_num, {k: (v or "").strip() for k, v in row.items() if k}) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelError(path, f"cannot be read ({getattr(error, 'strerror', None) or error})") from error


def write_labels(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write a label table: each row by names of :data:`COLUMNS`, what is absent or None is blank.

    Raises:
        LabelError: it cannot be written.
    """
    with atomic_text(path, LabelError, errors="replace") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(
            {k: f"{v:.6f}".rstrip("0").rstrip(".") if isinstance(v, float) else v for k, v in row.items()}
            for row in rows
        )


def _columns(
    path: Path, emotions: Sequence[str], vocabulary: Vocabulary, mapping: EmotionMap
) -> dict[str, int | None]:
    """Column of each emotion of a table; None for those to leave out."""
    mapping = {common_name(name): target for name, target in mapping.items()}
    columns: dict[str, int | None] = {}
    unknown = []
    for emotion in emotions:
        name = common_name(emotion, vocabulary.names)
        target = mapping.get(name, mapping.get(emotion, name))
        if not emotion:
            unknown.append("(blank)")
        elif not target:
            columns[emotion] = None
        elif (target := common_name(target, vocabulary.names)) in vocabulary:
            columns[emotion] = vocabulary.index(target)
        elif target in KNOWN_EMOTIONS:
            columns[emotion] = None
        else:
            unknown.append(emotion)
    if unknown:
        raise LabelError(
            path, f"unknown emotions: {', '.join(unknown)}; the vocabulary is {', '.join(vocabulary)}"
        )
    return columns


def _parse(line: int, row: dict[str, str], emotion: int) -> Label:
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
    split = row.get("split", "").lower()
    if split and split not in SPLITS:
        raise ValueError(f"split {split!r} is none of {', '.join(SPLITS)}")
    if not track and row.get("person"):
        raise ValueError("persons are given their tracks by seqfer import; a table to train on has tracks")
    if not row["video"]:
        raise ValueError("video is blank")
    return Label(
        line=line,
        video=row["video"],
        track_id=int(track) if track else None,
        start_seconds=start,
        end_seconds=end,
        emotion=emotion,
        phase=PHASES.index(phase) if phase else None,
        intensity=intensity,
        subject=row.get("subject") or None,
        split=split or None,
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
