"""Gradual transitions between shots, from a tiny grey copy of each frame.

Within a dissolve each pixel goes straight from the old picture to the new one: the frames of any stretch
of it lie on the line between its ends. Whatever moves, pans or zooms far enough to change the picture as
much bends away from that line. So a dissolve is a stretch whose ends differ in content, not in light
alone, and whose frames between lie on the line. (The idea behind the variance tests reviewed by Lienhart,
"Reliable Transition Detection in Videos: A Survey and Practitioner's Guide", 2001.)

A fade to black, or any one colour, ends in pictures without content; what comes out of them is compared
with what went in.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LENGTHS = (3, 4, 5, 7, 10, 14, 20, 28, 38, 54, 76)  # stretches looked at, frames: each ~1.4 x the one before
LONGEST = _LENGTHS[-1] + 1  # thumbnails that matter for a verdict
_MIN_CHANGE = 10.0  # of the ends of a dissolve, mean absolute difference, grey levels
_MIN_CONTENT = 8.0  # of that, what is left when brightness and contrast are matched
_MAX_LIKENESS = 0.85  # correlation of the ends
_MAX_BEND = 0.2  # mean distance from the line, of the change of the ends
_MAX_BEND_OF_CONTENT = 0.3  # and of what is left of that: a change of light is straight too
_CONTRAST = 10.0  # standard deviation of a picture that has content, grey levels
_BLANK = 3.0  # and of one that has none
_EMERGING = 6.0  # of the first picture after a fade that can be told
_SAME = 0.8  # correlation of pictures before and after one colour: the lights were off
_MAX_BEND_OF_MOTION = 0.6  # of what motion between ends as alike would bend
_STEP = 3  # frames over which the pace of a transition is measured
_SETTLED = 0.35  # of the fastest pace: slower, and the transition is over


class GradualTransitions:
    """Tells, frame by frame, when a new shot has come out of a gradual transition."""

    def __init__(self) -> None:
        self._smalls = np.zeros((0, 0), np.float32)  # ring of the last LONGEST thumbnails, flat
        self._count = 0  # thumbnails in the ring that belong to this shot
        self._next = 0
        self._stats = np.zeros((LONGEST, 2))  # mean and standard deviation of each
        self._content: NDArray[np.float32] | None = None  # the last picture before a blank one
        self._is_blank = False
        self._pace: float | None = None  # of the transition that goes on, at its fastest

    def forget_all_but(self, count: int) -> None:
        """A new shot began ``count`` frames ago: what was before is no end of a transition any more."""
        self._count = min(self._count, count)

    def add(self, small: NDArray[np.uint8]) -> bool:
        """Take the next thumbnail, uint8 (H, W); whether a new shot has come with it, or by now."""
        flat = small.ravel().astype(np.float32)
        if not self._smalls.size:
            self._smalls = np.zeros((LONGEST, flat.size), np.float32)
        at = self._next
        self._smalls[at] = flat
        self._stats[at] = flat.mean(), flat.std()
        self._next, self._count = (at + 1) % LONGEST, min(self._count + 1, LONGEST)
        has_emerged = self._has_emerged(flat, float(self._stats[at, 1]))
        if self._pace is not None:
            self._run_out(at)
            return False
        self._pace = 0.0 if has_emerged else self._pace_of_dissolve(at)
        if self._pace is None:
            return False
        self._count = 1
        return True

    def _run_out(self, at: int) -> None:
        """The rest of a transition that was told already is no transition of its own."""
        assert self._pace is not None
        if self._count > _STEP:
            pace = float(np.abs(self._smalls[at] - self._smalls[(at - _STEP) % LONGEST]).mean())
            self._pace = max(self._pace, pace)
            if pace < _SETTLED * self._pace or self._count == LONGEST:
                self._pace, self._count = None, 1

    def _has_emerged(self, flat: NDArray[np.float32], contrast: float) -> bool:
        if contrast < _BLANK:
            self._is_blank = True
        elif contrast >= _EMERGING:
            was_blank, self._is_blank = self._is_blank, False
            before, self._content = self._content, flat
            return was_blank and before is not None and _likeness(before, flat) < _SAME
        return False

    def _pace_of_dissolve(self, at: int) -> float | None:
        """Change in ``_STEP`` frames of the dissolve that has come this far; None if there is none."""
        lengths = np.array([n for n in _LENGTHS if n < self._count], np.int64)
        if not len(lengths) or self._stats[at, 1] < _CONTRAST:
            return None
        lengths = lengths[self._stats[(at - lengths) % LONGEST, 1] >= _CONTRAST]
        now = self._smalls[at]
        changes = np.abs(self._smalls[(at - lengths) % LONGEST] - now).mean(axis=1)
        for length, change in zip(lengths.tolist(), changes.tolist(), strict=True):
            if change >= _MIN_CHANGE and self._is_straight(at, length, change):
                return change * _STEP / length
        return None

    def _is_straight(self, at: int, length: int, change: float) -> bool:
        start, now = self._smalls[(at - length) % LONGEST], self._smalls[at]
        bend = 0.0
        for quarter in (2, 1, 3):
            step = round(length * quarter / 4)
            on_line = start + (now - start) * np.float32(step / length)
            bend = max(bend, float(np.abs(self._smalls[(at - length + step) % LONGEST] - on_line).mean()))
            if bend > _MAX_BEND * change:
                return False
        content = content_change(start, now)
        likeness = _likeness(start, now)
        return (
            content >= max(_MIN_CONTENT, bend / _MAX_BEND_OF_CONTENT)
            and likeness <= _MAX_LIKENESS
            and bend <= _MAX_BEND_OF_MOTION * _bend_of_motion(likeness) * change
        )


def _bend_of_motion(likeness: float) -> float:
    """How far a soft picture that moves bends from the line, relative to its change.

    Of pictures whose likeness falls with distance like a Gaussian (any sharper picture bends more): a
    short move of a soft picture is almost straight too, but it also leaves the ends alike.
    """
    r = min(max(likeness, 0.0), 0.99)
    return float(np.sqrt(((3 + r) / 2 - 2 * r**0.25) / (2 * (1 - r))))


def content_change(a: NDArray, b: NDArray) -> float:
    """How far two pictures of one shape differ by more than brightness and contrast.

    Mean absolute difference that is left when ``a`` is matched to ``b``, the later one; grey levels.
    """
    was, now = (picture - np.float32(picture.mean()) for picture in (a, b))
    gain = max(0.0, float((was * now).mean()) / max(float((was * was).mean()), 1e-6))
    return float(np.abs(now - np.float32(gain) * was).mean())


def _likeness(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    was, now = a - a.mean(), b - b.mean()
    return float(np.dot(was, now)) / max(float(np.linalg.norm(was) * np.linalg.norm(now)), 1e-6)
