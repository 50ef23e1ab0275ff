"""Scores while training (torchmetrics)."""

from __future__ import annotations

from torchmetrics import MetricCollection
from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score


def sequence_metrics(num_emotions: int, prefix: str) -> MetricCollection:
    """WAR (accuracy), UAR (mean recall) and macro F1, the field's names for them."""
    return MetricCollection(
        {
            "war": MulticlassAccuracy(num_emotions, average="micro"),
            "uar": MulticlassAccuracy(num_emotions, average="macro"),
            "f1": MulticlassF1Score(num_emotions, average="macro"),
        },
        prefix=prefix,
    )
