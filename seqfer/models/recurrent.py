"""Recurrent layers over padded batches, and attention over their moments."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Attention(nn.Module):
    """How much each moment of a stretch tells of the whole: (B, T, C) and mask to weights (B, T)."""

    def __init__(self, inputs: int, hidden: int = 32) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, 1))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Weights that sum to 1 over the moments that are no padding."""
        scores = self.score(x)[..., 0].masked_fill(~mask, torch.finfo(x.dtype).min)
        return torch.softmax(scores.float(), dim=1)


def recurrent_layers(
    cell: str, inputs: int, hidden: int, layers: int, bidirectional: bool, dropout: float
) -> nn.GRU | nn.LSTM:
    """GRU or LSTM layers; see :func:`passed_through`.

    Raises:
        ValueError: another ``cell``.
    """
    kinds = {"gru": nn.GRU, "lstm": nn.LSTM}
    if cell not in kinds:
        raise ValueError(f"cell must be {' or '.join(kinds)}, got {cell!r}")
    return kinds[cell](
        inputs, hidden, num_layers=layers, batch_first=True, bidirectional=bidirectional,
        dropout=dropout if layers > 1 else 0.0,
    )  # fmt: skip


def passed_through(recurrent: nn.GRU | nn.LSTM, x: Tensor, mask: Tensor) -> Tensor:
    """States (B, T, H) of recurrent layers over ``x`` (B, T, C); mask (B, T), padding last."""
    # Packed, the backward direction starts at a row's own end and not in its padding.
    lengths = mask.sum(dim=1).clamp_min(1).cpu()
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(recurrent(packed)[0], batch_first=True, total_length=x.shape[1])[0]
