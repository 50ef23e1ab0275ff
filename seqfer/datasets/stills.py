"""Stills without people's names: FER2013 and FER+."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, LabelError
from ..labels import EMOTIONS
from ..store import read_still_groups
from .listing import Facts, Listing, Row, StillSet

_FER2013 = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
_USAGES = {"Training": ("train", "train"), "PublicTest": ("valid", "valid"), "PrivateTest": ("test", "test")}
_SIDE = 48
_CITATION = "Goodfellow et al. 2013, arXiv:1307.0414"


def list_fer(source: Path) -> Listing:
    """FER2013 (``fer2013.csv``: emotion, pixels, Usage), FER+ (with ``fer2013new.csv``), or HDF5.

    Of FER+ (Barsoum et al. 2016, arXiv:1608.01041) the emotion with most votes is taken; where most are for
    "unknown" or "not a face", or two have as many, the still is left out. An HDF5 file has groups ``train``,
    ``valid`` or ``test`` with ``images`` uint8 (N, H, W) and ``votes`` (N, K), whose attribute
    ``vote_columns`` (of the file or the group) names the columns, or ``labels`` (N,) as FER2013 numbers them.

    Args:
        source: the CSV or HDF5 file, or the folder of fer2013.csv.

    Raises:
        LabelError, InputError: not such files.
    """
    if source.suffix.lower() in (".h5", ".hdf5"):
        return _from_hdf5(source)
    table = source / "fer2013.csv" if source.is_dir() else source
    votes_table = table.with_name("fer2013new.csv")
    votes = _read_votes(votes_table) if votes_table.exists() else None
    pictures: dict[str, list[NDArray[np.uint8]]] = {}
    emotions: dict[str, list[str]] = {}
    shares: list[float] = []
    for n, (usage, emotion, picture) in enumerate(_read_fer2013(table)):
        if votes is not None:
            if n >= len(votes[1]):
                raise LabelError(votes_table, f"has {len(votes[1])} lines of votes for more stills")
            emotion, share = _most(votes[0], votes[1][n])
            shares.append(share)
        pictures.setdefault(usage, []).append(picture)
        emotions.setdefault(usage, []).append(emotion)
    made = [_still_set(usage, np.stack(pictures[usage]), emotions[usage]) for usage in pictures]
    total = sum(map(len, emotions.values()))
    return _listing(made, total, shares if votes is not None else None)


def _from_hdf5(source: Path) -> Listing:
    made = []
    shares: list[float] = []
    total = 0
    for split, group in read_still_groups(source).items():
        if group.columns:
            told = [_most(list(group.columns), row) for row in group.labels]
            emotions = [emotion for emotion, _ in told]
            shares += [share for _, share in told]
        elif len(group.labels) and not 0 <= group.labels.min() <= group.labels.max() < len(_FER2013):
            raise LabelError(source, f"group {split}: labels are not 0 to {len(_FER2013) - 1}")
        else:
            emotions = [_FER2013[int(label)] for label in group.labels]
        usage = {"train": "Training", "valid": "PublicTest", "test": "PrivateTest"}.get(split)
        if usage is None:
            raise LabelError(source, f"group {split!r} is none of train, valid, test")
        made.append(_still_set(usage, group.images, emotions))
        total += len(emotions)
    return _listing(made, total, shares or None)


def _listing(made: list[StillSet], total: int, shares: list[float] | None) -> Listing:
    left = total - sum(len(s.rows) for s in made)
    if left == total:
        raise InputError("FER", "no stills with an emotion")
    plus = shares is not None
    facts = Facts(
        name="FER+" if plus else "FER2013",
        expressions="mixed",
        label_source="ten annotators, most votes" if plus else "words that the pictures were searched by",
        agreement=round(float(np.mean([s for s in shares if s > 0])), 4) if shares else None,
        citation=_CITATION + (", Barsoum et al. 2016, arXiv:1608.01041" if plus else ""),
    )
    notes = (f"{left} stills without one emotion left out",) if left else ()
    return Listing(facts=facts, stills=tuple(made), notes=notes)


def _still_set(usage: str, pictures: NDArray[np.uint8], emotions: list[str]) -> StillSet:
    name, split = _USAGES[usage]
    keep = [i for i, emotion in enumerate(emotions) if emotion]
    rows: list[Row] = [dict(emotion=emotions[i], split=split) for i in keep]
    return StillSet(video_id=name, pictures=pictures[keep], rows=tuple(rows))


def _most(columns: list[str], votes: NDArray) -> tuple[str, float]:
    """The emotion with most votes and its share of them; "" where nothing, or no one thing, has most."""
    total, most = float(votes.sum()), float(votes.max()) if len(votes) else 0.0
    winners = np.flatnonzero(votes == most)
    name = columns[int(winners[0])].lower()
    if total <= 0 or len(winners) > 1 or name not in (*EMOTIONS, "contempt"):
        return "", 0.0
    return name, most / total


def _read_fer2013(path: Path) -> list[tuple[str, str, NDArray[np.uint8]]]:
    found = []
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [c for c in ("emotion", "pixels", "Usage") if c not in (reader.fieldnames or ())]
            if missing:
                raise LabelError(path, f"columns are missing: {', '.join(missing)}")
            for row in reader:
                pixels = np.fromstring(row["pixels"], np.int64, sep=" ")
                right = len(pixels) == _SIDE**2 and pixels.min() >= 0 and pixels.max() <= 255
                if not right or row["Usage"] not in _USAGES or row["emotion"] not in set("0123456"):
                    raise LabelError(
                        path, f"line {reader.line_num}: not an emotion, {_SIDE**2} pixels and a usage"
                    )
                picture = pixels.astype(np.uint8).reshape(_SIDE, _SIDE)
                found.append((row["Usage"], _FER2013[int(row["emotion"])], picture))
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        raise LabelError(path, f"cannot be read ({getattr(error, 'strerror', None) or error})") from error
    return found


def _read_votes(path: Path) -> tuple[list[str], NDArray[np.int64]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            columns = next(reader)[2:]
            return columns, np.array([[int(v) for v in row[2:]] for row in reader], np.int64)
    except (OSError, UnicodeDecodeError, csv.Error, ValueError, StopIteration) as error:
        raise LabelError(path, f"cannot be read as votes ({error})") from error
