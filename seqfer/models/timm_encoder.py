"""Networks of the timm package (optional extra ``timm``) as frame encoders: Inception-v3 and many more."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..errors import first_line
from .encoder import Encoder
from .pictures import checked_crops


class TimmEncoder(Encoder):
    """A convolutional network of timm (Wightman 2019).

    Args:
        timm: name of the network (``inception_v3``, ``resnet18``, ``efficientnet_b0``, …).
        pretrained: start from the weights that timm has for it (it downloads them), else from nothing.
        input_size: side of the colour picture that the network sees, pixels.
        num_classes: emotions of the frame-only head.
        dropout: before the frame-only head.

    Raises:
        ValueError: timm is not installed, knows no such network, or has no weights for it.
    """

    def __init__(
        self,
        *,
        timm: str,
        pretrained: bool = True,
        input_size: int = 112,
        num_classes: int = 7,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self.pretrained = pretrained
        self.picture_mean: Tensor
        self.picture_std: Tensor
        self.input_size = input_size
        self.network = _network(timm, pretrained)
        config = getattr(self.network, "default_cfg", None) or {}
        for name, values in (("mean", (0.485, 0.456, 0.406)), ("std", (0.229, 0.224, 0.225))):
            numbers = torch.tensor(config.get(name, values)).view(1, 3, 1, 1)
            self.register_buffer(f"picture_{name}", numbers)
        with torch.no_grad():
            shape = self.network.eval().forward_features(torch.zeros(1, 3, input_size, input_size)).shape
        if len(shape) != 4:
            raise ValueError(f"timm network {timm!r} has no feature maps: a convolutional one is needed")
        self.num_features, self.map_size = int(shape[1]), int(shape[2])
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(self.num_features, num_classes)
        self.arguments = {  # its weights are stored with the model: none are fetched a second time
            "timm": timm, "pretrained": False, "input_size": input_size, "num_classes": num_classes,
            "dropout": dropout,
        }  # fmt: skip

    def preprocess(self, crops: Tensor) -> Tensor:
        """See :meth:`Encoder.preprocess`; float32 (N, 3, s, s), in colour."""
        pictures = checked_crops(crops).permute(0, 3, 1, 2).to(torch.float32) / 255
        size = (self.input_size,) * 2
        sized = F.interpolate(pictures, size=size, mode="bilinear", antialias=True, align_corners=False)
        return (sized - self.picture_mean) / self.picture_std

    def maps(self, pictures: Tensor) -> Tensor:
        """Input pictures to feature maps (N, C, m, m)."""
        return self.network.forward_features(pictures)


def _network(name: str, pretrained: bool) -> Any:
    try:
        import timm
    except (ImportError, RuntimeError) as error:  # RuntimeError: a torchvision made for another PyTorch
        reason = first_line(error)
        raise ValueError(f"encoder timm: {name} needs pip install 'seqfer[timm]' ({reason})") from error
    try:
        return timm.create_model(name, pretrained=pretrained, num_classes=0)
    except Exception as error:  # timm, its hub and its download each fail in their own way
        raise ValueError(f"encoder timm: {name} cannot be made: {first_line(error)}") from error
