"""Who is tested on, in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..data import Label
from ..errors import LabelError


def subject_folds(
    subjects: Mapping[tuple[str, int], str],
    faces: Mapping[tuple[str, int], Sequence[Label]],
    folds: int,
    *,
    seed: int,
    table: Path,
) -> list[list[str]]:
    """Subjects to test on in each of ``folds`` rounds: all are, once, and emotions are shared out evenly.

    Args:
        subjects: whose face each is.
        faces: its labels.
        folds: how many; 0 for one a subject (leave one subject out).
        seed: of the division.
        table: for messages.

    Raises:
        LabelError: fewer subjects than folds, or than three.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    everybody = sorted(set(subjects.values()))
    if len(everybody) < max(3, folds):
        need = f"{folds} folds need {max(3, folds)}" if folds else "leaving one out needs 3"
        raise LabelError(table, f"{len(everybody)} subjects ({', '.join(everybody[:3])}, …): {need}")
    if folds == 0:
        return [[who] for who in everybody]
    order = sorted(subjects)
    groups = [subjects[face] for face in order]
    emotions = [_expression(faces[face]) for face in order]
    divided = StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(order, emotions, groups)
    found = [sorted({groups[i] for i in test}) for _, test in divided]
    return [fold for fold in found if fold]


def _expression(labels: Sequence[Label]) -> int:
    """What a face is counted as: its most frequent label by rows, of equal ones the first column."""
    return int(np.argmax(np.bincount([label.emotion for label in labels])))


def check_strangers(table: Path, trained: set[str], tested: set[str]) -> None:
    """Refuse to test on people that were trained on.

    Raises:
        LabelError: some were; names them.
    """
    both = sorted(trained & tested)
    if both:
        raise LabelError(table, f"subjects both trained and tested on: {', '.join(both[:5])}")
