"""Scores while training (torchmetrics)."""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics.classification import MulticlassConfusionMatrix


class SequenceScores(MulticlassConfusionMatrix):
    """WAR (accuracy), UAR (mean recall) and macro F1, the field's names for them.

    UAR is over the emotions that occur, F1 over those that occur or are guessed; summed over processes.
    """

    def rates(self) -> dict[str, Tensor]:
        """The scores by name."""
        counts = self.compute().to(torch.float32)
        right, true, guessed = counts.diagonal(), counts.sum(dim=1), counts.sum(dim=0)
        occurs, either = true > 0, true + guessed > 0
        return {
            "war": right.sum() / true.sum().clamp_min(1),
            "uar": (right[occurs] / true[occurs]).sum() / occurs.sum().clamp_min(1),
            "f1": (2 * right[either] / (true + guessed)[either]).sum() / either.sum().clamp_min(1),
        }
