"""Scores on arrays, under the names the field uses: WAR, UAR, macro F1, calibration error."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def confusion_matrix(truth: ArrayLike, guess: ArrayLike, num_classes: int) -> NDArray[np.int64]:
    """Counts (K, K): row the truth, column the guess.

    Args:
        truth, guess: integers (N,), 0 to K - 1.

    Raises:
        ValueError: of different length, or a class out of range.
    """
    truth, guess = np.asarray(truth, np.int64).ravel(), np.asarray(guess, np.int64).ravel()
    if truth.shape != guess.shape:
        raise ValueError(f"truth and guess must be of one length, got {len(truth)} and {len(guess)}")
    both = np.concatenate([truth, guess])
    if both.size and (both.min() < 0 or both.max() >= num_classes):
        raise ValueError(f"classes must be 0 to {num_classes - 1}, got {both.min()} to {both.max()}")
    counts = np.bincount(truth * num_classes + guess, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def weighted_average_recall(confusion: ArrayLike) -> float:
    """WAR: the share that is right (accuracy); NaN of nothing."""
    confusion = np.asarray(confusion, float)
    return _ratio(float(np.trace(confusion)), float(confusion.sum()))


def unweighted_average_recall(confusion: ArrayLike) -> float:
    """UAR: the mean, over the classes that occur, of the share of each that is found; NaN of nothing."""
    confusion = np.asarray(confusion, float)
    totals = confusion.sum(axis=1)
    occurs = totals > 0
    return float(np.mean(np.diag(confusion)[occurs] / totals[occurs])) if occurs.any() else float("nan")


def macro_f1(confusion: ArrayLike) -> float:
    """The mean F1 over the classes that occur in truth or guess; NaN of nothing."""
    confusion = np.asarray(confusion, float)
    both = confusion.sum(axis=0) + confusion.sum(axis=1)
    occurs = both > 0
    return float(np.mean(2 * np.diag(confusion)[occurs] / both[occurs])) if occurs.any() else float("nan")


def expected_calibration_error(probs: ArrayLike, truth: ArrayLike, *, bins: int = 15) -> float:
    """How far confidence is from accuracy (Guo et al. 2017, arXiv:1706.04599), 0 to 1; NaN of nothing.

    Args:
        probs: (N, K), rows sum to 1.
        truth: integers (N,).
        bins: of equal width, by the probability of the guess.
    """
    probs, truth = np.asarray(probs, float), np.asarray(truth, np.int64)
    if probs.ndim != 2 or len(probs) != len(truth):
        raise ValueError(f"probs must be (N, K) and truth (N,), got {probs.shape} and {truth.shape}")
    if not len(truth):
        return float("nan")
    confidence, right = probs.max(axis=1), probs.argmax(axis=1) == truth
    which = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = [abs(float((right[which == b] - confidence[which == b]).sum())) for b in range(bins)]
    return sum(gaps) / len(truth)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
