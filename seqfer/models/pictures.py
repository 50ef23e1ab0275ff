"""What networks that look at the face in grey see of an aligned crop."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

#: The square of the crop that the networks see (left, top, right, bottom; fractions of the side).
VIEW = (0.125, 0.1875, 0.875, 0.9375)
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
    """:func:`grey_view` brought to zero mean and unit contrast, so that exposure does not matter."""
    return normalise(grey_view(crops, side))


def normalise(grey: Tensor) -> Tensor:
    """Grey pictures (N, 1, h, w) in 0..255 to zero mean and unit deviation, flat ones to zero."""
    mean = grey.mean(dim=(1, 2, 3), keepdim=True)
    deviation = grey.std(dim=(1, 2, 3), keepdim=True)
    return (grey - mean) / (deviation + 8.0)  # + 8: the noise of a flat picture is not blown up
