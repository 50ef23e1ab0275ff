"""The frame encoder: one aligned face crop to a small stack of feature maps.

Ours is a residual network (He et al. 2016, arXiv:1512.03385) kept small enough for batch work on processors
without an accelerator. It sees the middle of the aligned crop, in grey: the rim of a crop is hair and
background, and differs most between stills and video.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from .pictures import normalised_view


class Encoder(nn.Module):
    """What every frame encoder has: crops to maps, to pooled features, to frame-only emotion logits.

    Attributes:
        arguments: what builds the same network again.
        input_size: side of the picture that the network sees, pixels.
        num_features: channels C of the maps.
        map_size: side m of the maps.
        dropout, head: from pooled features to the logits.
    """

    arguments: dict[str, Any]
    input_size: int
    num_features: int
    map_size: int
    dropout: nn.Module
    head: nn.Module

    def preprocess(self, crops: Tensor) -> Tensor:
        """uint8 (N, S, S, 3) RGB crops of any side S to the network's input, float32 (N, _, s, s).

        Raises:
            ValueError: crops of another shape or type.
        """
        raise NotImplementedError

    def maps(self, pictures: Tensor) -> Tensor:
        """Input pictures (N, _, s, s) to feature maps (N, C, m, m)."""
        raise NotImplementedError

    @staticmethod
    def pool(maps: Tensor) -> Tensor:
        """Feature maps (N, C, m, m) to features (N, C)."""
        return maps.mean(dim=(2, 3))

    def classify(self, features: Tensor) -> Tensor:
        """Features (N, C) to frame-only emotion logits (N, K)."""
        return self.head(self.dropout(features))

    def forward(self, crops: Tensor) -> Tensor:
        """uint8 crops (N, S, S, 3) to frame-only emotion logits (N, K)."""
        return self.classify(self.pool(self.maps(self.preprocess(crops))))


class FrameEncoder(Encoder):
    """Grey face to feature maps, pooled features and frame-only emotion logits.

    Args:
        widths: channels of the stem and of each stage; a stage halves height and width.
        depths: residual blocks of each stage, ``len(widths) - 1`` numbers.
        input_size: side of the grey picture in pixels that the network sees.
        num_classes: emotions of the frame-only head (used to train the encoder, and as a baseline).
        dropout: before the frame-only head.

    Raises:
        ValueError: widths and depths do not go together.
    """

    def __init__(
        self,
        *,
        widths: Sequence[int] = (24, 48, 96, 160),
        depths: Sequence[int] = (1, 2, 1),
        input_size: int = 48,
        num_classes: int = 7,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        if len(widths) != len(depths) + 1:
            raise ValueError(f"widths must be one longer than depths, got {tuple(widths)}, {tuple(depths)}")
        self.arguments = {
            "widths": list(widths), "depths": list(depths), "input_size": input_size,
            "num_classes": num_classes, "dropout": dropout,
        }  # fmt: skip
        self.input_size = input_size
        self.num_features = widths[-1]
        self.map_size = -(-input_size // 2 ** len(depths))
        self.stem = _conv_norm(1, widths[0])
        stages: list[nn.Module] = []
        for before, after, depth in zip(widths, widths[1:], depths, strict=False):
            stages.append(_Block(before, after, stride=2))
            stages += [_Block(after, after) for _ in range(depth - 1)]
        self.stages = nn.Sequential(*stages)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(widths[-1], num_classes)

    def preprocess(self, crops: Tensor) -> Tensor:
        """See :meth:`Encoder.preprocess`; float32 (N, 1, s, s), of zero mean and unit contrast."""
        return normalised_view(crops, self.input_size)

    def maps(self, pictures: Tensor) -> Tensor:
        """Input pictures (N, 1, s, s) to feature maps (N, C, m, m), not negative."""
        return self.stages(F.relu(self.stem(pictures)))


class _Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut (average pooling and 1x1 where the shape changes)."""

    def __init__(self, before: int, after: int, *, stride: int = 1) -> None:
        super().__init__()
        self.first = _conv_norm(before, after, stride=stride)
        self.second = _conv_norm(after, after)
        norm = self.second[1]
        assert isinstance(norm, nn.BatchNorm2d)
        nn.init.zeros_(norm.weight)  # begins as the shortcut alone: trains faster
        self.shortcut = (
            nn.Identity()
            if stride == 1 and before == after
            else nn.Sequential(
                nn.AvgPool2d(stride, ceil_mode=True),
                nn.Conv2d(before, after, 1, bias=False),
                nn.BatchNorm2d(after),
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.shortcut(x) + self.second(F.relu(self.first(x))))


def _conv_norm(before: int, after: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(after)
    )
