"""Windows of face tracks, evenly sampled in time, with a target for each moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from ..faces.align import aligned_landmarks
from ..labels import Vocabulary
from ..models.base import SequenceModel
from ..models.inference import contiguous
from ..models.kept import KeptFeatures
from ..models.losses import NO_LABEL
from ..store import RunStore
from .augmentation import Augmentation
from .label_table import Label

MAX_GAP_SECONDS = 0.5
#: An item that holds nothing: what fills up the last batches of several processes.
PADDING = -1
Inputs = Literal["crops", "landmarks"]


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
    times: NDArray[np.float64],
    labels: Sequence[Label],
    vocabulary: Vocabulary,
    *,
    moment_seconds: float = 0.0,
) -> dict[str, NDArray]:
    """What the labels say of evenly spaced moments.

    Args:
        times: float64 (T,), rising.
        labels: of one face.
        vocabulary: names of the K emotions.
        moment_seconds: a label for a single moment holds this long before it and after it.

    Returns:
        ``emotion`` float32 (T, K): one-hot, all 0 where nothing is said; ``phase`` int64 (T,):
        ``NO_LABEL`` where nothing is said; ``intensity`` float32 (T,): NaN where nothing is said;
        ``clip_emotion`` int64 (): of the whole clip, or ``NO_LABEL``. A label for a single moment goes to
        the nearest of ``times``, if there is one within half a step, and gives way to none.
    """
    emotion = np.zeros((len(times), len(vocabulary)), np.float32)
    phase = np.full(len(times), NO_LABEL, np.int64)
    intensity = np.full(len(times), np.nan, np.float32)
    clip = np.array(NO_LABEL, np.int64)
    half_step = (times[1] - times[0]) / 2 if len(times) > 1 else np.inf
    for label in sorted(labels, key=lambda x: x.start_seconds == x.end_seconds):
        if label.start_seconds is None or label.end_seconds is None:
            clip[...] = label.emotion
            continue
        if label.start_seconds == label.end_seconds:
            nearest = int(np.argmin(np.abs(times - label.start_seconds)))
            here = np.arange(len(times)) == nearest
            here &= np.abs(times - label.start_seconds) <= half_step
            here |= np.abs(times - label.start_seconds) <= moment_seconds
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
    bounds = [(-np.inf, np.inf) if x.whole_clip else (x.start_seconds, x.end_seconds) for x in labels]
    starts, ends = np.array(bounds, np.float64).reshape(-1, 2).T
    windows = []
    for first, last in contiguous(pts_seconds, MAX_GAP_SECONDS):
        begin, end = pts_seconds[first], pts_seconds[last - 1]
        total = 1 + int(np.floor((end - begin) * sample_rate_hz + 1e-6))
        for step in range(0, max(total - steps, 0) + hop, hop):
            count = min(steps, total - step)
            if count <= 0 or (step > 0 and step - hop + steps >= total):
                break  # the window before reached the end
            start = begin + step / sample_rate_hz
            stop = start + count / sample_rate_hz
            here = np.flatnonzero((starts < stop) & ((ends > start) | (starts >= start)))
            if len(here):
                bearing = tuple(labels[i] for i in here.tolist())
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


class TrackWindows(Dataset[dict[str, Tensor]]):
    """Windows as a data set.

    An item is asked for by its number, or by its number and a seed: then the window is augmented, the
    same way for all of its frames, by the choices that the seed makes. :data:`PADDING` is an item of which
    nothing counts.

    Each item holds ``crops`` uint8 (T, S, S, 3) or ``landmarks`` float32 (T, L, 2), aligned, as fractions of
    the crop's side, or ``features`` (see :meth:`keep_features`); ``mask`` bool (T,), False for padding;
    ``index`` int64 (), the item's number; and the targets of :func:`frame_targets`, blank at padding.

    Args:
        run: the stores.
        windows: see :func:`cut_windows`.
        vocabulary: names of the emotions.
        sample_rate_hz: moments per second.
        window_seconds: T is this times ``sample_rate_hz``.
        moment_seconds: see :func:`frame_targets`.
        augmentation: what to do where a seed is given.
        inputs: what a model takes.
    """

    def __init__(
        self,
        run: RunStore,
        windows: Sequence[Window],
        *,
        vocabulary: Vocabulary,
        sample_rate_hz: float,
        window_seconds: float,
        moment_seconds: float = 0.0,
        augmentation: Augmentation | None = None,
        inputs: Inputs = "crops",
    ) -> None:
        self.windows = tuple(windows)
        self.inputs: Inputs = inputs
        self.run = run
        self._vocabulary = vocabulary
        self._rate = sample_rate_hz
        self._steps = max(1, round(window_seconds * sample_rate_hz))
        self._moment_seconds = moment_seconds
        self._augmentation = augmentation
        self._kept: KeptFeatures | None = None

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, key: int | tuple[int, int]) -> dict[str, Tensor]:
        index, seed = key if isinstance(key, tuple) else (key, None)
        window = self.windows[max(index, 0)]
        augment = self._augmentation if seed is not None else None
        rng = np.random.default_rng([seed or 0, max(index, 0)])
        pace = augment.draw_speed(rng) if augment is not None else 1.0
        times, mask = self._moments(window, pace)
        track = self.run.track(window.video_id, window.track_id)
        rows = nearest_rows(track.pts_seconds, times[mask])
        seen: NDArray
        if self._kept is not None:
            seen = self._kept.of((window.video_id, window.track_id), rows).numpy()
        elif self.inputs == "landmarks":
            seen = aligned_landmarks(track.landmarks_xy[rows])
            seen = augment.of_landmarks(seen, rng) if augment is not None else seen
        else:
            seen = track.crops(int(rows[0]), int(rows[-1]) + 1)[rows - rows[0]]
            seen = augment(seen, rng) if augment is not None else seen
        filled = np.zeros((self._steps, *seen.shape[1:]), seen.dtype)
        filled[mask] = seen
        targets = self.targets(index, times)
        mask &= index != PADDING
        targets["emotion"][~mask] = 0.0
        targets["phase"][~mask] = NO_LABEL
        targets["intensity"][~mask] = np.nan
        name = self.inputs if self._kept is None else "features"
        arrays = {name: filled, "mask": mask, "index": np.array(index), **targets}
        return {name: torch.from_numpy(np.asarray(value)) for name, value in arrays.items()}

    def keep_features(self, kept: KeptFeatures, model: SequenceModel) -> None:
        """From now on, items hold ``features`` (T, ...) of the faces and no faces; all are made now."""
        for window in self.windows:
            track = self.run.track(window.video_id, window.track_id)
            times, mask = self._moments(window)
            face = (window.video_id, window.track_id)
            kept.make(model, track, face, nearest_rows(track.pts_seconds, times[mask]))
        self._kept = kept

    def _moments(self, window: Window, pace: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Times of the moments (T,), and which of them lie within the track."""
        times = window.start_seconds + np.arange(self._steps, dtype=np.float64) * (pace / self._rate)
        return times, times < window.start_seconds + (window.num_steps - 0.5) / self._rate

    def targets(self, index: int, times: NDArray[np.float64] | None = None) -> dict[str, NDArray]:
        """What is said of a window, at its own moments where ``times`` are not given: no picture is read."""
        window = self.windows[max(index, 0)]
        if times is None:
            times = window.start_seconds + np.arange(window.num_steps, dtype=np.float64) / self._rate
        labels = window.labels if index != PADDING else ()
        return frame_targets(times, labels, self._vocabulary, moment_seconds=self._moment_seconds)


def nearest_rows(pts_seconds: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows of ``pts_seconds`` (rising) nearest to ``times``; of two as near, the earlier."""
    after = np.clip(np.searchsorted(pts_seconds, times), 1, max(len(pts_seconds) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(pts_seconds) - 1)
    return np.where(times - pts_seconds[before] <= pts_seconds[after] - times, before, after)
