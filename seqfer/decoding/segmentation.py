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
    reach = np.full(num_labels, -np.inf)
    since = np.zeros(num_labels, np.int64)
    opened = 0  # starts below this are in ``reach``
    slack = 1e-9  # times are sums of floating-point steps
    for t in range(1, num_frames + 1):
        while opened < t and bounds[t] - bounds[opened] >= min_duration_seconds - slack:
            before = (score[opened][:, None] - cost).max(axis=0) if opened else np.zeros(num_labels)
            candidate = before - total[opened]
            better = candidate > reach
            reach[better] = candidate[better]
            since[better] = opened
            opened += 1
        score[t] = reach + total[t]
        begin[t] = since
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
