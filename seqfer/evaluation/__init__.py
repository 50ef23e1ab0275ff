"""Metrics of predictions against labels, protocols, reports.

What needs PyTorch is in :mod:`.scoring` and imported by those who score models.
"""

from .cross import write_cross
from .metrics import (
    confusion_matrix,
    expected_calibration_error,
    macro_f1,
    unweighted_average_recall,
    weighted_average_recall,
)
from .report import as_markdown, draw_confusion, summarise, write_report
from .tally import Tally, bootstrap

__all__ = [
    "Tally",
    "as_markdown",
    "bootstrap",
    "confusion_matrix",
    "draw_confusion",
    "expected_calibration_error",
    "macro_f1",
    "summarise",
    "unweighted_average_recall",
    "weighted_average_recall",
    "write_cross",
    "write_report",
]
