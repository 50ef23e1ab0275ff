"""What a model says of a whole face track, in memory that does not grow with its length.

Each frame is encoded once. Its features are brought from the video's own times to the model's even
sampling by linear interpolation; the temporal network sees them in chunks with some of the past and the
future around; what it says is brought back to the frames' times. At most one chunk with its context is
held as features; a track whose face is away for longer than ``max_gap_seconds`` is taken as several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..timeline import FramePredictions
from .base import SequenceModel

_COLUMNS = ("emotion", "phase", "intensity")


class Track(Protocol):
    """What is needed of a track; :class:`seqfer.store.StoredTrack` is one."""

    track_id: int

    @property
    def frame_indices(self) -> NDArray[np.int64]: ...

    @property
    def pts_seconds(self) -> NDArray[np.float64]: ...

    def __len__(self) -> int: ...

    def crops(self, start: int, stop: int) -> NDArray[np.uint8]: ...


@torch.inference_mode()
def predict_track(
    model: SequenceModel,
    track: Track,
    *,
    batch_size: int = 32,
    chunk_seconds: float = 20.0,
    context_seconds: float = 4.0,
    max_gap_seconds: float = 0.5,
    known: Callable[[NDArray[np.int64]], Tensor] | None = None,
) -> FramePredictions:
    """Probabilities for every frame of a track.

    Args:
        model: in evaluation mode, as :func:`seqfer.models.load_model` gives it.
        track: aligned crops and their times.
        batch_size: faces encoded at once.
        chunk_seconds: how much the temporal network is asked at once,
        context_seconds: and how much more it sees before and after. A track no longer than both is
            seen whole.
        max_gap_seconds: a longer time between two frames divides the track.
        known: what the model's ``encode`` makes of rows of the track, where that is known already.

    Returns:
        one row per frame of the track. The same input gives the same output.
    """
    pts = np.asarray(track.pts_seconds, np.float64)
    columns = {"emotion": len(model.vocabulary), "phase": 4, "intensity": 1}
    found = {name: np.zeros((len(pts), width), np.float32) for name, width in columns.items()}
    for first, last in contiguous(pts, max_gap_seconds):
        features = _Features(model, track, first, last, batch_size, known)
        span = pts[last - 1] - pts[first]
        steps = 1 + int(np.ceil(span * model.sample_rate_hz - 1e-6))
        grid = pts[first] + np.arange(steps) / model.sample_rate_hz
        chunk = max(1, round(chunk_seconds * model.sample_rate_hz))
        context = round(context_seconds * model.sample_rate_hz)
        if steps <= chunk + context:
            chunk = steps
        done = first
        for begin in range(0, steps, chunk):
            end = min(begin + chunk, steps)
            # One step more than the chunk, so that frames between two chunks have both neighbours.
            stop = min(end + 1, steps)
            low, high = max(0, begin - context), min(steps, stop + context)
            said = _ask(model, features.at(grid[low:high]))
            upto = last if end == steps else first + int(np.searchsorted(pts[first:last], grid[end]))
            for name, values in said.items():
                found[name][done:upto] = interpolated(
                    pts[done:upto], grid[begin:stop], values[begin - low : stop - low]
                )
            done = upto
    return FramePredictions(
        track_id=int(track.track_id),
        frame_indices=np.asarray(track.frame_indices, np.int64),
        pts_seconds=pts,
        emotion_probs=found["emotion"] / np.maximum(found["emotion"].sum(axis=1, keepdims=True), 1e-9),
        phase_probs=found["phase"] / np.maximum(found["phase"].sum(axis=1, keepdims=True), 1e-9),
        intensity=found["intensity"][:, 0],
        vocabulary=model.vocabulary,
    )


def contiguous(pts_seconds: NDArray[np.float64], max_gap_seconds: float) -> Iterator[tuple[int, int]]:
    """Rows ``(first, last + 1)`` of each stretch without a gap longer than ``max_gap_seconds``."""
    cuts = np.nonzero(np.diff(pts_seconds) > max_gap_seconds)[0] + 1
    edges = [0, *cuts.tolist(), len(pts_seconds)]
    return ((a, b) for a, b in pairwise(edges) if b > a)


def interpolated(
    times: NDArray[np.float64], grid: NDArray[np.float64], values: NDArray[np.float32]
) -> NDArray[np.float32]:
    """``values`` (M, K) at the moments ``grid`` (M,), at ``times`` (n,): (n, K); the ends go on level."""
    below, weight = neighbours(times, grid)
    above = np.minimum(below + 1, len(grid) - 1)
    w = weight[:, None]
    return (values[below] * (1 - w) + values[above] * w).astype(np.float32)


def neighbours(
    times: NDArray[np.float64], grid: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Row of ``grid`` at or before each of ``times``, and how far on to the next one it is, 0 to 1."""
    below = np.clip(np.searchsorted(grid, times, side="right") - 1, 0, max(len(grid) - 2, 0))
    if len(grid) < 2:
        return below, np.zeros(len(times))
    return below, np.clip((times - grid[below]) / (grid[below + 1] - grid[below]), 0.0, 1.0)


def _ask(model: SequenceModel, features: Tensor) -> dict[str, NDArray[np.float32]]:
    """Probabilities at each of T moments from features (T, ...): (T, columns) by name."""
    mask = torch.ones(1, len(features), dtype=torch.bool, device=features.device)
    out = model.temporal(features[None], mask)
    emotion = torch.softmax(out.emotion_logits[0] / model.temperature, dim=-1)
    phase = torch.softmax(out.phase_logits[0], dim=-1)
    values = (emotion, phase, out.intensity[0, :, None])
    return {name: v.float().cpu().numpy() for name, v in zip(_COLUMNS, values, strict=True)}


class _Features:
    """Features of a stretch of a track, asked for in rising order: each frame encoded once, then let go."""

    def __init__(
        self, model: SequenceModel, track: Track, first: int, last: int, batch_size: int,
        known: Callable[[NDArray[np.int64]], Tensor] | None,
    ) -> None:  # fmt: skip
        self._model, self._track, self._batch_size, self._known = model, track, batch_size, known
        self._pts = np.asarray(track.pts_seconds, np.float64)
        self._next, self._last = first, last
        self._held_from = first
        self._held: Tensor | None = None

    def at(self, times: NDArray[np.float64]) -> Tensor:
        """Features (len(times), ...) at rising moments, none earlier than the first of the last call."""
        low = max(self._held_from, int(np.searchsorted(self._pts[: self._last], times[0], side="right")) - 1)
        high = min(self._last, int(np.searchsorted(self._pts[: self._last], times[-1], side="left")) + 1)
        parts = [] if self._held is None else [self._held[low - self._held_from :]]
        while self._next < high:
            # Batches lie at fixed places of the track: chunking does not change how frames are batched.
            stop = min(self._next + self._batch_size, self._last)
            parts.append(self._encoded(self._next, stop))
            self._next = stop
        self._held, self._held_from = torch.cat(parts), low
        below, weight = neighbours(times, self._pts[low : low + len(self._held)])
        above = np.minimum(below + 1, len(self._held) - 1)
        device = self._held.device
        w = torch.from_numpy(weight.astype(np.float32)).to(device).view(-1, *[1] * (self._held.ndim - 1))
        return torch.lerp(
            self._held[torch.from_numpy(below).to(device)], self._held[torch.from_numpy(above).to(device)], w
        )

    def _encoded(self, start: int, stop: int) -> Tensor:
        if self._known is not None:
            return self._known(np.arange(start, stop)).to(self._model.device)
        return self._model.encode(self._model.read(self._track, start, stop).to(self._model.device))
