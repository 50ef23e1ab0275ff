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

from collections import deque

import cv2
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

Small = NDArray[np.uint8]


class GradualTransitions:
    """Tells, frame by frame, when a new shot has come out of a gradual transition."""

    def __init__(self) -> None:
        self._smalls: deque[Small] = deque(maxlen=LONGEST)  # of this shot, the newest last
        self._contrasts: deque[float] = deque(maxlen=LONGEST)
        self._content: Small | None = None  # the last picture before a blank one
        self._is_blank = False
        self._pace: float | None = None  # of the transition that goes on, at its fastest

    def forget_all_but(self, count: int) -> None:
        """A new shot began ``count`` frames ago: what was before is no end of a transition any more."""
        while len(self._smalls) > count:
            self._smalls.popleft()
            self._contrasts.popleft()

    def add(self, small: Small) -> bool:
        """Take the next thumbnail, uint8 (H, W); whether a new shot has come with it, or by now."""
        contrast = float(cv2.meanStdDev(small)[1][0, 0])
        self._smalls.append(small)
        self._contrasts.append(contrast)
        has_emerged = self._has_emerged(small, contrast)
        if self._pace is not None:
            self._run_out()
            return False
        self._pace = 0.0 if has_emerged else self._pace_of_dissolve()
        if self._pace is None:
            return False
        self.forget_all_but(1)
        return True

    def _run_out(self) -> None:
        """The rest of a transition that was told already is no transition of its own."""
        assert self._pace is not None
        if len(self._smalls) > _STEP:
            pace = mean_change(self._smalls[-1], self._smalls[-1 - _STEP])
            self._pace = max(self._pace, pace)
            if pace < _SETTLED * self._pace or len(self._smalls) == LONGEST:
                self._pace = None
                self.forget_all_but(1)

    def _has_emerged(self, small: Small, contrast: float) -> bool:
        if contrast < _BLANK:
            self._is_blank = True
        elif contrast >= _EMERGING:
            was_blank, self._is_blank = self._is_blank, False
            before, self._content = self._content, small
            return was_blank and before is not None and _likeness(before, small) < _SAME
        return False

    def _pace_of_dissolve(self) -> float | None:
        """Change in ``_STEP`` frames of the dissolve that has come this far; None if there is none."""
        if self._contrasts[-1] < _CONTRAST:
            return None
        for length in _LENGTHS:
            if length >= len(self._smalls):
                return None
            if self._contrasts[-1 - length] >= _CONTRAST:
                change = mean_change(self._smalls[-1], self._smalls[-1 - length])
                if change >= _MIN_CHANGE and self._is_straight(length, change):
                    return change * _STEP / length
        return None

    def _is_straight(self, length: int, change: float) -> bool:
        start, now = self._smalls[-1 - length], self._smalls[-1]
        bend = 0.0
        for quarter in (2, 1, 3):
            step = round(length * quarter / 4)
            on_line = cv2.addWeighted(start, 1 - step / length, now, step / length, 0)
            bend = max(bend, mean_change(self._smalls[-1 - length + step], on_line))
            if bend > _MAX_BEND * change:
                return False
        content, likeness = content_change(start, now), _likeness(start, now)
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


def mean_change(a: Small, b: Small) -> float:
    """Mean absolute difference of two pictures, grey levels."""
    return cv2.norm(a, b, cv2.NORM_L1) / a.size


def content_change(a: Small, b: Small) -> float:
    """How far two pictures differ by more than brightness and contrast.

    Mean absolute difference that is left when ``a`` is matched to ``b``, the later one; grey levels.
    """
    was, now = _centred(a), _centred(b)
    gain = max(0.0, float(np.dot(was, now)) / max(float(np.dot(was, was)), 1e-6))
    return float(np.abs(now - np.float32(gain) * was).mean())


def _likeness(a: Small, b: Small) -> float:
    """Correlation, -1 to 1."""
    was, now = _centred(a), _centred(b)
    return float(np.dot(was, now)) / max(float(np.linalg.norm(was) * np.linalg.norm(now)), 1e-6)


def _centred(picture: Small) -> NDArray[np.float32]:
    flat = picture.ravel().astype(np.float32)
    return flat - flat.mean()
