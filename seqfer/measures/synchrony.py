"""How far two faces in view move together: windowed, lagged correlation of two curves.

The method is that of Boker, Xu, Rotondo & King (2002, Psychological Methods 7:338-355); window, step and
lag matter, and are discussed by Schoenherr, Paulick, Worrack et al. (2019, Behavior Research Methods
51:361-383). What chance gives is found by pairing windows that do not belong together (Ramseyer &
Tschacher 2011, Journal of Consulting and Clinical Psychology 79:284-295).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..timeline import FramePredictions

if TYPE_CHECKING:
    import pandas as pd

_NEGATIVE = ("anger", "disgust", "fear", "sadness")
_LONGEST_GAP = 0.5  # seconds without the face, or without trust, that are interpolated
_STILL = 1e-4  # standard deviation below which a curve does not move: no correlation
_MISMATCHES = 10  # windows of the other face that each window is also held against


@dataclass(frozen=True, kw_only=True)
class SynchronyConfig:
    """How synchrony is measured.

    Attributes:
        curve: ``intensity`` of whatever is expressed; an emotion's name: how much of it shows; ``valence``:
            happiness less the strongest of anger, disgust, fear and sadness.
        window_seconds: what is correlated at a time.
        step_seconds: from one window to the next.
        max_lag_seconds: how far one face may lag behind the other.
        rate_hz: at which curves are resampled.

    Raises:
        ValueError: a duration or rate that is not positive, or windows of fewer than five samples.
    """

    curve: str = "intensity"
    window_seconds: float = 10.0
    step_seconds: float = 5.0
    max_lag_seconds: float = 3.0
    rate_hz: float = 10.0

    def __post_init__(self) -> None:
        if min(self.window_seconds, self.step_seconds, self.rate_hz) <= 0 or self.max_lag_seconds < 0:
            raise ValueError(
                "synchrony: window_seconds, step_seconds and rate_hz must be above 0, lag not below"
            )
        if self.window_seconds * self.rate_hz < 5:
            raise ValueError(
                "synchrony: a window must hold at least five samples; make it longer, or rate_hz higher"
            )


def curve_of(track: FramePredictions, curve: str) -> NDArray[np.float64]:
    """A curve (T,) of a face track; see :class:`SynchronyConfig`.

    Raises:
        ValueError: no such curve; the message names those that there are.
    """
    strength = track.intensity.astype(np.float64)
    if curve == "intensity":
        return strength
    names = track.vocabulary.names
    shown = track.emotion_probs.astype(np.float64) * strength[:, None]
    if curve in names:
        return shown[:, names.index(curve)]
    negative = [names.index(name) for name in _NEGATIVE if name in names]
    if curve == "valence" and "happiness" in names and negative:
        return shown[:, names.index("happiness")] - shown[:, negative].max(axis=1)
    raise ValueError(f"no curve {curve!r}; there are intensity, valence, {', '.join(names)}")


def synchrony(
    first: FramePredictions,
    second: FramePredictions,
    config: SynchronyConfig | None = None,
    *,
    trusted: Sequence[NDArray[np.bool_]] | None = None,
) -> pd.DataFrame:
    """Synchrony of two face tracks of one video, a row for each window in which both are in view.

    Args:
        trusted: for each of the two, bool (T,): rows that count. All where None.

    Returns:
        Columns ``start_s, end_s`` of the window in the first face's time; ``r``, the correlation without a
        lag; ``peak_r``, the highest within the lags, and ``lag_s``, where: positive if the second face
        follows the first; ``chance_r``, the mean of that peak over windows that do not belong together.
        A window in which a face does not move has no correlation (NaN), ``chance_r`` is NaN in
        encounters too short to find such windows.
    """
    config = config or SynchronyConfig()
    masks = trusted or [np.ones(len(track), np.bool_) for track in (first, second)]
    step = 1 / config.rate_hz
    begin = max(_start(first), _start(second))
    end = min(_end(first), _end(second))
    width = round(config.window_seconds * config.rate_hz)
    lag = round(config.max_lag_seconds * config.rate_hz)
    count = int((end - begin) / step + 1e-6) + 1 if end >= begin else 0
    times = begin + step * np.arange(count, dtype=np.float64)
    starts = np.zeros(0, np.int64)
    if len(times) >= width + 2 * lag:
        hop = max(1, round(config.step_seconds * config.rate_hz))
        starts = np.arange(lag, len(times) - width - lag + 1, hop)
    x, y = (
        _resampled(track, curve_of(track, config.curve), mask, times)
        for track, mask in zip((first, second), masks, strict=True)
    )
    there = [
        not np.isnan(x[s : s + width]).any() and not np.isnan(y[s - lag : s + width + lag]).any()
        for s in starts
    ]
    starts = starts[np.array(there, np.bool_)]
    if not len(starts):
        return _table(times, starts, width, np.zeros((0, 2 * lag + 1)), np.zeros(0), step)
    a = _normal(np.stack([x[s : s + width] for s in starts]))
    b = _normal(sliding_window_view(y, width))
    correlations = np.stack([b[s - lag : s + lag + 1] @ a[n] for n, s in enumerate(starts)])
    return _table(times, starts, width, correlations, _by_chance(a, b, starts, lag, width), step)


def _start(track: FramePredictions) -> float:
    return float(track.pts_seconds[0]) if len(track) else np.inf


def _end(track: FramePredictions) -> float:
    return float(track.pts_seconds[-1]) if len(track) else -np.inf


def _resampled(
    track: FramePredictions,
    curve: NDArray[np.float64],
    trusted: NDArray[np.bool_],
    times: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The curve at ``times``, linearly between rows that count; NaN where these are too far apart."""
    pts, values = track.pts_seconds[trusted], curve[trusted]
    if not len(pts):
        return np.full(len(times), np.nan)
    after = np.searchsorted(pts, times).clip(1, max(1, len(pts) - 1))
    gap = pts[after.clip(max=len(pts) - 1)] - pts[after - 1]
    outside = (times < pts[0] - 1e-9) | (times > pts[-1] + 1e-9)
    return np.where(outside | (gap > _LONGEST_GAP), np.nan, np.interp(times, pts, values))


