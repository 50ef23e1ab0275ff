"""The questions one must ask of a data set before believing what was trained on it, answered in numbers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..data.dividing import by_video, subject_of
from ..data.label_table import Label, read_labels, read_rows
from ..labels import EMOTIONS, KNOWN_EMOTIONS, Vocabulary, common_name
from ..store import RunStore, StoredTrack

#: Of quality, what is shown: column, what it is, unit.
MEASURES = (
    ("yaw_degrees", "head turned left or right", "°"),
    ("pitch_degrees", "head tilted up or down", "°"),
    ("brightness", "brightness of the face", "0 to 1"),
    ("contrast", "contrast of the face", "0 to 1"),
    ("eye_distance_pixels", "distance of the eyes", "pixels"),
    ("sharpness", "sharpness (low: blurred)", ""),
)
_FINGERPRINT = 24
_SAME = 0.985  # correlation of two faces' pictures beyond which they are taken for the same picture
_LOOKS_PER_TRACK = 3
_MAX_PAIRS = 50


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """One face picture of a track, as near-duplicates are sought.

    Attributes:
        video_id, track_id, row: where it is.
        subject: whoever it is said to be.
        split: train, valid, test, or None.
        picture: uint8 (S, S, 3), RGB.
    """

    video_id: str
    track_id: int
    row: int
    subject: str
    split: str | None
    picture: NDArray[np.uint8]

    @property
    def place(self) -> str:
        return f"{self.video_id}, track {self.track_id}, frame {self.row} of it"


@dataclass(frozen=True, kw_only=True, eq=False)
class Audit:
    """What was found.

    Attributes:
        numbers: JSON values.
        measures: sampled values of each of :data:`MEASURES`.
        pairs: near-duplicates: similarity and both looks, the most alike first.
    """

    numbers: dict[str, Any]
    measures: dict[str, NDArray[np.float32]]
    pairs: tuple[tuple[float, Look, Look], ...]


def audit(run: RunStore, labels: Path | None, facts: Mapping[str, Any] | None = None) -> Audit:
    """Look through stores and labels.

    Args:
        run: the stores.
        labels: their table, if there is one.
        facts: what the data set says of itself (``dataset.json``).

    Raises:
        LabelError: the table cannot be understood.
        StoreError: a store is damaged.
    """
    names, rows = _labels_of(labels, run)
    frames = with_face = tracks = 0
    seconds = 0.0
    faceless = []
    sampled: dict[str, list[NDArray[np.float32]]] = {name: [] for name, *_ in MEASURES}
    looks: list[Look] = []
    for video_id in run.paths:
        store = run[video_id]
        frames += len(store.frame_pts_seconds)
        seconds += float(store.source.get("duration_seconds") or 0)
        here: set[int] = set()
        for track in store.tracks:
            tracks += 1
            here.update(track.frame_indices.tolist())
            quality = track.quality
            for name in sampled:
                sampled[name].append(np.asarray(getattr(quality, name)))
            own = [x for x in rows.get(video_id, ()) if x.track_id in (None, track.track_id)]
            looks += _looks(video_id, track, subject_of(own, video_id), next((x.split for x in own), None))
        with_face += len(here)
        if not store.tracks:
            faceless.append(video_id)
    pairs = near_duplicates(looks)
    numbers = {
        "format": "seqfer.audit",
        "version": 1,
        "declared": dict(facts or {}),
        "videos": len(run),
        "tracks": tracks,
        "frames": frames,
        "hours": round(seconds / 3600, 4),
        "frames_without_face": round(1 - with_face / frames, 4) if frames else None,
        "videos_without_face": faceless,
        **_balance(names, rows),
        "measures": {name: _quantiles(values) for name, values in sampled.items()},
        "near_duplicates": [
            {"similarity": round(s, 4), "one": a.place, "other": b.place,
             "subjects": [a.subject, b.subject], "splits": [a.split, b.split]}
            for s, a, b in pairs
        ],
    }  # fmt: skip
    measures = {
        name: np.concatenate(parts) if parts else np.zeros(0, np.float32) for name, parts in sampled.items()
    }
    return Audit(numbers=numbers, measures=measures, pairs=pairs)


def near_duplicates(looks: Sequence[Look]) -> tuple[tuple[float, Look, Look], ...]:
    """Pairs of faces all but the same picture that are of different subjects or splits: leakage.

    One pair for two tracks, the most alike; at most 50.
    """
    if len(looks) < 2:
        return ()
    prints = np.stack([_fingerprint(look.picture) for look in looks])
    best: dict[tuple[tuple[str, int], tuple[str, int]], tuple[float, int, int]] = {}
    for start in range(0, len(looks), 512):
        alike = prints[start : start + 512] @ prints.T
        for i, j in zip(*np.nonzero(alike > _SAME), strict=True):
            a, b = start + int(i), int(j)
            one, other = looks[a], looks[b]
            tracks = (one.video_id, one.track_id), (other.video_id, other.track_id)
            apart = one.subject != other.subject or one.split != other.split
            if a < b and tracks[0] != tracks[1] and apart:
                similarity = float(alike[i, j])
                if similarity > best.get(tracks, (0.0, 0, 0))[0]:
                    best[tracks] = (similarity, a, b)
    ordered = sorted(best.values(), key=lambda x: (-x[0], x[1], x[2]))[:_MAX_PAIRS]
    return tuple((similarity, looks[a], looks[b]) for similarity, a, b in ordered)


def read_facts(folder: Path) -> dict[str, Any] | None:
    """What ``seqfer import`` noted in a folder, or None."""
    try:
        found = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("format") == "seqfer.dataset" else None


def _labels_of(table: Path | None, run: RunStore) -> tuple[tuple[str, ...], dict[str, list[Label]]]:
    """Every emotion that a table names, and its rows by video."""
    if table is None:
        return (), {}
    named = {common_name(row["emotion"]) for _, row in read_rows(table)} - {""}
    order = [*KNOWN_EMOTIONS, *sorted(named - set(KNOWN_EMOTIONS))]
    vocabulary = Vocabulary(tuple(name for name in order if name in named) or EMOTIONS)
    return vocabulary.names, by_video(table, read_labels(table, vocabulary), run)


def _balance(names: Sequence[str], rows: Mapping[str, Iterable[Label]]) -> dict[str, Any]:
    """How much there is of each emotion, of each subject, in each split."""
    counts: Counter[str] = Counter()
    seconds: dict[str, float] = dict.fromkeys(names, 0.0)
    table: dict[str, Counter[str]] = {}
    splits: dict[str, Counter[str]] = {}
    for video_id, labels in rows.items():
        for label in labels:
            name = names[label.emotion]
            counts[name] += 1
            if label.start_seconds is not None and label.end_seconds is not None:
                seconds[name] += label.end_seconds - label.start_seconds
            table.setdefault(label.subject or video_id, Counter())[name] += 1
            if label.split:
                splits.setdefault(label.split, Counter())[name] += 1
    return {
        "labels": sum(counts.values()),
        "emotions": {n: {"labels": counts[n], "seconds": round(seconds[n], 2)} for n in names if counts[n]},
        "subjects": {who: dict(found) for who, found in sorted(table.items())},
        "splits": {name: dict(found) for name, found in sorted(splits.items())},
    }


def _looks(video_id: str, track: StoredTrack, subject: str, split: str | None) -> list[Look]:
    last = len(track) - 1
    chosen = (
        {round(i * last / (_LOOKS_PER_TRACK - 1)) for i in range(_LOOKS_PER_TRACK)} if len(track) else set()
    )
    if np.count_nonzero(np.diff(track.pts_seconds) > 0.5) > last // 2:  # unrelated stills: each is looked at
        chosen = set(range(last + 1))
    return [
        Look(video_id=video_id, track_id=track.track_id, row=row, subject=subject, split=split,
             picture=cv2.resize(track.crops(row, row + 1)[0], (56, 56), interpolation=cv2.INTER_AREA))
        for row in sorted(chosen)
    ]  # fmt: skip


def _fingerprint(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The grey picture, small, without its brightness and contrast, of length 1."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_FINGERPRINT,) * 2, interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    small -= small.mean()
    return small / max(float(np.linalg.norm(small)), 1e-6)


def _quantiles(parts: Sequence[NDArray[np.float32]]) -> dict[str, float] | None:
    values = np.concatenate(parts) if parts else np.zeros(0)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    points = np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95))
    return {f"p{q}": round(float(v), 4) for q, v in zip((5, 25, 50, 75, 95), points, strict=True)}
