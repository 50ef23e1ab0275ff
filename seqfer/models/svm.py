"""Support vector machines on hand-made and on learnt features of single frames.

They are models like the others: same windows, same scores, same files (numbers in safetensors, nothing
pickled). Training looks at the data once and solves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..labels import PHASES
from .base import SequenceModel
from .calibration import best_temperature
from .encoded import EncodedModel
from .losses import NO_LABEL, SequenceOutputs
from .pictures import grey_view


class LinearMachine(nn.Module):
    """Linear SVMs (one emotion against the rest), and ridge regressions of phase and intensity.

    Args:
        num_inputs: D features.
        num_emotions: K.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, num_inputs: int, num_emotions: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(num_inputs))
        self.register_buffer("scale", torch.ones(num_inputs))
        self.emotion = nn.Linear(num_inputs, num_emotions)
        self.phase = nn.Linear(num_inputs, len(PHASES))
        self.intensity = nn.Linear(num_inputs, 1)
        for layer in (self.emotion, self.phase, self.intensity):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, features: Tensor) -> SequenceOutputs:
        """Features (..., D) to margins as logits."""
        x = (features - self.mean) / self.scale
        shown = self.intensity(x)[..., 0].clamp(0, 1)
        return SequenceOutputs(self.emotion(x), self.phase(x), shown)

    @torch.no_grad()
    def solve(
        self,
        features: NDArray[np.float32],
        emotion: NDArray[np.int64],
        phase: NDArray[np.int64],
        intensity: NDArray[np.float32],
        *,
        penalty: float,
        balanced: bool,
        seed: int = 0,
    ) -> None:
        """Fit to n frames.

        Args:
            features: (n, D).
            emotion: (n,), a column or ``NO_LABEL``; phase: (n,), likewise; intensity: (n,), NaN unlabelled.
            penalty: C of the SVM.
            balanced: emotions count the same, however often they are shown.
            seed: of the solver.
        """
        from sklearn.linear_model import Ridge
        from sklearn.svm import LinearSVC

        self.mean.copy_(torch.from_numpy(features.mean(axis=0)))
        self.scale.copy_(torch.from_numpy(np.maximum(features.std(axis=0), 1e-3)))
        x = (features - self.mean.numpy()) / self.scale.numpy()
        told = emotion != NO_LABEL
        svm = LinearSVC(C=penalty, class_weight="balanced" if balanced else None, random_state=seed)
        svm.fit(x[told], emotion[told])
        self.emotion.weight.zero_()
        self.emotion.bias.fill_(-10.0)  # of what was never shown
        pair = len(svm.classes_) == 2  # then there is one machine: for the second, against the first
        weights = np.concatenate([-svm.coef_, svm.coef_]) if pair else svm.coef_
        biases = np.concatenate([-svm.intercept_, svm.intercept_]) if pair else svm.intercept_
        rows = torch.from_numpy(svm.classes_.astype(np.int64))
        self.emotion.weight[rows] = torch.from_numpy(weights.astype(np.float32))
        self.emotion.bias[rows] = torch.from_numpy(biases.astype(np.float32))
        phased, rated = phase != NO_LABEL, ~np.isnan(intensity)
        if phased.any():
            one_hot = np.eye(len(PHASES))[phase[phased]]
            _take(self.phase, Ridge(alpha=float(len(one_hot))).fit(x[phased], 4 * one_hot))
        if rated.any():
            _take(self.intensity, Ridge(alpha=float(rated.sum())).fit(x[rated], intensity[rated, None]))


def _take(layer: nn.Linear, solved: Any) -> None:
    layer.weight.copy_(torch.from_numpy(np.asarray(solved.coef_, np.float32).reshape(layer.weight.shape)))
    layer.bias.copy_(torch.from_numpy(np.asarray(solved.intercept_, np.float32).reshape(layer.bias.shape)))


