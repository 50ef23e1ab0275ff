"""What every temporal model shares: the heads, the loss, the training steps.

A temporal model is two networks: :meth:`SequenceModel.encode` sees one face at a time and is run once
per frame; :meth:`SequenceModel.temporal` sees the features of a whole stretch, evenly spaced in time at
``sample_rate_hz``, so that what it learns does not depend on a video's frame rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torchmetrics import MeanMetric

from ..labels import EMOTIONS, PHASES, as_vocabulary
from .losses import LossWeights, SequenceOutputs, class_weights, clip_probabilities, sequence_loss
from .scores import SequenceScores


class SequenceModel(pl.LightningModule):
    """Base of all models.

    Args:
        vocabulary: names of the emotions, in the order of the outputs' columns.
        sample_rate_hz: frames per second that :meth:`temporal` sees.
        learning_rate, weight_decay: AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101).
        loss: weights of the parts of the loss.

    Attributes:
        inputs: what :meth:`encode` takes of a face.
        by_gradient: it is trained by gradients; else it sees the data once, and solves.
        arguments: what builds the same network again (JSON values only).
        trained_on: names of the people that it, and what it started from, learnt from, as far as is known.
        temperature: logits of emotions are divided by this, for calibrated probabilities (Guo et al.
            2017, arXiv:1706.04599).
    """

    inputs: ClassVar[Literal["crops", "landmarks"]] = "crops"
    by_gradient: ClassVar[bool] = True
    temperature: Tensor

    def __init__(
        self,
        *,
        vocabulary: Sequence[str] | str = EMOTIONS,
        sample_rate_hz: float = 25.0,
        learning_rate: float = 1e-3,
        weight_decay: float = 1e-2,
        loss: LossWeights | None = None,
    ) -> None:
        super().__init__()
        if not sample_rate_hz > 0:
            raise ValueError(f"sample_rate_hz must be above 0, got {sample_rate_hz}")
        self.vocabulary = as_vocabulary(vocabulary)
        self.sample_rate_hz = float(sample_rate_hz)
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.loss_weights = loss or LossWeights()
        self.trained_on: tuple[str, ...] = ()
        self._of_class: Tensor | None = None
        self.register_buffer("temperature", torch.ones(()))
        self.val_loss = MeanMetric()
        self.frame_scores = SequenceScores(len(self.vocabulary))
        self.clip_scores = SequenceScores(len(self.vocabulary))
        self.arguments: dict[str, Any] = {
            "vocabulary": list(self.vocabulary),
            "sample_rate_hz": self.sample_rate_hz,
        }

    @property
    def input_size(self) -> int | None:
        """Side of the picture that :meth:`encode` makes of a face, pixels; None where it sees none."""
        return None

    @property
    def keeps_features(self) -> bool:
        """Features of a face do not change while it is trained, and are kept in memory."""
        return False

    @classmethod
    def read(cls, track: Any, start: int, stop: int) -> Tensor:
        """Rows of a track as :meth:`encode` takes them."""
        return torch.from_numpy(np.ascontiguousarray(track.crops(start, stop)))

    def encode(self, crops: Tensor) -> Tensor:
        """Faces to features, one by one.

        Args:
            crops: uint8 (N, S, S, 3), aligned RGB; or of models with ``inputs`` landmarks, float32 (N, L, 2).

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

    def forward(self, faces: Tensor, mask: Tensor | None = None) -> SequenceOutputs:
        """Both networks: faces (B, T, ...), as :meth:`encode` takes them, and mask (B, T) to outputs."""
        if mask is None:
            mask = torch.ones(faces.shape[:2], dtype=torch.bool, device=faces.device)
        shown = mask if mask.any() else torch.ones_like(mask[:, :1]).expand_as(mask)  # of nothing, anything
        seen = self.encode(faces[shown])  # padding is not encoded
        features = seen.new_zeros(*mask.shape, *seen.shape[1:]).masked_scatter(
            shown.view(*mask.shape, *[1] * (seen.ndim - 1)), seen
        )
        return self.temporal(features, mask)

    def look(self, batch: Mapping[str, Tensor]) -> SequenceOutputs:
        """What the model says of a batch of windows, of faces or of their features."""
        if "features" in batch:
            return self.temporal(batch["features"], batch["mask"])
        return self(batch[self.inputs], batch["mask"])

    def training_step(self, batch: Mapping[str, Tensor], batch_idx: int) -> Tensor:
        """Loss of a batch of windows; see :class:`seqfer.data.TrackWindows` for its entries.

        Raises:
            ValueError: it is no number any more.
        """
        outputs = self.look(batch)
        parts = sequence_loss(outputs, batch, self.loss_weights, self._of_class)
        if not torch.isfinite(parts["loss"]):
            raise ValueError(
                f"the loss is {parts['loss']:g} in step {self.global_step + 1}: the training diverged "
                "(lower learning rates may help), or what it reads is broken"
            )
        for name, value in parts.items():
            self.log(f"train/{name}", value, prog_bar=name == "loss", batch_size=len(batch["mask"]))
        return parts["loss"]

    def validation_step(self, batch: Mapping[str, Tensor], batch_idx: int) -> None:
        """Loss and scores; frames without a label count for nothing."""
        outputs = self.look(batch)
        loss = sequence_loss(outputs, batch, self.loss_weights, self._of_class)["loss"]
        count = int(batch["mask"].any(dim=1).sum())  # not what fills up the last batch of a process
        self.val_loss.update(loss.detach(), weight=count)
        labelled = batch["mask"] & (batch["emotion"].sum(dim=-1) > 0)
        if labelled.any():
            truth = batch["emotion"][labelled].argmax(dim=-1)
            self.frame_scores.update(outputs.emotion_logits[labelled].argmax(dim=-1), truth)
        whole = batch["clip_emotion"] >= 0
        if whole.any():
            guess = clip_probabilities(outputs, batch["mask"])[whole].argmax(dim=-1)
            self.clip_scores.update(guess, batch["clip_emotion"][whole])

    def on_validation_epoch_end(self) -> None:
        """Scores of frames as ``val/war`` and so on, of clips as ``val/clip_war``.

        Where only clips are labelled, ``val/war`` and so on are theirs.
        """
        self.log("val/loss", self.val_loss.compute(), prog_bar=True)
        self.val_loss.reset()
        told = False
        for scores, prefix in ((self.frame_scores, "val/"), (self.clip_scores, "val/clip_")):
            # Of several processes, one may have had nothing to score: they still sum together.
            if self.trainer.strategy.reduce_boolean_decision(scores.update_called, all=False):
                rates = scores.rates()
                self.log_dict({prefix + name: rate for name, rate in rates.items()}, prog_bar=not told)
                if not told and prefix != "val/":
                    self.log_dict({f"val/{name}": rate for name, rate in rates.items()})
                told = True
            scores.reset()

    def on_fit_start(self) -> None:
        """Weigh emotions by how often the training data shows them, where asked for; make kept features."""
        data = getattr(self.trainer, "datamodule", None)
        counts = getattr(data, "class_counts", None)
        if self.loss_weights.class_balance and counts is not None:
            self._of_class = class_weights(counts, self.loss_weights.class_balance).to(self.device)
        if self.keeps_features and data is not None:
            data.keep_features(self)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW, of what is trained."""
        trained = [p for p in self.parameters() if p.requires_grad]
        return torch.optim.AdamW(trained, lr=self.learning_rate, weight_decay=self.weight_decay)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Lightning's checkpoints also tell :func:`seqfer.models.load_model` what network this is."""
        from .weights import describe

        checkpoint["seqfer"] = describe(self, {"training_subjects": list(self.trained_on)})


class Heads(nn.Module):
    """Three linear readings of a moment: emotion, phase, intensity."""

    def __init__(self, num_inputs: int, num_emotions: int) -> None:
        super().__init__()
        self.emotion = nn.Linear(num_inputs, num_emotions)
        self.phase = nn.Linear(num_inputs, len(PHASES))
        self.intensity = nn.Linear(num_inputs, 1)

    def forward(self, x: Tensor) -> SequenceOutputs:
        return SequenceOutputs(self.emotion(x), self.phase(x), torch.sigmoid(self.intensity(x)[..., 0]))
