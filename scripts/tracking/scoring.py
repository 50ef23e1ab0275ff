"""Figures of one clip, and of all together. Identities are scored by TrackEval (Luiten & Hoffhues 2020).

IDF1: Ristani et al. 2016; HOTA: Luiten et al. 2021; MOTA: Bernardin & Stiefelhagen 2008.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from trackeval.metrics import CLEAR, HOTA, Identity

from seqfer.faces.align import TEMPLATE, similarity_to_template

from .films import HIDDEN, VISIBLE, Truth
from .found import Found
from .matching import Matched, match, runs, timeline

CROP_SIDE = 112
_CROP_EYES = (TEMPLATE[1, 0] - TEMPLATE[0, 0]) * CROP_SIDE  # pixels between the eyes in a crop
_FAR_FRAMES = 15  # a change of shot found further off than this is another one
_METRICS = (HOTA(), CLEAR({"PRINT_CONFIG": False}), Identity({"PRINT_CONFIG": False}))


@dataclass(frozen=True, kw_only=True, eq=False)
class Errors:
    """Landmark errors of several faces: a row per face and frame that both were found in.

    Attributes:
        nme: float64 (N,), mean distance over the five points, percent of the distance between the eyes.
        accelerations: float64 (A, 2), second differences of the points' errors, pixels of a 112-pixel crop.
        eye_motion: float64 (E, 2), true eyes in the found crop, about their mean over the track, pixels.
    """

    nme: NDArray[np.float64]
    accelerations: NDArray[np.float64]
    eye_motion: NDArray[np.float64]

    def figures(self) -> dict[str, float]:
        return {
            "nme_percent": float(self.nme.mean()) if len(self.nme) else float("nan"),
            "jitter_px": _rms(self.accelerations),
            "eye_motion_px": _rms(self.eye_motion),
        }

    @classmethod
    def together(cls, several: list[Errors]) -> Errors:
        return cls(**{n: np.concatenate([getattr(e, n) for e in several]) for n in cls.__dataclass_fields__})


@dataclass(kw_only=True, eq=False)
class Score:
    """What was measured on one clip (or, by :func:`total`, on several).

    Attributes:
        metrics: TrackEval's results, by metric.
        duration_seconds, extract_seconds: of the clip; of extraction.
        truth_rows: faces well in view, over all frames.
        detected_rows: those that per-frame detection finds; detected_and_found_rows: and extraction too.
        false_tracks: more than half of whose rows are no face.
        invented_rows: interpolated over a face hidden for long.
        edge_frames: for every stretch in view by how many frames the track begins late or ends early.
        missed_stretches: never found at all.
        gaps, gaps_kept: absences within a shot; those after which the number is the same.
        gaps_short, gaps_filled: those of up to half a second; those whose frames are all filled.
        changes, changes_found, changes_false: of shot.
        change_error_frames: how far off each one found is.
        errors, detection_errors: of extraction and of per-frame detection, on the same faces.
    """

    metrics: dict[str, dict[str, Any]]
    duration_seconds: float
    extract_seconds: float
    truth_rows: int
    detected_rows: int
    detected_and_found_rows: int
    num_tracks: int
    false_tracks: int
    invented_rows: int
    edge_frames: list[int] = field(default_factory=list)
    missed_stretches: int = 0
    gaps: int = 0
    gaps_kept: int = 0
    gaps_short: int = 0
    gaps_filled: int = 0
    changes: int = 0
    changes_found: int = 0
    changes_false: int = 0
    change_error_frames: list[int] = field(default_factory=list)
    errors: Errors
    detection_errors: Errors

    def figures(self) -> dict[str, Any]:
        """Everything as plain numbers."""
        clear, identity = self.metrics["CLEAR"], self.metrics["Identity"]
        plain = {
            name: value
            for name, value in vars(self).items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        faces = self.truth_rows > 0
        return plain | {
            "idf1": float(identity["IDF1"]) if faces else None,
            "hota": float(np.mean(self.metrics["HOTA"]["HOTA"])) if faces else None,
            "mota": float(clear["MOTA"]) if faces else None,
            "id_switches": int(clear["IDSW"]),
            "false_rows": int(clear["CLR_FP"]),
            "missed_rows": int(clear["CLR_FN"]),
            "detector_recall": _share(self.detected_rows, self.truth_rows),
            "recall_of_detected": _share(self.detected_and_found_rows, self.detected_rows),
            "edge_frames_mean": float(np.mean(self.edge_frames)) if self.edge_frames else None,
            "edge_frames_max": max(self.edge_frames, default=None),
            "change_error_frames_max": max(self.change_error_frames, default=None),
            "false_tracks_per_10_minutes": 600 * self.false_tracks / self.duration_seconds,
            "found": self.errors.figures(),
            "per_frame_detection": self.detection_errors.figures(),
        }


def score(truth: Truth, found: Found, detected: Found) -> Score:
    """Extraction, and per-frame detection beside it, against the truth of one clip."""
    matched, by_frame = match(truth, found), match(truth, detected)
    visible = truth.states == VISIBLE
    both = visible & (matched.row_of >= 0) & (by_frame.row_of >= 0)
    steps = np.diff(truth.pts_seconds)
    result = Score(
        metrics=_trackeval(truth, found, matched),
        duration_seconds=float(truth.pts_seconds[-1] + np.median(steps)),
        extract_seconds=found.seconds,
        truth_rows=int(visible.sum()),
        detected_rows=int((visible & (by_frame.row_of >= 0)).sum()),
        detected_and_found_rows=int(both.sum()),
        num_tracks=len(np.unique(found.ids)),
        false_tracks=sum(bool(matched.false[found.ids == i].mean() > 0.5) for i in np.unique(found.ids)),
        invented_rows=matched.invented,
        errors=_errors(truth, found, matched.row_of, both),
        detection_errors=_errors(truth, detected, by_frame.row_of, both),
    )
    for person in np.unique(truth.ids):
        _follow(result, truth, found, matched, int(person))
    _compare_changes(result, truth, found.shots)
    return result


def total(scores: dict[str, Score]) -> Score:
    """All clips as one."""
    every = list(scores.values())
    plain = {
        name: sum(getattr(s, name) for s in every[1:]) + getattr(every[0], name)
        for name in Score.__dataclass_fields__
        if name not in ("metrics", "errors", "detection_errors", "edge_frames", "change_error_frames")
    }
    return Score(
        metrics={
            m.get_name(): m.combine_sequences({n: s.metrics[m.get_name()] for n, s in scores.items()})
            for m in _METRICS
        },
        edge_frames=[e for s in every for e in s.edge_frames],
        change_error_frames=[e for s in every for e in s.change_error_frames],
        errors=Errors.together([s.errors for s in every]),
        detection_errors=Errors.together([s.detection_errors for s in every]),
        **plain,
    )


def _trackeval(truth: Truth, found: Found, matched: Matched) -> dict[str, dict[str, Any]]:
    """TrackEval's own layout: for every frame the numbers of the true, of the found, and their overlaps."""
    truth_rows, found_rows = np.concatenate(matched.scored_truth), np.concatenate(matched.scored_found)
    people, tracks = np.unique(truth.ids[truth_rows]), np.unique(found.ids[found_rows])
    data = {
        "num_timesteps": truth.num_frames,
        "num_gt_ids": len(people),
        "num_tracker_ids": len(tracks),
        "num_gt_dets": len(truth_rows),
        "num_tracker_dets": len(found_rows),
        "gt_ids": [np.searchsorted(people, truth.ids[rows]) for rows in matched.scored_truth],
        "tracker_ids": [np.searchsorted(tracks, found.ids[rows]) for rows in matched.scored_found],
        "similarity_scores": matched.overlaps,
    }
    return {metric.get_name(): metric.eval_sequence(data) for metric in _METRICS}


