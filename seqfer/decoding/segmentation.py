"""The best cut of a stretch of frames into segments, found exactly.

A semi-Markov model (Sarawagi & Cohen 2004): a segmentation scores the evidence for each segment's label
minus a cost for every switch, and no segment may be shorter than a minimum duration. Evidence counts
per second, not per frame, so 25 and 60 frames per second are cut alike and variable frame rate is no
special case. Because nothing bounds a segment from above, the maximum over all earlier starts is a
running one, and the search takes time linear in the number of frames.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def best_segmentation(
    evidence: NDArray[np.float64],
    start_seconds: NDArray[np.float64],
    end_seconds: float,
    *,
    switch_cost: float | NDArray[np.float64],
    min_duration_seconds: float,
) -> list[tuple[int, int, int]]:
    """Segments ``(first, last + 1, label)`` that tile the frames and score highest.

    Args:
        evidence: float64 (T, K), for each frame and label, already weighted by the frame's duration.
        start_seconds: float64 (T,), rising: when each frame begins to show.
        end_seconds: when the last frame ends.
        switch_cost: paid once per change of label; 0 or more, or a matrix of such (K, K), from row to column.
        min_duration_seconds: of every segment; a stretch shorter than twice this is one segment.

    Raises:
        ValueError: no frames.
    """
    num_frames, num_labels = evidence.shape
    if num_frames == 0:
        raise ValueError("a stretch needs at least one frame")
    cost = np.broadcast_to(np.float64(switch_cost), (num_labels, num_labels)).copy()
    np.fill_diagonal(cost, np.inf)
    bounds = np.append(start_seconds, end_seconds)
    total = np.vstack([np.zeros(num_labels), np.cumsum(evidence, axis=0)])
    # score[t, k]: best segmentation of the first t frames whose last segment is of label k.
    score = np.full((num_frames + 1, num_labels), -np.inf)
    begin = np.zeros((num_frames + 1, num_labels), np.int64)  # where that last segment begins
    # reach[k], since[k]: best (score before a segment of label k begins) - total, over starts old enough.
    reach = np.full((1, num_labels), -np.inf)
    since = np.zeros((1, num_labels), np.int64)
    opened = _num_old_enough(bounds, min_duration_seconds)
    t = 1
    while t <= num_frames:
        # All frames at once that need no start later than t - 1: a minimum duration's worth, or more.
        stop = int(np.searchsorted(opened, t, side="right"))
        first, last = int(opened[t - 1]), int(opened[stop - 1])
        candidates = (score[first:last, :, None] - cost).max(axis=1)
        if first == 0 and last:
            candidates[0] = 0.0  # nothing comes before the first frame
        candidates -= total[first:last]
        reach = np.maximum.accumulate(np.concatenate([reach, candidates]))
        starts = np.where(candidates > reach[:-1], np.arange(first, last)[:, None], -1)
        since = np.maximum.accumulate(np.concatenate([since, starts]))
        rows = opened[t:stop] - first
        score[t:stop] = reach[rows] + total[t:stop]
        begin[t:stop] = since[rows]
        reach, since = reach[-1:], since[-1:]
        t = stop
    if not np.isfinite(score[-1]).any():
        return [(0, num_frames, int(total[-1].argmax()))]
    segments = []
    t, k = num_frames, int(score[-1].argmax())
    while t > 0:
        start = int(begin[t, k])
        segments.append((start, t, k))
        if start == 0:
            break
        t, k = start, int((score[start] - cost[:, k]).argmax())
    return segments[::-1]


def _num_old_enough(bounds: NDArray[np.float64], min_duration_seconds: float) -> NDArray[np.int64]:
    """int64 (T+1,): how many of the earlier frames can begin a segment that ends before each frame begins."""
    slack = 1e-9  # times are sums of floating-point steps
    times, count, counts = bounds.tolist(), 0, []
    for t, now in enumerate(times):
        while count < t and now - times[count] >= min_duration_seconds - slack:
            count += 1
        counts.append(count)
    return np.array(counts, np.int64)
