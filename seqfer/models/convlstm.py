"""ConvLSTM: feature maps kept as maps, memory and gates that are maps too."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .base import Heads
from .encoded import EncodedModel
from .losses import SequenceOutputs


class ConvLstmCell(nn.Module):
    """Convolutional LSTM with peepholes (Shi et al. 2015, arXiv:1506.04214, equation 3), over a sequence.

    Args:
        inputs, hidden: channels of the input and of the state.
        map_size: side of the maps (peepholes have a weight per place).
        kernel: side of the convolutions, odd.
    """

    def __init__(self, inputs: int, hidden: int, map_size: int, kernel: int = 3) -> None:
        super().__init__()
        if kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, got {kernel}")
        self.hidden = hidden
        self.from_input = nn.Conv2d(inputs, 4 * hidden, kernel, padding=kernel // 2)
        self.from_state = nn.Conv2d(hidden, 4 * hidden, kernel, padding=kernel // 2, bias=False)
        self.peepholes = nn.Parameter(torch.zeros(3, hidden, map_size, map_size))  # input, forget, output
        assert self.from_input.bias is not None
        nn.init.ones_(self.from_input.bias.data[hidden : 2 * hidden])  # remembers, until it learns to forget

    def forward(self, x: Tensor, mask: Tensor, *, backward: bool = False) -> Tensor:
        """Inputs (B, T, C, m, m) and mask (B, T) to states (B, T, H, m, m); zero state to begin with.

        Args:
            backward: from the last moment to the first. Padding leaves the state as it is.
        """
        batch, steps = x.shape[:2]
        driven = self.from_input(x.flatten(0, 1)).unflatten(0, (batch, steps))
        state = memory = x.new_zeros(batch, self.hidden, *x.shape[3:])
        states: list[Tensor] = [state] * steps
        for t in reversed(range(steps)) if backward else range(steps):
            i, f, g, o = (driven[:, t] + self.from_state(state)).chunk(4, dim=1)
            i = torch.sigmoid(i + self.peepholes[0] * memory)
            f = torch.sigmoid(f + self.peepholes[1] * memory)
            new_memory = f * memory + i * torch.tanh(g)
            new_state = torch.sigmoid(o + self.peepholes[2] * new_memory) * torch.tanh(new_memory)
            here = mask[:, t, None, None, None]
            memory, state = torch.where(here, new_memory, memory), torch.where(here, new_state, state)
            states[t] = state
        return torch.stack(states, dim=1)


class ConvLstmLayer(nn.Module):
    """A cell forwards in time and, of two directions, another backwards; their states side by side."""

    def __init__(self, directions: int, **cell: int) -> None:
        super().__init__()
        self.cells = nn.ModuleList(ConvLstmCell(**cell) for _ in range(directions))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, C, m, m) to (B, T, directions * H, m, m)."""
        return torch.cat([cell(x, mask, backward=bool(i)) for i, cell in enumerate(self.cells)], dim=2)


class ConvLstm(EncodedModel):
    """Frame encoder without its pooling, then convolutional LSTM layers.

    Args:
        channels: maps the encoder's are reduced to.
        hidden: channels of the state, per direction.
        layers: ConvLSTM layers.
        kernel: side of the recurrent convolutions.
        bidirectional: the future is seen too (the task is offline).
        dropout: of whole input maps and of the pooled outputs.
        common: see :class:`~seqfer.models.encoded.EncodedModel`.
    """

    def __init__(
        self,
        *,
        channels: int = 64,
        hidden: int = 48,
        layers: int = 1,
        kernel: int = 3,
        bidirectional: bool = True,
        dropout: float = 0.3,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.arguments |= dict(
            channels=channels, hidden=hidden, layers=layers, kernel=kernel, bidirectional=bidirectional,
            dropout=dropout,
        )  # fmt: skip
        directions = 2 if bidirectional else 1
        width = self.encoder.num_features
        self.reduce = nn.Sequential(nn.GroupNorm(1, width), nn.Conv2d(width, channels, 1), nn.GELU())
        self.pooled = nn.LayerNorm(width)
        inputs = [channels] + [hidden * directions] * (layers - 1)
        self.layers = nn.ModuleList(
            ConvLstmLayer(
                directions, inputs=count, hidden=hidden, map_size=self.encoder.map_size, kernel=kernel
            )
            for count in inputs
        )
        self.map_dropout = nn.Dropout2d(dropout)
        self.dropout = nn.Dropout(dropout)
        self.heads = Heads(width + hidden * directions, len(self.vocabulary))

    def encode(self, crops: Tensor) -> Tensor:
        """uint8 (N, S, S, 3) to feature maps, float32 (N, C, m, m)."""
        return self.encoder.maps(self.encoder.preprocess(crops))

    def temporal(self, features: Tensor, mask: Tensor) -> SequenceOutputs:
        """See :meth:`SequenceModel.temporal`; ``features`` is (B, T, C, m, m)."""
        maps = self.map_dropout(features.flatten(0, 1))
        x = self.reduce(maps).unflatten(0, features.shape[:2])
        for layer in self.layers:
            x = layer(x, mask)
        # A moment by itself beside what came before and after, both without their places.
        alone = self.pooled(features.mean(dim=(3, 4)))
        return self.heads(self.dropout(torch.cat([alone, x.mean(dim=(3, 4))], dim=-1)))