class _SvmTraining(SequenceModel):
    """Collects features in the one epoch, solves before it is validated."""

    by_gradient: ClassVar[bool] = False
    machine: LinearMachine
    penalty: float

    @property
    def keeps_features(self) -> bool:
        """Always, but of windows that are augmented."""
        return getattr(getattr(self.trainer, "datamodule", None), "augmentation", None) is None

    def _begin(self) -> None:
        self._seen: list[dict[str, NDArray]] = []

    def temporal(self, features: Tensor, mask: Tensor) -> SequenceOutputs:
        """See :meth:`SequenceModel.temporal`; ``features`` is (B, T, D)."""
        return self.machine(features)

    def training_step(self, batch: Mapping[str, Tensor], batch_idx: int) -> Tensor:
        """Keep what the batch shows; a loss that changes nothing."""
        mask = batch["mask"]
        named = batch["emotion"].argmax(dim=-1).masked_fill(batch["emotion"].sum(dim=-1) == 0, NO_LABEL)
        # Where only the clip has a name, each of its frames has it.
        clip = batch["clip_emotion"][:, None].expand_as(named)
        unnamed = (named == NO_LABEL).all(dim=1, keepdim=True)
        named = torch.where(unnamed, clip, named)
        with torch.no_grad():
            features = (
                batch["features"][mask] if "features" in batch else self.encode(batch[self.inputs][mask])
            )
        arrays = {
            "features": features.float(), "emotion": named[mask], "phase": batch["phase"][mask],
            "intensity": batch["intensity"][mask],
        }  # fmt: skip
        self._seen.append({name: value.cpu().numpy() for name, value in arrays.items()})
        return self.machine.emotion.bias.sum() * 0.0

    def on_validation_start(self) -> None:
        """Solve, if there is something new to solve."""
        if not self._seen:
            return
        arrays = {k: np.concatenate([part[k] for part in self._seen]) for k in self._seen[0]}
        self._seen.clear()
        balanced = self.loss_weights.class_balance > 0
        self.machine.cpu().solve(
            arrays["features"], arrays["emotion"], arrays["phase"], arrays["intensity"],
            penalty=self.penalty, balanced=balanced,
        )  # fmt: skip
        self.machine.to(self.device)
        told = torch.from_numpy(arrays["emotion"] != NO_LABEL)
        with torch.no_grad():
            margins = self.machine(torch.from_numpy(arrays["features"]).to(self.device)).emotion_logits.cpu()
        self.temperature.fill_(best_temperature(margins[told], torch.from_numpy(arrays["emotion"])[told]))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """One that moves nothing: training is solving."""
        return torch.optim.SGD(self.machine.parameters(), lr=0.0)


class HogSvm(_SvmTraining):
    """Linear SVM on histograms of oriented gradients (Dalal & Triggs 2005), frame by frame.

    Args:
        side: of the grey picture, pixels.
        cell: side of a cell, pixels.
        orientations: bins.
        penalty: C of the SVM.
        common: see :class:`~seqfer.models.base.SequenceModel`.
    """

    def __init__(
        self, *, side: int = 64, cell: int = 8, orientations: int = 9, penalty: float = 0.01, **common: Any
    ) -> None:
        super().__init__(**common)
        if side // cell < 2:
            raise ValueError(f"side must be at least two cells, got {side} and {cell}")
        self.arguments |= dict(side=side, cell=cell, orientations=orientations, penalty=penalty)
        self._hog = dict(orientations=orientations, pixels_per_cell=(cell, cell), cells_per_block=(2, 2))
        self._side, self.penalty = side, penalty
        self.machine = LinearMachine((side // cell - 1) ** 2 * 4 * orientations, len(self.vocabulary))
        self._begin()

    @property
    def input_size(self) -> int:
        """Side of the picture that gradients are taken of, pixels."""
        return self._side

    def encode(self, crops: Tensor) -> Tensor:
        """uint8 (N, S, S, 3) to histograms, float32 (N, D)."""
        from skimage.feature import hog

        pictures = grey_view(crops, self._side)[:, 0].float().cpu().numpy()
        found = [hog(picture, **self._hog).astype(np.float32) for picture in pictures]
        return torch.from_numpy(np.stack(found)).to(crops.device)


class CnnSvm(_SvmTraining, EncodedModel):
    """Linear SVM on pooled features of a frame encoder that is not trained.

    Args:
        penalty: C of the SVM.
        common: see :class:`~seqfer.models.encoded.EncodedModel`.
    """

    def __init__(self, *, penalty: float = 0.01, **common: Any) -> None:
        super().__init__(**common)
        self.arguments |= dict(penalty=penalty)
        self.penalty = penalty
        self.machine = LinearMachine(self.encoder.num_features, len(self.vocabulary))
        self._begin()

    def encode(self, crops: Tensor) -> Tensor:
        """uint8 (N, S, S, 3) to pooled features, float32 (N, C)."""
        return self.pool_faces(crops)
