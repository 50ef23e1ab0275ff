"""What every temporal model shares: the frame encoder, the heads, the loss, the training steps.

A temporal model is two networks: :meth:`SequenceModel.encode` sees one face at a time and is run once
per frame; :meth:`SequenceModel.temporal` sees the features of a whole stretch, evenly spaced in time at
``sample_rate_hz``, so that what it learns does not depend on a video's frame rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from ..labels import EMOTIONS, PHASES, as_vocabulary
from .encoder import FrameEncoder
from .losses import LossWeights, SequenceOutputs, clip_probabilities, sequence_loss
from .scores import sequence_metrics


class SequenceModel(pl.LightningModule):
    """Base of :class:`~seqfer.models.CnnRnn` and :class:`~seqfer.models.ConvLstm`.

    Args:
        vocabulary: names of the emotions, in the order of the outputs' columns.
        encoder: name or path of a saved model whose encoder to start from (``bundled``), or the
            arguments of :class:`~seqfer.models.encoder.FrameEncoder` for one that starts from nothing.
        sample_rate_hz: frames per second that :meth:`temporal` sees.
        freeze_encoder: the encoder is not trained.
        learning_rate, weight_decay: AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101).
        encoder_learning_rate: of the encoder, where it is trained.
        loss: weights of the parts of the loss.

    Attributes:
        arguments: what builds the same network again, with ``encoder`` spelt out (JSON values only).
        temperature: logits of emotions are divided by this, for calibrated probabilities (Guo et al.
            2017, arXiv:1706.04599).
    """

    temperature: Tensor

    def __init__(
        self,
        *,
        vocabulary: Sequence[str] = EMOTIONS,
        encoder: str | Mapping[str, Any] = "bundled",
        sample_rate_hz: float = 25.0,
        freeze_encoder: bool = True,
        learning_rate: float = 1e-3,
        encoder_learning_rate: float = 1e-4,
        weight_decay: float = 1e-2,
        loss: LossWeights | None = None,
    ) -> None:
        super().__init__()
        if not sample_rate_hz > 0:
            raise ValueError(f"sample_rate_hz must be above 0, got {sample_rate_hz}")
        self.vocabulary = as_vocabulary(vocabulary)
        self.sample_rate_hz = float(sample_rate_hz)
        self.freeze_encoder = freeze_encoder
        self.rates = (learning_rate, encoder_learning_rate, weight_decay)
        self.loss_weights = loss or LossWeights()
        self._warm = isinstance(encoder, str)
        self.encoder = _build_encoder(encoder, self.vocabulary.names)
        self.encoder.requires_grad_(not freeze_encoder)
        self.register_buffer("temperature", torch.ones(()))
        self.frame_scores = sequence_metrics(len(self.vocabulary), "val/")
        self.clip_scores = sequence_metrics(len(self.vocabulary), "val/clip_")
        self.arguments: dict[str, Any] = {
            "vocabulary": list(self.vocabulary),
            "encoder": self.encoder.arguments,
            "sample_rate_hz": self.sample_rate_hz,
        }

    def encode(self, crops: Tensor) -> Tensor:
        """Faces to features, one by one.

        Args:
            crops: uint8 (N, S, S, 3), aligned RGB.

        Returns:
            float32 (N, ...), the features of each.
        """
        raise NotImplementedError

    def temporal(self, features: Tensor, mask: Tensor) -> SequenceOutputs:
        """Features of stretches of time to what each moment shows.

        Args:
            features: float32 (B, T, ...), as :meth:`encode` gives them, ``sample_rate_hz`` a second.
            mask: bool (B, T), False where a row of the batch is padded; padding comes last.

        Returns:
            logits and intensity of each moment; what stands at padding means nothing.
        """
        raise NotImplementedError

    def forward(self, crops: Tensor, mask: Tensor | None = None) -> SequenceOutputs:
        """Both networks: uint8 crops (B, T, S, S, 3) and mask (B, T) to outputs (B, T, ...)."""
        if mask is None:
            mask = torch.ones(crops.shape[:2], dtype=torch.bool, device=crops.device)
        seen = self.encode(crops[mask])  # padding is not encoded
        features = seen.new_zeros(*mask.shape, *seen.shape[1:]).masked_scatter(
            mask.view(*mask.shape, *[1] * (seen.ndim - 1)), seen
        )
        return self.temporal(features, mask)

    def training_step(self, batch: Mapping[str, Tensor], batch_idx: int) -> Tensor:
        """Loss of a batch of windows; see :class:`seqfer.data.TrackWindows` for its entries."""
        parts = sequence_loss(self(batch["crops"], batch["mask"]), batch, self.loss_weights)
        for name, value in parts.items():
            self.log(f"train/{name}", value, prog_bar=name == "loss", batch_size=len(batch["mask"]))
        return parts["loss"]

    def validation_step(self, batch: Mapping[str, Tensor], batch_idx: int) -> None:
        """Loss and scores; frames without a label count for nothing."""
        outputs = self(batch["crops"], batch["mask"])
        parts = sequence_loss(outputs, batch, self.loss_weights)
        for name, value in parts.items():
            self.log(f"val/{name}", value, prog_bar=name == "loss", batch_size=len(batch["mask"]))
        labelled = batch["mask"] & (batch["emotion"].sum(dim=-1) > 0)
        if labelled.any():
            truth = batch["emotion"][labelled].argmax(dim=-1)
            self.frame_scores.update(outputs.emotion_logits[labelled].argmax(dim=-1), truth)
        whole = batch["clip_emotion"] >= 0
        if whole.any():
            guess = clip_probabilities(outputs.emotion_logits, batch["mask"])[whole].argmax(dim=-1)
            self.clip_scores.update(guess, batch["clip_emotion"][whole])

    def on_validation_epoch_end(self) -> None:
        for scores in (self.frame_scores, self.clip_scores):
            if next(iter(scores.values())).update_called:
                self.log_dict(scores.compute(), prog_bar=scores is self.frame_scores)
            scores.reset()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW, the encoder at its own rate where it is trained."""
        rate, encoder_rate, decay = self.rates
        inside = {id(p) for p in self.encoder.parameters()}
        groups = [{"params": [p for p in self.parameters() if id(p) not in inside], "lr": rate}]
        if not self.freeze_encoder:
            groups.append({"params": list(self.encoder.parameters()), "lr": encoder_rate})
        return torch.optim.AdamW(groups, weight_decay=decay)

    def train(self, mode: bool = True) -> SequenceModel:
        """As always, but a warm-started or frozen encoder keeps the statistics it came with.

        Windows of a few faces, each many times nearly the same, are no batch to take statistics from.
        """
        super().train(mode)
        if self._warm or self.freeze_encoder:
            for module in self.encoder.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Lightning's checkpoints also tell :func:`seqfer.models.load_model` what network this is."""
        from .weights import describe

        checkpoint["seqfer"] = describe(self, {})


class Heads(nn.Module):
    """Three linear readings of a moment: emotion, phase, intensity."""

    def __init__(self, num_inputs: int, num_emotions: int) -> None:
        super().__init__()
        self.emotion = nn.Linear(num_inputs, num_emotions)
        self.phase = nn.Linear(num_inputs, len(PHASES))
        self.intensity = nn.Linear(num_inputs, 1)

    def forward(self, x: Tensor) -> SequenceOutputs:
        return SequenceOutputs(self.emotion(x), self.phase(x), torch.sigmoid(self.intensity(x)[..., 0]))


def _build_encoder(encoder: str | Mapping[str, Any], names: tuple[str, ...]) -> FrameEncoder:
    if not isinstance(encoder, str):
        return FrameEncoder(**{"num_classes": len(names), **encoder})
    from .weights import load_model  # saved models are of this class

    return load_model(encoder).encoder
