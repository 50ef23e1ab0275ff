"""The loss of temporal models: what is labelled counts, what is not does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
        attention: (B, T), how much each moment says of the whole clip, sums to 1; None for all the same.
    """

    emotion_logits: Tensor
    phase_logits: Tensor
    intensity: Tensor
    attention: Tensor | None = None


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """How much each part of the loss counts.

    Attributes:
        focus: moments that are told well already count less: the cross-entropy of emotions is multiplied by
            (1 - probability) ** focus (focal loss, Lin et al. 2017, arXiv:1708.02002); 0 is plain.
        class_balance: moments of emotion k count ~ (its share of the training data) ** -class_balance; 0 is
            all the same, 1 gives every emotion the same sum.
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
    focus: float = 0.0
    class_balance: float = 0.0

    def __post_init__(self) -> None:
        if not self.focus >= 0 or not 0 <= self.class_balance <= 1:
            raise ValueError(
                f"focus must be 0 or more, class_balance 0 to 1, got {self.focus} and {self.class_balance}"
            )


def class_weights(counts: Sequence[float], balance: float) -> Tensor:
    """What a moment of each emotion counts, (K,), 1 on average over the data: see :class:`LossWeights`.

    Args:
        counts: labelled moments of each emotion; those without any count 1.
        balance: 0 to 1.
    """
    amounts = torch.tensor(counts, dtype=torch.float32)
    present = amounts > 0
    weights = torch.where(present, amounts.clamp_min(1e-9), 1.0) ** -balance
    mean = (weights * amounts).sum() / amounts.sum().clamp_min(1e-9)
    return torch.where(present, weights / mean.clamp_min(1e-9), 1.0)


def sequence_loss(
    outputs: SequenceOutputs,
    targets: Mapping[str, Tensor],
    weights: LossWeights,
    of_class: Tensor | None = None,
) -> dict[str, Tensor]:
    """Parts of the loss, each a mean over what is labelled, and their weighted sum ``loss``.

    Args:
        outputs: of the model.
        targets: ``mask`` bool (B, T); ``emotion`` float (B, T, K), shares that sum to 1, or all 0 where
            unlabelled; ``phase`` int64 (B, T), ``NO_LABEL`` where unlabelled; ``intensity`` float (B, T),
            NaN where unlabelled; ``clip_emotion`` int64 (B,), ``NO_LABEL`` where unlabelled.
        weights: of the parts. A part without any label is left out.
        of_class: (K,), what a moment (or clip) of each emotion counts; see :func:`class_weights`.
    """
    mask = targets["mask"]
    log_probs = F.log_softmax(outputs.emotion_logits, dim=-1)
    parts: dict[str, Tensor] = {}
    labelled = mask & (targets["emotion"].sum(dim=-1) > 0)
    if labelled.any():
        parts["emotion"] = _told(log_probs[labelled], targets["emotion"][labelled], weights.focus, of_class)
    phased = mask & (targets["phase"] != NO_LABEL)
    if phased.any():
        parts["phase"] = F.cross_entropy(outputs.phase_logits[phased], targets["phase"][phased])
    rated = mask & ~torch.isnan(targets["intensity"])
    if rated.any():
        parts["intensity"] = 10 * (outputs.intensity[rated] - targets["intensity"][rated]).abs().mean()
    whole = targets["clip_emotion"] != NO_LABEL
    if whole.any():
        probs = clip_probabilities(outputs, mask)[whole]
        truth = F.one_hot(targets["clip_emotion"][whole], probs.shape[-1]).to(probs.dtype)
        parts["clip"] = _told(probs.clamp_min(1e-6).log(), truth, weights.focus, of_class)
    both = mask[:, 1:] & mask[:, :-1]
    if both.any() and weights.flicker:
        step = log_probs[:, 1:] - log_probs[:, :-1].detach()
        parts["flicker"] = step.clamp(-_JUMP, _JUMP).square().mean(dim=-1)[both].mean()
    # A batch without any label has a loss too: none. Every part of a network has a gradient, if only 0:
    # processes that train together wait for each.
    total = sum((part.sum() * 0.0 for part in outputs if part is not None), log_probs.new_zeros(()))
    for name, value in parts.items():
        total = total + getattr(weights, name) * value
    return {"loss": total, **parts}


def clip_probabilities(outputs: SequenceOutputs, mask: Tensor) -> Tensor:
    """Probabilities of a whole clip's emotion (B, K): the mean over its frames, padding aside.

    Where the model says how much each moment counts, the mean is weighted by that.
    """
    shown = F.softmax(outputs.emotion_logits, dim=-1)
    weights = mask.to(shown.dtype) if outputs.attention is None else outputs.attention * mask
    return (shown * weights[..., None]).sum(dim=1) / weights.sum(dim=1, keepdim=True).clamp_min(1e-6)


def _told(log_probs: Tensor, truth: Tensor, focus: float, of_class: Tensor | None) -> Tensor:
    """Cross-entropy of log-probabilities (n, K) against shares (n, K), by focus and class weights."""
    each = -truth * log_probs
    if focus:
        each = each * (1 - log_probs.exp()).clamp_min(0) ** focus
    if of_class is None:
        return each.sum(dim=-1).mean()
    return (each * of_class).sum() / (truth * of_class).sum().clamp_min(1e-6)
