"""Stills made to look like frames of a video: misaligned, blurred, compressed, unevenly lit."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from seqfer.models.pictures import VIEW, normalise


def augmented(
    crops: NDArray[np.uint8], inside: NDArray[np.uint8], side: int, rng: np.random.Generator
) -> Tensor:
    """A batch of training pictures.

    The network sees grey, so a colour cast reaches it as another gamma.

    Args:
        crops, inside: uint8 (N, S, S), see :class:`bundled.ferplus.Stills`.
        side: of the pictures returned, pixels.
        rng: every random choice comes from here.

    Returns:
        float32 (N, 1, side, side), as ``FrameEncoder.preprocess`` gives it.
    """
    pictures = torch.from_numpy(_other_rim(_compressed(crops, rng), inside, rng))[:, None].float()
    view = F.grid_sample(
        pictures, _grid(len(crops), side, rng), mode="bilinear", padding_mode="border", align_corners=False
    )
    view = _smeared(_low_resolution(view, rng), rng)
    return _covered(normalise(_lit(view, rng)), rng)


def _draw(rng: np.random.Generator, name: str, *args: float, n: int) -> Tensor:
    return torch.from_numpy(getattr(rng, name)(*args, size=n).astype(np.float32))


def _compressed(crops: NDArray, rng: np.random.Generator, share: float = 0.2) -> NDArray:
    out = crops.copy()
    for i in np.nonzero(rng.random(len(crops)) < share)[0]:
        _, blob = cv2.imencode(".jpg", crops[i], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(10, 70))])
        out[i] = cv2.imdecode(blob, cv2.IMREAD_GRAYSCALE)
    return out


def _other_rim(crops: NDArray, inside: NDArray, rng: np.random.Generator, share: float = 0.5) -> NDArray:
    """Beyond the picture, something else than its repeated edge: in a video there is a world there."""
    swap = (inside < 255) & (rng.random(len(crops)) < share)[:, None, None]
    return np.where(swap, crops[rng.permutation(len(crops)), ::-1], crops)


def _grid(n: int, side: int, rng: np.random.Generator) -> Tensor:
    """Sampling grid (N, side, side, 2) of the view, mirrored, turned, scaled and shifted a little."""
    left, top, right, bottom = VIEW
    angle = torch.deg2rad(_draw(rng, "normal", 0, 7, n=n))
    scale = torch.exp(_draw(rng, "normal", 0, 0.08, n=n))
    stretch = torch.exp(_draw(rng, "normal", 0, 0.04, n=n))
    flip = torch.where(_draw(rng, "uniform", n=n) < 0.5, -1.0, 1.0)
    half_x, half_y = (right - left) * scale * stretch, (bottom - top) * scale / stretch
    shift_x = left + right - 1 + _draw(rng, "normal", 0, 0.04, n=n)
    shift_y = top + bottom - 1 + _draw(rng, "normal", 0, 0.04, n=n)
    cos, sin = torch.cos(angle), torch.sin(angle)
    theta = torch.stack(
        [
            torch.stack([cos * half_x * flip, -sin * half_y, shift_x], 1),
            torch.stack([sin * half_x * flip, cos * half_y, shift_y], 1),
        ],
        dim=1,
    )
    return F.affine_grid(theta, [n, 1, side, side], align_corners=False)


def _low_resolution(pictures: Tensor, rng: np.random.Generator, share: float = 0.2) -> Tensor:
    chosen = torch.from_numpy(rng.random(len(pictures)) < share)
    if chosen.any():
        side = pictures.shape[-1]
        small = F.interpolate(pictures[chosen], size=int(side * rng.uniform(0.4, 0.85)), mode="area")
        pictures[chosen] = F.interpolate(small, size=side, mode="bilinear", align_corners=False)
    return pictures


def _lit(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Gamma, a light from one side, and sensor noise."""
    n, side = len(pictures), pictures.shape[-1]
    gamma = torch.exp(_draw(rng, "normal", 0, 0.25, n=n))[:, None, None, None]
    bright = (pictures / 255).clamp(1e-3, 1) ** gamma
    ramp = torch.linspace(-1, 1, side)
    slope_x, slope_y = (_draw(rng, "normal", 0, 0.2, n=n)[:, None, None, None] for _ in range(2))
    light = (1 + slope_x * ramp[None, None, None] + slope_y * ramp[None, None, :, None]).clamp(0.3, 2)
    noise = torch.from_numpy(rng.standard_normal(bright.shape, dtype=np.float32))
    return (bright * light + noise * _draw(rng, "uniform", 0, 0.02, n=n)[:, None, None, None]) * 255


def _smeared(pictures: Tensor, rng: np.random.Generator, share: float = 0.15) -> Tensor:
    """Out of focus, or moved while the shutter was open: one kernel a batch, on some of its pictures."""
    chosen = torch.from_numpy(rng.random(len(pictures)) < share)
    if chosen.any():
        kernel = np.zeros((7, 7), np.float32)
        if rng.random() < 0.5:
            kernel[3, 3] = 1
            kernel = cv2.GaussianBlur(kernel, (7, 7), rng.uniform(0.5, 1.5))
        else:
            angle, length = rng.uniform(0, np.pi), rng.uniform(1.5, 5)
            for step in np.linspace(-length / 2, length / 2, 21):
                kernel[round(3 + step * np.sin(angle)), round(3 + step * np.cos(angle))] += 1 / 21
        weight = torch.from_numpy(kernel)[None, None]
        pictures[chosen] = F.conv2d(F.pad(pictures[chosen], (3,) * 4, mode="replicate"), weight)
    return pictures


def _covered(pictures: Tensor, rng: np.random.Generator, share: float = 0.2) -> Tensor:
    """A part hidden: by something plain, or by a piece of another picture."""
    side, others = pictures.shape[-1], rng.permutation(len(pictures))
    source = pictures.clone()
    for i in np.nonzero(rng.random(len(pictures)) < share)[0]:
        height, width = rng.integers(side // 8, side // 2, size=2)
        top, left = rng.integers(0, side - height), rng.integers(0, side - width)
        part = (slice(None), slice(top, top + height), slice(left, left + width))
        pictures[i][part] = float(rng.normal()) if rng.random() < 0.5 else source[others[i]][part]
    return pictures