def _normal(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Windows with mean 0 and length 1, so that a product is a correlation; NaN where nothing moves."""
    centred = windows - windows.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    moving = spread > _STILL * np.sqrt(windows.shape[1])
    return np.divide(centred, spread, out=np.full(centred.shape, np.nan), where=moving)


def _by_chance(
    a: NDArray[np.float64], b: NDArray[np.float64], starts: NDArray[np.int64], lag: int, width: int
) -> NDArray[np.float64]:
    """For each window, the mean peak against windows of the other face from other times."""
    means = np.full(len(starts), np.nan)
    for n, s in enumerate(starts):
        others = starts[np.abs(starts - s) >= width + lag]
        chosen = others[np.linspace(0, len(others) - 1, min(_MISMATCHES, len(others))).round().astype(int)]
        if len(chosen):
            peaks = _peaks(np.stack([b[o - lag : o + lag + 1] @ a[n] for o in chosen]))[0]
            means[n] = peaks[~np.isnan(peaks)].mean() if not np.isnan(peaks).all() else np.nan
    return means


def _peaks(correlations: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Of each row (N, lags) the highest, and at which lag: of equals, the shortest. NaN where all are."""
    lag = correlations.shape[1] // 2
    order = np.argsort(np.abs(np.arange(-lag, lag + 1)), kind="stable")
    ordered = np.where(np.isnan(correlations), -np.inf, correlations)[:, order]
    best = ordered.argmax(axis=1)
    highest = ordered[np.arange(len(ordered)), best]
    return np.where(np.isinf(highest), np.nan, highest), order[best] - lag


def _table(
    times: NDArray[np.float64],
    starts: NDArray[np.int64],
    width: int,
    correlations: NDArray[np.float64],
    chance: NDArray[np.float64],
    step: float,
) -> pd.DataFrame:
    import pandas as pd  # slow to import, and seldom wanted

    values, lags = _peaks(correlations)
    return pd.DataFrame(
        {
            "start_s": times[starts],
            "end_s": times[starts] + width * step,
            "r": correlations[:, correlations.shape[1] // 2],
            "peak_r": values,
            "lag_s": np.where(np.isnan(values), np.nan, lags * step),
            "chance_r": chance,
        }
    )
