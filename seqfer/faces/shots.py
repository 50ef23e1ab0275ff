"""Hard cuts, found from a tiny grey copy of each frame.

A cut is a change between neighbouring frames that stands out against the changes around it (the
adaptive test of PySceneDetect's ``AdaptiveDetector``), and that lasts: after a camera flash the picture
comes back, so a flash is not a cut.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

THUMBNAIL_SIZE = (64, 36)  # width, height: enough to tell scenes apart, 0.2 ms to make
_AROUND = 2  # frames looked at on either side
_MIN_CHANGE = 12.0  # mean absolute difference, grey levels
_MIN_RATIO = 3.0  # to the mean change around
_BACK = 0.5  # of the change: if the frame after is nearer than this to the frame before, it was a flash
_QUIET = 2.0  # change around is taken as at least this, grey levels: noise and slow motion


class HasGrey(Protocol):
    """What is needed of a frame."""

    def grey(self, width: int, height: int) -> NDArray[np.uint8]: ...


F = TypeVar("F", bound=HasGrey)


def mark_shots(frames: Iterable[F]) -> Iterator[tuple[F, int, NDArray[np.float32]]]:
    """Each frame with the number of the shot it is in, counted from 0, and its grey copy; holds two back."""
    window: deque[tuple[F, NDArray[np.float32]]] = deque()
    changes: deque[float] = deque()  # changes[i]: from the frame before window[i] into it
    before: deque[tuple[NDArray[np.float32], float]] = deque(maxlen=_AROUND)  # frames already let go
    shot = 0

    def let_go() -> tuple[F, int, NDArray[np.float32]]:
        nonlocal shot
        frame, small = window.popleft()
        copy = small
        change = changes.popleft()
        if before and _stands_out(change, [c for _, c in before] + list(changes)):
            was = before[-1][0]
            if window and _change(was, window[0][1]) < _BACK * change:
                # A flash: what comes after it is compared with what was before it.
                small, change = was, 0.0
                changes[0] = _change(was, window[0][1])
            else:
                shot += 1
                before.clear()  # the changes of another shot say nothing of this one
                change = 0.0
        before.append((small, change))
        return frame, shot, copy

    previous: NDArray[np.float32] | None = None
    for frame in frames:
        small = frame.grey(*THUMBNAIL_SIZE).astype(np.float32)
        changes.append(0.0 if previous is None else _change(previous, small))
        window.append((frame, small))
        previous = small
        if len(window) > _AROUND:
            yield let_go()
    while window:
        yield let_go()


def is_cut_between(before: Iterable[NDArray[np.float32]], after: Iterable[NDArray[np.float32]]) -> bool:
    """Whether a cut lies exactly between two runs of grey copies, as :func:`mark_shots` would say."""

    @dataclass
    class Copy:
        small: NDArray[np.float32]

        def grey(self, width: int, height: int) -> NDArray[np.uint8]:
            return self.small.astype(np.uint8)

    first = list(before)
    shots = [shot for _, shot, _ in mark_shots([Copy(s) for s in (*first, *after)])]
    return shots[len(first)] != shots[len(first) - 1]


def _stands_out(change: float, around: list[float]) -> bool:
    usual = max(_QUIET, float(np.mean(around)) if around else 0.0)
    return change >= _MIN_CHANGE and change >= _MIN_RATIO * usual


def _change(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.abs(a - b).mean())
