"""Which found box is which face of the truth, and which are nobody's business."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from seqfer.faces.detection import iou

from .films import HIDDEN, PARTIAL, VISIBLE, Truth
from .found import Found

SAME_FACE = 0.5  # least overlap of a found box with the true one
_NEAR_PARTIAL = 0.3  # … with that of a face which is half hidden: what its box should be is a matter of taste
_BRIDGE_SECONDS = 0.5  # for as long a hidden face may be interpolated
_SLACK_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class Matched:
    """Rows of the truth and of what was found, brought together.

    Attributes:
        row_of: int64 (rows of the truth,): the found row that is this face, or -1.
        excused: bool (found rows,): lies over a face that is partly hidden, or bridges a short absence.
        false: bool (found rows,): neither a face that is there nor excused.
        invented: how many false rows are interpolated over a face long hidden.
        overlaps: for every frame, IoU of its scored truth rows with its scored found rows (a, b).
        scored_truth, scored_found: for every frame, the rows that count.
    """

    row_of: NDArray[np.int64]
    excused: NDArray[np.bool_]
    false: NDArray[np.bool_]
    invented: int
    overlaps: list[NDArray[np.float64]]
    scored_truth: list[NDArray[np.int64]]
    scored_found: list[NDArray[np.int64]]


def match(truth: Truth, found: Found) -> Matched:
    """One-to-one within each frame, by overlap; faces that are well in view have the first claim."""
    row_of = np.full(len(truth.frames), -1, np.int64)
    excused = np.zeros(len(found.frames), bool)
    invented = np.zeros(len(found.frames), bool)
    visible, partial, hidden = (truth.states == s for s in (VISIBLE, PARTIAL, HIDDEN))
    bridged = hidden & (_absence_seconds(truth) <= _BRIDGE_SECONDS + _SLACK_SECONDS)
    overlaps, scored_truth, scored_found = [], [], []
    for frame in range(truth.num_frames):
        t = np.arange(*np.searchsorted(truth.frames, [frame, frame + 1]))
        f = np.arange(*np.searchsorted(found.frames, [frame, frame + 1]))
        overlap = iou(_clipped(truth.boxes_xyxy[t], truth.size), _clipped(found.boxes_xyxy[f], truth.size))
        score = np.where(overlap >= SAME_FACE, overlap + 10.0 * visible[t][:, None], 0.0)
        score[hidden[t]] = 0
        for a, b in zip(*linear_sum_assignment(-score), strict=True):
            if score[a, b] > 0:
                row_of[t[a]] = f[b]
        free = ~np.isin(f, row_of[t[visible[t]]])
        near = overlap >= _NEAR_PARTIAL
        filled = found.interpolated[f]
        over_partial = near[partial[t]].any(axis=0)
        over_bridged = near[bridged[t]].any(axis=0) & filled
        over_hidden = near[hidden[t] & ~bridged[t]].any(axis=0) & filled
        excused[f] = free & (over_partial | over_bridged)
        invented[f] = free & over_hidden & ~excused[f]
        scored_truth.append(t[visible[t]])
        scored_found.append(f[~excused[f]])
        overlaps.append(overlap[visible[t]][:, ~excused[f]])
    seen = np.isin(np.arange(len(found.frames)), row_of[visible])
    return Matched(
        row_of=row_of,
        excused=excused,
        false=~seen & ~excused,
        invented=int(invented.sum()),
        overlaps=overlaps,
        scored_truth=scored_truth,
        scored_found=scored_found,
    )


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last index of every stretch of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]


def timeline(truth: Truth, person: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """State and row of one person in every frame; HIDDEN and -1 where off the stage."""
    states, rows = np.full(truth.num_frames, HIDDEN), np.full(truth.num_frames, -1)
    mine = np.flatnonzero(truth.ids == person)
    states[truth.frames[mine]] = truth.states[mine]
    rows[truth.frames[mine]] = mine
    return states, rows


def _absence_seconds(truth: Truth) -> NDArray[np.float64]:
    """For every row how long its person is not well in view around then; infinite where never again."""
    seconds = np.zeros(len(truth.frames))
    for person in np.unique(truth.ids):
        states, rows = timeline(truth, int(person))
        for a, b in runs(states == HIDDEN):
            inner = a > 0 and b < truth.num_frames - 1
            lasts = truth.pts_seconds[b + 1] - truth.pts_seconds[a - 1] if inner else np.inf
            here = rows[a : b + 1]
            seconds[here[here >= 0]] = lasts
    return seconds


def _clipped(boxes_xyxy: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    return np.clip(boxes_xyxy, 0, np.tile(np.array(size), 2))
