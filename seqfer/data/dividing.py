"""Who is trained on, who is validated on, who is tested on: divided by subject, checked either way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from ..errors import LabelError
from ..store import RunStore
from .label_table import Label

TRAIN, VALID, TEST = "train", "valid", "test"
Side = str
_SLACK_SECONDS = 0.25  # labels are typed by people, and the last frame's end is an estimate


def by_video(table: Path, labels: Sequence[Label], run: RunStore) -> dict[str, list[Label]]:
    """Labels by the id of the video they are of; a table may name the video's file instead of its id.

    Raises:
        LabelError: videos without a store, tracks that a store does not have, times outside the video.
    """
    found: dict[str, list[Label]] = {}
    unknown = set()
    for label in labels:
        path = Path(label.video)
        names = (label.video, str(path.with_suffix("")), path.name, path.stem)
        match = next((name for name in names if name in run.paths), None)
        if match is None:
            unknown.add(label.video)
        else:
            found.setdefault(match, []).append(label)
    if unknown:
        raise LabelError(table, f"videos without a track store: {', '.join(sorted(unknown))}")
    for video_id, rows in found.items():
        _check_within(table, video_id, rows, run)
    return dict(sorted(found.items()))


def _check_within(table: Path, video_id: str, rows: Sequence[Label], run: RunStore) -> None:
    store = run[video_id]
    pts = store.frame_pts_seconds
    last = float(pts[-1]) if len(pts) else 0.0
    step = float(np.median(np.diff(pts))) if len(pts) > 1 else 0.0
    tracks = {track.track_id for track in store.tracks}
    for row in rows:
        if row.track_id is not None and row.track_id not in tracks:
            raise LabelError(table, f"line {row.line}: video {video_id} has no track {row.track_id}")
        if row.start_seconds is None or row.end_seconds is None:
            continue
        if row.start_seconds < -_SLACK_SECONDS or row.end_seconds > last + step + _SLACK_SECONDS:
            raise LabelError(
                table,
                f"line {row.line}: {row.start_seconds:g} to {row.end_seconds:g} s lies outside the video "
                f"{video_id}, which lasts {last + step:.2f} s",
            )


def subject_of(labels: Iterable[Label], video_id: str) -> str:
    """Whoever the labels of one face name; the video's id where they name nobody."""
    return next((x.subject for x in labels if x.subject), video_id)


def split_of(table: Path, labels: Sequence[Label], video_id: str) -> Side | None:
    """What a table's ``split`` column says of one face.

    Raises:
        LabelError: two different things.
    """
    splits = sorted({x.split for x in labels if x.split})
    if len(splits) > 1:
        raise LabelError(table, f"video {video_id} is of two splits: {', '.join(splits)}")
    return splits[0] if splits else None


def chosen_subjects(table: Path, known: set[str], wanted: Sequence[str], what: str) -> set[str]:
    """``wanted`` as a set.

    Raises:
        LabelError: the table knows some of them not.
    """
    unknown = sorted(set(wanted) - known)
    if unknown:
        raise LabelError(table, f"{what} names subjects without labels: {', '.join(unknown)}")
    return set(wanted)


def random_subjects(table: Path, subjects: Iterable[str], share: float, seed: int) -> set[str]:
    """A share of the subjects, at least one and never all.

    Raises:
        LabelError: fewer than two subjects.
    """
    ordered = sorted(subjects)
    if not ordered:
        raise LabelError(table, "nobody is left to train on")
    if len(ordered) < 2:
        raise LabelError(
            table,
            f"one subject only ({', '.join(ordered)}): two are needed, to train and to validate on",
        )
    order = np.random.default_rng(seed).permutation(len(ordered))
    count = min(max(1, round(share * len(ordered))), len(ordered) - 1)
    return {ordered[i] for i in order[:count]}


def check_apart(table: Path, sides: dict[Side, set[str]]) -> None:
    """Refuse sides that share a subject.

    Raises:
        LabelError: they do; names them.
    """
    names = {
        TRAIN: "trained",
        VALID: "validated",
        TEST: "tested",
    }
    for a, b in ((TRAIN, VALID), (TRAIN, TEST), (VALID, TEST)):
        both = sides.get(a, set()) & sides.get(b, set())
        if both:
            raise LabelError(table, f"subjects both {names[a]} and {names[b]} on: {', '.join(sorted(both))}")
