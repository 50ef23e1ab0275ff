"""One row per frame and track, and one for each frame without a face: the table behind several formats.

So the rows always line up with the video: every frame of it is there, in order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..decoding import REASONS, Judgement
from ..labels import PHASES
from ..timeline import Timeline
from .common import VideoReport


def frame_table(report: VideoReport) -> pd.DataFrame:
    """The table; docs/outputs.md says what its columns are.

    Words are categories or strings, figures float64 to four digits, times to six; where there is no face,
    all but frame and time is missing (``track_id`` and ``trusted`` are nullable).
    """
    names = list(report.model["vocabulary"])
    tracks = report.predictions
    pts = np.round(np.asarray(report.frame_pts_seconds, np.float64), 6)
    nobody = np.ones(len(pts), np.bool_)
    for track in tracks:
        nobody[track.frame_indices] = False
    frames = np.concatenate([*(t.frame_indices for t in tracks), np.flatnonzero(nobody)]).astype(np.int64)
    order = np.argsort(frames, kind="stable")

    def column(parts: Iterable[ArrayLike], missing: object, dtype: DTypeLike) -> NDArray[Any]:
        """One part a track, and what stands where there is nobody; in the order of the rows."""
        arrays = [np.asarray(part, dtype) for part in parts]
        return np.concatenate([*arrays, np.full(nobody.sum(), missing, dtype)])[order]

    def figures(parts: Iterable[NDArray[np.float32]]) -> NDArray[np.float64]:
        return np.round(column(parts, np.nan, np.float64), 4)

    emotion = column(
        (_emotions(p.pts_seconds, t) for p, t in zip(tracks, report.timelines, strict=True)), None, object
    )
    words = dict.fromkeys([*names, *(s.emotion for timeline in report.timelines for s in timeline)])
    phase = column((t.phase_probs.argmax(axis=1) for t in tracks), -1, np.int64)
    track_id = column((np.full(len(t), t.track_id) for t in tracks), -1, np.int64)
    trusted = column((j.trusted for j in report.judgements), False, np.bool_)
    people = (np.full(len(t), report.persons.get(t.track_id), object) for t in tracks)
    empty = track_id < 0
    return pd.DataFrame(
        {
            "frame": frames[order],
            "pts_s": pts[frames[order]],
            "track_id": pd.arrays.IntegerArray(track_id, empty),
            "emotion": pd.Categorical(emotion, [*words]),
            "phase": pd.Categorical.from_codes(phase, PHASES),
            "intensity": figures(t.intensity for t in tracks),
            **{f"p_{n}": figures(t.emotion_probs[:, k] for t in tracks) for k, n in enumerate(names)},
            "trusted": pd.arrays.BooleanArray(trusted, empty),
            "reason": pd.array(column((_reasons(j) for j in report.judgements), None, object), "string"),
            "person_id": pd.array(column(people, None, object), "string"),
        }
    )


def _emotions(pts_seconds: NDArray[np.float64], timeline: Timeline) -> NDArray[np.object_]:
    """Of the segment on show at each time; None in a gap."""
    labels = np.array([None, *(s.emotion for s in timeline)], object)
    starts = np.array([s.start_seconds for s in timeline])
    ends = np.array([-np.inf, *(s.end_seconds for s in timeline)])
    at = np.searchsorted(starts, pts_seconds, side="right")
    return labels[np.where(pts_seconds < ends[at], at, 0)]


def _reasons(judgement: Judgement) -> NDArray[np.object_]:
    """What each row failed on, joined by ``+``; empty where it passed."""
    codes = judgement.failed @ (1 << np.arange(len(REASONS)))
    words = {
        int(code): "+".join(r for n, r in enumerate(REASONS) if code >> n & 1) for code in np.unique(codes)
    }
    return np.array([words[code] for code in codes.tolist()], object)
