"""Mistakes in words: whose number changed, who shares one, and where shots were cut that were not."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from .films import VISIBLE, Truth
from .found import Found
from .matching import match, runs

_LISTED = 12


def explain(truth: Truth, found: Found) -> list[str]:
    """A line per mistake; frames are counted from 0, people by their place in the scene."""
    matched = match(truth, found)
    lines = []
    owners: dict[int, set[int]] = {}
    for person in np.unique(truth.ids).tolist():
        mine = np.flatnonzero((truth.ids == person) & (truth.states == VISIBLE))
        rows = matched.row_of[mine]
        numbers = [int(found.ids[r]) if r >= 0 else None for r in rows]
        for number in {n for n in numbers if n is not None}:
            owners.setdefault(number, set()).add(person)
        parts, at = [], 0
        for number, group in groupby(numbers):
            length = len(list(group))
            frames = truth.frames[mine[at : at + length]]
            at += length
            parts.append(f"{'not found' if number is None else f'track {number}'} {frames[0]}–{frames[-1]}")
        if len(parts) > 1:
            more = f" … ({len(parts)} stretches)" if len(parts) > _LISTED else ""
            lines.append(f"person {person}: {', '.join(parts[:_LISTED])}{more}")
    for number, people in sorted(owners.items()):
        if len(people) > 1:
            lines.append(f"track {number} is of several people: {', '.join(map(str, sorted(people)))}")
    for number in np.unique(found.ids[matched.false]).tolist():
        frames = np.zeros(truth.num_frames, bool)
        frames[found.frames[matched.false & (found.ids == number)]] = True
        stretches = ", ".join(f"{a}–{b}" for a, b in runs(frames)[:_LISTED])
        lines.append(f"track {number} is no face in {stretches}")
    shots = (np.flatnonzero(np.diff(found.shots)) + 1).tolist()
    true = [f"{a}" if a == b else f"{a}–{b}" for a, b in truth.changes.tolist()]
    if shots != truth.changes[:, 0].tolist():
        lines.append(f"shots change at {shots}; in truth at [{', '.join(true)}]")
    return lines
