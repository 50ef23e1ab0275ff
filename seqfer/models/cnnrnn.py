"""CNN-RNN: pooled frame features, a recurrent network over time."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from .base import Heads, SequenceModel
from .losses import SequenceOutputs


class CnnRnn(SequenceModel):
    """Frame encoder, global pooling, then a GRU (Cho et al. 2014, arXiv:1406.1078) or LSTM.

    Args:
        cell: ``gru`` or ``lstm``.
        hidden: units per direction.
        layers: recurrent layers.
        bidirectional: the future is seen too (the task is offline).
        dropout: of the features and of the recurrent outputs.
        common: see :class:`~seqfer.models.base.SequenceModel`.
    """

    def __init__(
        self,
        *,
        cell: Literal["gru", "lstm"] = "gru",
        hidden: int = 96,
        layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.3,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.arguments |= dict(
            cell=cell, hidden=hidden, layers=layers, bidirectional=bidirectional, dropout=dropout
        )
        width = self.encoder.num_features
        self.project = nn.Sequential(
            nn.LayerNorm(width), nn.Dropout(dropout), nn.Linear(width, hidden), nn.GELU()
        )
        kind = {"gru": nn.GRU, "lstm": nn.LSTM}[cell]
        self.recurrent = kind(
            hidden, hidden, num_layers=layers, batch_first=True, bidirectional=bidirectional,
            dropout=dropout if layers > 1 else 0.0,
        )  # fmt: skip
        self.dropout = nn.Dropout(dropout)
        self.heads = Heads(hidden * (3 if bidirectional else 2), len(self.vocabulary))

    def encode(self, crops: Tensor) -> Tensor:
        """uint8 (N, S, S, 3) to pooled features, float32 (N, C)."""
        return self.encoder.pool(self.encoder.maps(self.encoder.preprocess(crops)))

    def temporal(self, features: Tensor, mask: Tensor) -> SequenceOutputs:
        """See :meth:`SequenceModel.temporal`; ``features`` is (B, T, C)."""
        x = self.project(features)
        # Packed, the backward direction starts at a row's own end and not in its padding.
        packed = pack_padded_sequence(
            x, mask.sum(dim=1).clamp_min(1).cpu(), batch_first=True, enforce_sorted=False
        )
        passed, _ = pad_packed_sequence(self.recurrent(packed)[0], batch_first=True, total_length=x.shape[1])
        return self.heads(self.dropout(torch.cat([x, passed], dim=-1)))
