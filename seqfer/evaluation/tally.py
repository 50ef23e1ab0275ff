"""What is counted of each subject, so that scores of any group of subjects are sums away."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .metrics import confusion_matrix, macro_f1, unweighted_average_recall, weighted_average_recall
from .timelines import OVERLAPS

_BINS = 15
_Scorer = Callable[["Tally"], float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Tally:
    """Counts that add up.

    Attributes:
        frames, clips: float (K, K), how often the row's emotion was called the column's.
        frame_bins, clip_bins: float (15, 2), by confidence: how many, and right ones less confidence.
        edit: float (2,), sum of edit scores, faces.
        segments: float (3, 3), found, invented, missed at each of :data:`~.timelines.OVERLAPS`.
        transitions: float (3,), found, invented, missed.
        onset, apex: float (2,), sum of absolute errors in seconds, how many.
    """

    frames: NDArray[np.float64]
    clips: NDArray[np.float64]
    frame_bins: NDArray[np.float64]
    clip_bins: NDArray[np.float64]
    edit: NDArray[np.float64]
    segments: NDArray[np.float64]
    transitions: NDArray[np.float64]
    onset: NDArray[np.float64]
    apex: NDArray[np.float64]

    @classmethod
    def nothing(cls, num_emotions: int) -> Tally:
        """Nothing counted yet."""
        k = num_emotions
        shapes = dict(
            frames=(k, k), clips=(k, k), frame_bins=(_BINS, 2), clip_bins=(_BINS, 2), edit=(2,),
            segments=(len(OVERLAPS), 3), transitions=(3,), onset=(2,), apex=(2,),
        )  # fmt: skip
        return cls(**{name: np.zeros(shape) for name, shape in shapes.items()})

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in dataclasses.fields(Tally)}
        )

    @property
    def vector(self) -> NDArray[np.float64]:
        """All counts in one row."""
        return np.concatenate([getattr(self, f.name).ravel() for f in dataclasses.fields(Tally)])

    def like(self, vector: NDArray[np.float64]) -> Tally:
        """The counts that a row of this tally's shape stands for."""
        parts, start = {}, 0
        for field in dataclasses.fields(Tally):
            shape = getattr(self, field.name).shape
            stop = start + int(np.prod(shape))
            parts[field.name] = vector[start:stop].reshape(shape)
            start = stop
        return Tally(**parts)


def decisions(probs: ArrayLike, truth: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Confusion (K, K) and calibration bins (15, 2) of probabilities (N, K) against columns (N,)."""
    probs, truth = np.asarray(probs, np.float64), np.asarray(truth, np.int64)
    bins = np.zeros((_BINS, 2))
    confidence, guess = probs.max(axis=1), probs.argmax(axis=1)
    which = np.clip(np.ceil(confidence * _BINS).astype(int) - 1, 0, _BINS - 1)
    np.add.at(bins[:, 0], which, 1.0)
    np.add.at(bins[:, 1], which, (guess == truth) - confidence)
    return confusion_matrix(truth, guess, probs.shape[1]).astype(np.float64), bins


#: Scores of frames and of clips, from a confusion matrix and bins.
_OF_DECISIONS: dict[str, Callable[[NDArray, NDArray], float]] = {
    "war": lambda counts, bins: weighted_average_recall(counts),
    "uar": lambda counts, bins: unweighted_average_recall(counts),
    "macro_f1": lambda counts, bins: macro_f1(counts),
    "ece": lambda counts, bins: _over(float(np.abs(bins[:, 1]).sum()), float(bins[:, 0].sum())),
}


def scorers() -> Mapping[str, Mapping[str, _Scorer]]:
    """Every score by group and name: ``frames``, ``clips``, ``timelines``."""

    def of(part: str, name: str) -> _Scorer:
        rule, bins = _OF_DECISIONS[name], f"{part[:-1]}_bins"
        return lambda t: rule(getattr(t, part), getattr(t, bins))

    def overlap(i: int) -> _Scorer:
        return lambda t: f1_score(t.segments[i])

    timelines: dict[str, _Scorer] = {
        "frame_accuracy": lambda t: weighted_average_recall(t.frames),
        "edit": lambda t: _over(*t.edit),
        **{f"f1@{round(100 * o)}": overlap(i) for i, o in enumerate(OVERLAPS)},
        "transition_f1": lambda t: f1_score(t.transitions),
        "onset_error_s": lambda t: _over(*t.onset),
        "apex_error_s": lambda t: _over(*t.apex),
    }
    return {
        "frames": {name: of("frames", name) for name in _OF_DECISIONS},
        "clips": {name: of("clips", name) for name in _OF_DECISIONS},
        "timelines": timelines,
    }


def recalls(counts: NDArray[np.float64]) -> list[float]:
    """The share of each emotion that is found; NaN for those that do not occur."""
    return [_over(row[i], row.sum()) for i, row in enumerate(counts)]


def f1_score(counts: Sequence[float] | NDArray[np.float64]) -> float:
    """F1 of found, invented, missed; NaN where there is nothing to find and nothing was invented."""
    found, invented, missed = counts
    return _over(2 * float(found), 2 * float(found) + float(invented) + float(missed))


def bootstrap(
    tallies: Mapping[str, Tally], *, rounds: int = 1000, level: float = 0.95, seed: int = 0
) -> dict[str, dict[str, dict[str, float | None]]]:
    """Every score, with an interval over subjects: people drawn with repetition (Efron & Tibshirani 1993).

    Args:
        tallies: of each subject.
        rounds: draws.
        level: share of the draws within the interval.
        seed: of the draws.

    Returns:
        ``{group: {score: {value, low, high}}}``; groups without anything counted are left out, low and high
        are None where there is one subject only, or where fewer than half of the draws have a value.
    """
    ordered = [tallies[name] for name in sorted(tallies)]
    table = np.stack([t.vector for t in ordered])
    total = ordered[0].like(table.sum(axis=0))
    weights = np.random.default_rng(seed).multinomial(
        len(ordered), np.full(len(ordered), 1 / len(ordered)), size=rounds
    )
    drawn = [total.like(row) for row in weights @ table]
    found: dict[str, dict[str, dict[str, float | None]]] = {}
    for group, rules in scorers().items():
        counted = {"frames": total.frames, "clips": total.clips, "timelines": total.edit}[group]
        if not counted.any():
            continue
        found[group] = {}
        for name, rule in rules.items():
            value = rule(total)
            if np.isnan(value):
                continue
            low = high = None
            if len(ordered) > 1:
                values = np.array([rule(t) for t in drawn])
                values = values[~np.isnan(values)]
                if len(values) >= rounds / 2:
                    edge = (1 - level) / 2
                    low, high = (round(float(v), 4) for v in np.quantile(values, (edge, 1 - edge)))
            found[group][name] = {"value": round(value, 4), "low": low, "high": high}
    return found


def _over(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else float("nan")
