"""Windows of face tracks, evenly sampled in time, with a target for each moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from ..labels import Vocabulary
from ..models.inference import contiguous
from ..models.losses import NO_LABEL
from ..store import RunStore, StoredTrack
from .augmentation import Augmentation
from .label_table import Label

MAX_GAP_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Window:
    """A stretch of one face track.

    Attributes:
        video_id: of the run.
        track_id: in it.
        subject: whoever it is; the video's id where nobody says.
        start_seconds: of the first moment.
        num_steps: moments that lie within the track (the rest of the window is padding).
        labels: those that bear on the track.
    """

    video_id: str
    track_id: int
    subject: str
    start_seconds: float
    num_steps: int
    labels: tuple[Label, ...]


def frame_targets(
    times: NDArray[np.float64], labels: Sequence[Label], vocabulary: Vocabulary
) -> dict[str, NDArray]:
    """What the labels say of evenly spaced moments.

    Args:
        times: float64 (T,), rising.
        labels: of one face.
        vocabulary: names of the K emotions.

    Returns:
        ``emotion`` float32 (T, K): one-hot, all 0 where nothing is said; ``phase`` int64 (T,):
        ``NO_LABEL`` where nothing is said; ``intensity`` float32 (T,): NaN where nothing is said;
        ``clip_emotion`` int64 (): of the whole clip, or ``NO_LABEL``. A label for a single moment goes to
        the nearest of ``times``, if there is one within half a step.
    """
    emotion = np.zeros((len(times), len(vocabulary)), np.float32)
    phase = np.full(len(times), NO_LABEL, np.int64)
    intensity = np.full(len(times), np.nan, np.float32)
    clip = np.array(NO_LABEL, np.int64)
    half_step = (times[1] - times[0]) / 2 if len(times) > 1 else np.inf
    for label in labels:
        if label.start_seconds is None or label.end_seconds is None:
            clip[...] = label.emotion
            continue
        if label.start_seconds == label.end_seconds:
            nearest = int(np.argmin(np.abs(times - label.start_seconds)))
            here = np.arange(len(times)) == nearest
            here &= np.abs(times - label.start_seconds) <= half_step
        else:
            here = (times >= label.start_seconds) & (times < label.end_seconds)
        emotion[here] = 0.0
        emotion[here, label.emotion] = 1.0
        if label.phase is not None:
            phase[here] = label.phase
        if label.intensity is not None:
            intensity[here] = label.intensity
    return {"emotion": emotion, "phase": phase, "intensity": intensity, "clip_emotion": clip}


def cut_windows(
    video_id: str,
    track_id: int,
    pts_seconds: NDArray[np.float64],
    labels: Sequence[Label],
    *,
    subject: str,
    sample_rate_hz: float,
    window_seconds: float,
    hop_seconds: float,
) -> list[Window]:
    """Windows over the stretches of a track that bear at least one label.

    A stretch ends where the face is away for longer than :data:`MAX_GAP_SECONDS`. Windows start every
    ``hop_seconds``; the last one of a stretch may be shorter than ``window_seconds`` (then padded).
    """
    steps = max(1, round(window_seconds * sample_rate_hz))
    hop = max(1, round(hop_seconds * sample_rate_hz))
    windows = []
    for first, last in contiguous(pts_seconds, MAX_GAP_SECONDS):
        begin, end = pts_seconds[first], pts_seconds[last - 1]
        total = 1 + int(np.floor((end - begin) * sample_rate_hz + 1e-6))
        for step in range(0, max(total - steps, 0) + hop, hop):
            count = min(steps, total - step)
            if count <= 0 or (step > 0 and step - hop + steps >= total):
                break  # the window before reached the end
            start = begin + step / sample_rate_hz
            bearing = tuple(x for x in labels if _bears_on(x, start, start + count / sample_rate_hz))
            if bearing:
                windows.append(
                    Window(
                        video_id=video_id,
                        track_id=track_id,
                        subject=subject,
                        start_seconds=float(start),
                        num_steps=count,
                        labels=bearing,
                    )
                )
    return windows


def _bears_on(label: Label, start: float, end: float) -> bool:
    if label.start_seconds is None or label.end_seconds is None:
        return True
    return label.start_seconds < end and (label.end_seconds > start or label.start_seconds >= start)


class TrackWindows(Dataset[dict[str, Tensor]]):
    """Windows as a data set.

    An item is asked for by its number, or by its number and a seed: then the window is augmented, the
    same way for all of its frames, by the choices that the seed makes.

    Each item holds ``crops`` uint8 (T, S, S, 3), ``mask`` bool (T,), False for padding, and the targets
    of :func:`frame_targets`, blank at padding.

    Args:
        run: the stores.
        windows: see :func:`cut_windows`.
        vocabulary: names of the emotions.
        sample_rate_hz: moments per second.
        window_seconds: T is this times ``sample_rate_hz``.
        augmentation: what to do where a seed is given.
    """

    def __init__(
        self,
        run: RunStore,
        windows: Sequence[Window],
        *,
        vocabulary: Vocabulary,
        sample_rate_hz: float,
        window_seconds: float,
        augmentation: Augmentation | None = None,
    ) -> None:
        self.windows = tuple(windows)
        self._run = run
        self._vocabulary = vocabulary
        self._rate = sample_rate_hz
        self._steps = max(1, round(window_seconds * sample_rate_hz))
        self._augmentation = augmentation

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, key: int | tuple[int, int]) -> dict[str, Tensor]:
        index, seed = key if isinstance(key, tuple) else (key, None)
        window = self.windows[index]
        times = window.start_seconds + np.arange(self._steps) / self._rate
        mask = np.arange(self._steps) < window.num_steps
        seen = _crops_at(self._run.track(window.video_id, window.track_id), times[mask])
        if seed is not None and self._augmentation is not None:
            seen = self._augmentation(seen, np.random.default_rng([seed, index]))
        crops = np.zeros((self._steps, *seen.shape[1:]), np.uint8)
        crops[mask] = seen
        targets = frame_targets(times, window.labels, self._vocabulary)
        targets["emotion"][~mask] = 0.0
        targets["phase"][~mask] = NO_LABEL
        targets["intensity"][~mask] = np.nan
        arrays = {"crops": crops, "mask": mask, **targets}
        return {name: torch.from_numpy(np.asarray(value)) for name, value in arrays.items()}


def _crops_at(track: StoredTrack, times: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The frame nearest to each moment: uint8 (T, S, S, 3)."""
    rows = nearest_rows(track.pts_seconds, times)
    return track.crops(int(rows[0]), int(rows[-1]) + 1)[rows - rows[0]]


def nearest_rows(pts_seconds: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows of ``pts_seconds`` (rising) nearest to ``times``; of two as near, the earlier."""
    after = np.clip(np.searchsorted(pts_seconds, times), 1, max(len(pts_seconds) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(pts_seconds) - 1)
    return np.where(times - pts_seconds[before] <= pts_seconds[after] - times, before, after)
