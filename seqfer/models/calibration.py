"""The temperature that makes confidences mean what they say (Guo et al. 2017, arXiv:1706.04599)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from .base import SequenceModel

_TEMPERATURES = np.geomspace(0.05, 5.0, 81)


def best_temperature(logits: Tensor, truth: Tensor, among: NDArray[np.float64] = _TEMPERATURES) -> float:
    """What to divide logits (N, K) by for ``truth`` to be most likely: int64 (N,), or shares (N, K)."""
    losses = [float(F.cross_entropy(logits / t, truth)) for t in among]
    return float(among[int(np.argmin(losses))])


@torch.no_grad()
def calibrate(model: SequenceModel, batches: Iterable[Mapping[str, Tensor]]) -> None:
    """Set the model's temperature by windows that it did not learn from.

    Of n windows one more counts, which shows anything (as Platt 1999 does, Advances in Large Margin
    Classifiers): who is right about four of four is not certain yet. Where no moment is labelled, nothing
    changes.

    Args:
        model: in evaluation mode, on the device of the batches.
        batches: as :class:`seqfer.data.TrackWindows` gives them.
    """
    logits, truth, windows = [], [], 0
    for batch in batches:
        told = batch["mask"] & (batch["emotion"].sum(dim=-1) > 0)
        logits.append(model.look(batch).emotion_logits[told].float())
        truth.append(batch["emotion"][told].float())
        windows += int(told.any(dim=1).sum())
    if windows:
        doubt = 1 / (windows + 1)
        shares = torch.cat(truth)
        shares = (1 - doubt) * shares + doubt / shares.shape[1]
        model.temperature.fill_(best_temperature(torch.cat(logits), shares))
