"""The baselines of the field that are networks: one frame at a time, landmarks alone, 3-D convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..faces.align import aligned_landmarks
from .base import Heads, SequenceModel
from .encoded import EncodedModel
from .losses import SequenceOutputs
from .pictures import normalised_view
from .recurrent import passed_through, recurrent_layers

_PARTS = 3


class FrameCnn(EncodedModel):
    """Frame encoder and nothing after it: each moment is told by itself.

    Args:
        hidden: units between features and readings.
        dropout: of the features and of those units.
        common: see :class:`~seqfer.models.encoded.EncodedModel`.
    """

    def __init__(self, *, hidden: int = 96, dropout: float = 0.3, **common: Any) -> None:
        super().__init__(**common)
        self.arguments |= dict(hidden=hidden, dropout=dropout)
        width = self.encoder.num_features
        self.project = nn.Sequential(
            nn.LayerNorm(width), nn.Dropout(dropout), nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout)
        )
        self.heads = Heads(hidden, len(self.vocabulary))

    def encode(self, crops: Tensor) -> Tensor:
        """uint8 (N, S, S, 3) to pooled features, float32 (N, C)."""
        return self.pool_faces(crops)

    def temporal(self, features: Tensor, mask: Tensor) -> SequenceOutputs:
        """See :meth:`SequenceModel.temporal`; ``features`` is (B, T, C)."""
        return self.heads(self.project(features))


class LandmarkRnn(SequenceModel):
    """Where the landmarks lie in the aligned face, and how they move, through a GRU or LSTM.

    (As the geometric half of Jung et al. 2015, "Joint fine-tuning in deep neural networks".) Five points
    tell little beyond the mouth; extraction with ``--extraction.detector.landmarks fan`` gives 68.

    Args:
        num_landmarks: 5 or 68, as the stores have them.
        cell: ``gru`` or ``lstm``.
        hidden: units per direction.
        layers: recurrent layers.
        bidirectional: the future is seen too.
        dropout: of the recurrent outputs.
        common: see :class:`~seqfer.models.base.SequenceModel`.
    """

    inputs: ClassVar[Literal["crops", "landmarks"]] = "landmarks"

    def __init__(
        self,
        *,
        num_landmarks: Literal[5, 68] = 5,
        cell: Literal["gru", "lstm"] = "gru",
        hidden: int = 64,
        layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.2,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.arguments |= dict(
            num_landmarks=num_landmarks, cell=cell, hidden=hidden, layers=layers,
            bidirectional=bidirectional, dropout=dropout,
        )  # fmt: skip
        self.num_landmarks = num_landmarks
        # Where points lie differs between people by much more than expressions move them.
        self.norm = nn.BatchNorm1d(2 * num_landmarks)
        self.project = nn.Sequential(nn.Linear(4 * num_landmarks, hidden), nn.GELU())
        self.recurrent = recurrent_layers(cell, hidden, hidden, layers, bidirectional, dropout)
        self.dropout = nn.Dropout(dropout)
        self.heads = Heads(hidden * (3 if bidirectional else 2), len(self.vocabulary))

    @classmethod
    def read(cls, track: Any, start: int, stop: int) -> Tensor:
        """Aligned landmarks of rows of a track, float32 (n, L, 2)."""
        return torch.from_numpy(aligned_landmarks(np.asarray(track.landmarks_xy[start:stop], np.float32)))

    def encode(self, crops: Tensor) -> Tensor:
        """Aligned landmarks (N, L, 2) to (N, 2 L), each brought to the scale of its usual variation.

        Raises:
            ValueError: another number of landmarks.
        """
        if crops.shape[1:] != (self.num_landmarks, 2):
            raise ValueError(
                f"landmarks must be (N, {self.num_landmarks}, 2), got {tuple(crops.shape)}: set num_landmarks"
            )
        return self.norm(crops.flatten(1))

    def temporal(self, features: Tensor, mask: Tensor) -> SequenceOutputs:
        """See :meth:`SequenceModel.temporal`; ``features`` is (B, T, 2 L)."""
        moved = torch.diff(features, dim=1, prepend=features[:, :1]) * self.sample_rate_hz / 10
        x = self.project(torch.cat([features, moved], dim=-1))
        return self.heads(self.dropout(torch.cat([x, passed_through(self.recurrent, x, mask)], dim=-1)))


class Cnn3d(SequenceModel):
    """Convolutions over time and picture alike (Tran et al. 2015, "C3D", arXiv:1412.0767).

    Kernels are 3x3x3; each layer halves height and width, and none the time: every moment has its reading, of
    the means over nine parts of the face.

    Args:
        widths: channels of the layers.
        input_size: side of the grey picture, pixels.
        dropout: before the readings.
        common: see :class:`~seqfer.models.base.SequenceModel`.
    """

    def __init__(
        self,
        *,
        widths: Sequence[int] = (16, 32, 64),
        input_size: int = 48,
        dropout: float = 0.3,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.arguments |= dict(widths=list(widths), input_size=input_size, dropout=dropout)
        self._side = input_size
        pairs = zip((1, *widths[:-1]), widths, strict=True)
        self.layers = nn.ModuleList(
            nn.Conv3d(a, b, 3, stride=(1, 2, 2), padding=1, bias=False) for a, b in pairs
        )
        # Over one moment at a time: what is normalised together with padding would depend on it.
        self.norms = nn.ModuleList(nn.GroupNorm(min(8, width), width) for width in widths)
        self.dropout = nn.Dropout(dropout)
        self.heads = Heads(widths[-1] * _PARTS**2, len(self.vocabulary))

    @property
    def input_size(self) -> int:
        """Side of the picture that the network sees, pixels."""
        return self._side

    def encode(self, crops: Tensor) -> Tensor:
        """uint8 (N, S, S, 3) to grey pictures, float32 (N, 1, s, s)."""
        return normalised_view(crops, self._side)

    def temporal(self, features: Tensor, mask: Tensor) -> SequenceOutputs:
        """See :meth:`SequenceModel.temporal`; ``features`` is (B, T, 1, s, s)."""
        here = mask[:, None, :, None, None]
        x = features.transpose(1, 2)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = layer(x * here)
            batch, _, steps = x.shape[:3]
            alone = norm(x.transpose(1, 2).flatten(0, 1))
            x = F.relu(alone).unflatten(0, (batch, steps)).transpose(1, 2)
        # Faces are aligned: places mean something.
        parts = F.adaptive_avg_pool3d(x, (x.shape[2], _PARTS, _PARTS))
        return self.heads(self.dropout(parts.transpose(1, 2).flatten(2)))
