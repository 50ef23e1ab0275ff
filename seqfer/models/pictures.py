"""What networks without a frame encoder see of a crop."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .encoder import VIEW, normalise

_LUMINANCE = (0.299, 0.587, 0.114)  # ITU-R BT.601


def checked_crops(crops: Tensor) -> Tensor:
    """``crops`` as they are.

    Raises:
        ValueError: not uint8 (N, S, S, 3).
    """
    if crops.ndim != 4 or crops.shape[-1] != 3 or crops.shape[1] != crops.shape[2]:
        raise ValueError(f"crops must be (N, S, S, 3), got {tuple(crops.shape)}")
    if crops.dtype != torch.uint8:
        raise ValueError(f"crops must be uint8, got {crops.dtype}")
    return crops


def grey_view(crops: Tensor, side: int) -> Tensor:
    """uint8 (N, S, S, 3) to grey pictures of the face alone, float32 (N, 1, side, side), 0 to 255.

    Raises:
        ValueError: not uint8 (N, S, S, 3).
    """
    left, top, right, bottom = (round(v * checked_crops(crops).shape[1]) for v in VIEW)
    view = crops[:, top:bottom, left:right].to(torch.float32)
    grey = view @ torch.tensor(_LUMINANCE, device=crops.device)
    return F.interpolate(grey[:, None], size=(side, side), mode="area")


def normalised_view(crops: Tensor, side: int) -> Tensor:
    """:func:`grey_view` brought to zero mean and unit contrast."""
    return normalise(grey_view(crops, side))
