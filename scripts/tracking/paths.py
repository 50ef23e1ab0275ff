"""How faces and things move: functions of the time in seconds. Lengths are pixels of the frame."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from .stage import Pose, Sway, ease

Path = Callable[[float], Pose | None]


def stand(x: float, y: float, size: float, sway: Sway | None = None, turn: float = 0.0) -> Path:
    """Somebody who stays where he is."""
    pose = Pose(x=x, y=y, size=size, turn_degrees=turn)
    return lambda t: sway(pose, t) if sway else pose


def through(
    *marks: tuple[float, float, float, float], turn: Callable[[float], float] = lambda _: 0.0
) -> Path:
    """Smoothly from mark to mark, each (seconds, x, y, size); there from the first to the last."""

    def at(t: float) -> Pose | None:
        if not marks[0][0] <= t <= marks[-1][0]:
            return None
        for (t0, *a), (t1, *b) in pairwise(marks):
            if t <= t1:
                w = ease(t, t0, t1)
                x, y, size = ((1 - w) * np.array(a) + w * np.array(b)).tolist()
                return Pose(x=x, y=y, size=size, turn_degrees=turn(t))
        return None

    return at


def during(start: float, end: float, fade: float = 0.0) -> Callable[[float], float]:
    """Weight of a scene from ``start`` to ``end``, faded in and out over ``fade``, centred on those."""
    if not fade:
        return lambda t: float(start - 1e-6 <= t < end - 1e-6)
    return lambda t: float(np.clip((t - start) / fade + 0.5, 0, 1) * np.clip((end - t) / fade + 0.5, 0, 1))


def wave(middle: float, reach: float, hertz: float, phase: float = 0.0) -> Callable[[float], float]:
    return lambda t: middle + reach * float(np.sin(2 * np.pi * hertz * t + phase))


def hand_over(x: float, y: float, face: float, h: float, *visits: tuple[float, float]) -> Path:
    """A hand that is before a face from each visit's start to its end, and comes and goes in 0.2 s."""

    def at(t: float) -> Pose | None:
        up = max(ease(t, a - 0.2, a) - ease(t, b, b + 0.2) for a, b in visits)
        # The fingers' middle is above the middle of the picture of hand and forearm.
        size = 1.5 * face
        return (
            Pose(x=x + 0.3 * face * (1 - up), y=y + 0.72 * size + (1 - up) * h, size=size) if up > 0 else None
        )

    return at