def _follow(result: Score, truth: Truth, found: Found, matched: Matched, person: int) -> None:
    """Edges and gaps of one person."""
    states, rows = timeline(truth, person)
    track = np.full(truth.num_frames, -1)
    here = (rows >= 0) & (states != HIDDEN)
    which = matched.row_of[rows[here]]
    track[here] = np.where(which >= 0, found.ids[which] if len(found.ids) else -1, -1)
    stretches = runs(states == VISIBLE)
    for a, b in stretches:
        seen = np.flatnonzero(track[a : b + 1] >= 0)
        if len(seen):
            result.edge_frames += [int(seen[0]), int(b - a - seen[-1])]
        else:
            result.missed_stretches += 1
    for (a, b), (c, d) in pairwise(stretches):
        before, after = track[a : b + 1], track[c : d + 1]
        if not ((before >= 0).any() and (after >= 0).any()):
            continue
        number = before[before >= 0][-1]
        result.gaps += 1
        result.gaps_kept += int(number == after[after >= 0][0])
        if truth.pts_seconds[c] - truth.pts_seconds[b] <= 0.5:
            frames = found.frames[found.ids == number]
            result.gaps_short += 1
            result.gaps_filled += int(np.isin(np.arange(b + 1, c), frames).all())


def _compare_changes(result: Score, truth: Truth, shots: NDArray[np.int64]) -> None:
    found = (np.flatnonzero(np.diff(shots)) + 1).tolist()
    result.changes = len(truth.changes)
    for first, last in truth.changes.tolist():
        off = [max(first - f, f - last, 0) for f in found]
        if off and min(off) <= _FAR_FRAMES:
            result.changes_found += 1
            result.change_error_frames.append(min(off))
            del found[int(np.argmin(off))]
    result.changes_false = len(found)


def _errors(truth: Truth, found: Found, row_of: NDArray[np.int64], rows: NDArray[np.bool_]) -> Errors:
    at = np.flatnonzero(rows)
    true, seen = truth.landmarks_xy[at], found.landmarks_xy[row_of[at]]
    eyes = np.linalg.norm(true[:, 1] - true[:, 0], axis=-1)
    error = (seen - true) / eyes[:, None, None]
    accelerations, motion = [np.zeros((0, 2))], [np.zeros((0, 2))]
    for person in np.unique(truth.ids[at]):
        mine = truth.ids[at] == person
        frames, e = truth.frames[at[mine]], error[mine] * _CROP_EYES
        in_a_row = np.flatnonzero((frames[2:] - frames[:-2]) == 2)
        accelerations.append((e[in_a_row] - 2 * e[in_a_row + 1] + e[in_a_row + 2]).reshape(-1, 2))
        motion.append(_eyes_about_their_mean(true[mine], seen[mine]))
    return Errors(
        nme=100 * np.linalg.norm(error, axis=-1).mean(axis=-1),
        accelerations=np.concatenate(accelerations),
        eye_motion=np.concatenate(motion),
    )


def _eyes_about_their_mean(true: NDArray[np.float64], seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2 N, 2): true eyes of N frames in the crops that the found points give."""
    eyes = []
    for points, found in zip(true, seen, strict=True):
        matrix = similarity_to_template(found, CROP_SIDE)
        eyes.append(points[:2] @ matrix[:, :2].T + matrix[:, 2])
    array = np.array(eyes)
    return (array - array.mean(axis=0)).reshape(-1, 2)


def _rms(vectors: NDArray[np.float64]) -> float:
    """Root mean square length."""
    return float(np.sqrt((vectors**2).sum(axis=-1).mean())) if len(vectors) else float("nan")


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
