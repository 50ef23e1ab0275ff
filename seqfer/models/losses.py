"""The loss of temporal models: what is labelled counts, what is not does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

NO_LABEL = -100
_JUMP = 4.0  # differences of log-probabilities beyond this are true changes, not flicker


class SequenceOutputs(NamedTuple):
    """What a temporal model says of B stretches of T moments.

    Attributes:
        emotion_logits: (B, T, K).
        phase_logits: (B, T, 4), columns as :data:`seqfer.labels.PHASES`.
        intensity: (B, T), 0 to 1.
    """

    emotion_logits: Tensor
    phase_logits: Tensor
    intensity: Tensor


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """How much each part of the loss counts.

    Attributes:
        emotion, clip: cross-entropy of frames' and of whole clips' emotions.
        phase: cross-entropy of phases.
        intensity: mean absolute error times ten, of the order of a cross-entropy.
        flicker: squared change of log-probabilities from moment to moment, truncated
            (Farha & Gall 2019, arXiv:1903.01945).
    """

    emotion: float = 1.0
    clip: float = 1.0
    phase: float = 0.5
    intensity: float = 0.5
    flicker: float = 0.1


def sequence_loss(
    outputs: SequenceOutputs, targets: Mapping[str, Tensor], weights: LossWeights
) -> dict[str, Tensor]:
    """Parts of the loss, each a mean over what is labelled, and their weighted sum ``loss``.

    Args:
        outputs: of the model.
        targets: ``mask`` bool (B, T); ``emotion`` float (B, T, K), shares that sum to 1, or all 0 where
            unlabelled; ``phase`` int64 (B, T), ``NO_LABEL`` where unlabelled; ``intensity`` float (B, T),
            NaN where unlabelled; ``clip_emotion`` int64 (B,), ``NO_LABEL`` where unlabelled.
        weights: of the parts. A part without any label is left out.
    """
    mask = targets["mask"]
    log_probs = F.log_softmax(outputs.emotion_logits, dim=-1)
    parts: dict[str, Tensor] = {}
    labelled = mask & (targets["emotion"].sum(dim=-1) > 0)
    if labelled.any():
        parts["emotion"] = -(targets["emotion"] * log_probs).sum(dim=-1)[labelled].mean()
    phased = mask & (targets["phase"] != NO_LABEL)
    if phased.any():
        parts["phase"] = F.cross_entropy(outputs.phase_logits[phased], targets["phase"][phased])
    rated = mask & ~torch.isnan(targets["intensity"])
    if rated.any():
        parts["intensity"] = 10 * (outputs.intensity[rated] - targets["intensity"][rated]).abs().mean()
    whole = targets["clip_emotion"] != NO_LABEL
    if whole.any():
        probs = clip_probabilities(outputs.emotion_logits, mask)[whole]
        parts["clip"] = F.nll_loss(probs.clamp_min(1e-6).log(), targets["clip_emotion"][whole])
    both = mask[:, 1:] & mask[:, :-1]
    if both.any() and weights.flicker:
        step = log_probs[:, 1:] - log_probs[:, :-1].detach()
        parts["flicker"] = step.clamp(-_JUMP, _JUMP).square().mean(dim=-1)[both].mean()
    total = outputs.emotion_logits.sum() * 0.0  # a batch without any label has a loss too: none
    for name, value in parts.items():
        total = total + getattr(weights, name) * value
    return {"loss": total, **parts}


def clip_probabilities(emotion_logits: Tensor, mask: Tensor) -> Tensor:
    """Probabilities of a whole clip's emotion (B, K): the mean over its frames (B, T, K), padding aside."""
    shown = F.softmax(emotion_logits, dim=-1) * mask[..., None]
    return shown.sum(dim=1) / mask.sum(dim=1, keepdim=True).clamp_min(1)
