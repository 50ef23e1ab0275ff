"""Metrics of predictions against labels."""

from .metrics import (
    confusion_matrix,
    expected_calibration_error,
    macro_f1,
    unweighted_average_recall,
    weighted_average_recall,
)

__all__ = [
    "confusion_matrix",
    "expected_calibration_error",
    "macro_f1",
    "unweighted_average_recall",
    "weighted_average_recall",
]
