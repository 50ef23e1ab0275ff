"""Metrics agree with torchmetrics and with what can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import (
    multiclass_accuracy,
    multiclass_calibration_error,
    multiclass_f1_score,
)

from seqfer.evaluation import (
    confusion_matrix,
    expected_calibration_error,
    macro_f1,
    unweighted_average_recall,
    weighted_average_recall,
)


def test_metrics_agree_with_torchmetrics():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 5, 400)
    probs = rng.dirichlet(np.ones(5), 400) + 0.4 * np.eye(5)[truth]
    probs /= probs.sum(axis=1, keepdims=True)
    counts = confusion_matrix(truth, probs.argmax(axis=1), 5)
    t, p = torch.from_numpy(truth), torch.from_numpy(probs)
    assert counts.sum() == 400
    assert weighted_average_recall(counts) == pytest.approx(
        float(multiclass_accuracy(p, t, 5, average="micro"))
    )
    assert unweighted_average_recall(counts) == pytest.approx(float(multiclass_accuracy(p, t, 5)))
    assert macro_f1(counts) == pytest.approx(float(multiclass_f1_score(p, t, 5)))
    ece = float(multiclass_calibration_error(p, t, 5, n_bins=15))
    assert expected_calibration_error(probs, truth) == pytest.approx(ece, abs=1e-6)


def test_absent_classes_do_not_count_and_nothing_is_nan():
    counts = confusion_matrix([0, 0, 1], [0, 1, 1], 4)
    assert counts.tolist()[:2] == [[1, 1, 0, 0], [0, 1, 0, 0]]
    assert unweighted_average_recall(counts) == pytest.approx(0.75)
    assert np.isnan(weighted_average_recall(confusion_matrix([], [], 3)))
    with pytest.raises(ValueError, match="0 to 1"):
        confusion_matrix([0, 2], [0, 1], 2)
