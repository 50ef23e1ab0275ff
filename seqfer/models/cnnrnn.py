"""CNN-RNN: pooled frame features, a recurrent network over time."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

from .base import Heads
from .encoded import EncodedModel
from .losses import SequenceOutputs
from .recurrent import Attention, passed_through, recurrent_layers


class CnnRnn(EncodedModel):
    """Frame encoder, global pooling, then a GRU (Cho et al. 2014, arXiv:1406.1078) or LSTM.

    Args:
        cell: ``gru`` or ``lstm``.
        hidden: units per direction.
        layers: recurrent layers.
        bidirectional: the future is seen too (the task is offline).
        dropout: of the features and of the recurrent outputs.
        attention: what a whole clip shows is a mean over its moments weighted by how much each tells
            (Yang et al. 2016, "Hierarchical attention networks"), and not a plain one.
        common: see :class:`~seqfer.models.encoded.EncodedModel`.
    """

    def __init__(
        self,
        *,
        cell: Literal["gru", "lstm"] = "gru",
        hidden: int = 96,
        layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.3,
        attention: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.arguments |= dict(
            cell=cell, hidden=hidden, layers=layers, bidirectional=bidirectional, dropout=dropout,
            attention=attention,
        )  # fmt: skip
        width = self.encoder.num_features
        self.project = nn.Sequential(
            nn.LayerNorm(width), nn.Dropout(dropout), nn.Linear(width, hidden), nn.GELU()
        )
        self.recurrent = recurrent_layers(cell, hidden, hidden, layers, bidirectional, dropout)
        self.dropout = nn.Dropout(dropout)
        seen = hidden * (3 if bidirectional else 2)
        self.heads = Heads(seen, len(self.vocabulary))
        self.attention = Attention(seen) if attention else None

    def encode(self, crops: Tensor) -> Tensor:
        """uint8 (N, S, S, 3) to pooled features, float32 (N, C)."""
        return self.pool_faces(crops)

    def temporal(self, features: Tensor, mask: Tensor) -> SequenceOutputs:
        """See :meth:`SequenceModel.temporal`; ``features`` is (B, T, C)."""
        x = self.project(features)
        x = self.dropout(torch.cat([x, passed_through(self.recurrent, x, mask)], dim=-1))
        outputs = self.heads(x)
        return outputs if self.attention is None else outputs._replace(attention=self.attention(x, mask))
