"""Where one shot ends and the next begins, cut, faded or dissolved, from a tiny grey copy of each frame.

A hard cut is a change between neighbouring frames that stands out against the changes around it (the
adaptive test of PySceneDetect's ``AdaptiveDetector``), that lasts (after a camera flash the picture comes
back) and that is not one of light alone. Gradual transitions: see :mod:`seqfer.faces.gradual`.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from .gradual import GradualTransitions, Small, content_change, mean_change

THUMBNAIL_SIZE = (64, 36)  # width, height: enough to tell scenes apart
_AROUND = 2  # frames on either side whose changes are compared
_AHEAD = 3  # frames to wait: a flash is over by then
_MIN_CHANGE = 12.0  # mean absolute difference, grey levels
_MIN_RATIO = 3.0  # to the mean change around
_BACK = 0.5  # of the change: if a frame after is nearer than this to the frame before, it was a flash
_QUIET = 2.0  # change around is taken as at least this, grey levels: noise and slow motion
_STEPS = 9  # between frames, of which the usual one is the median
_LIGHT_ONLY = 6.0  # what is left of a change when brightness and contrast are matched, grey levels
_SHORTEST_SHOT = 4  # frames; what changes sooner is the tail of the same transition


class HasGrey(Protocol):
    """What is needed of a frame."""

    @property
    def pts_seconds(self) -> float: ...
    def grey(self, width: int, height: int) -> NDArray[np.uint8]: ...


F = TypeVar("F", bound=HasGrey)
T = TypeVar("T")


def mark_shots(frames: Iterable[F]) -> Iterator[tuple[F, int, Small]]:
    """Each frame with the number of the shot it is in, counted from 0, and its thumbnail.

    Holds three frames back. The new shot begins with the frame of a hard cut, within a dissolve when the
    new picture prevails, and with the first of the new picture that is seen after a fade to one colour.

    Yields:
        (frame, shot, thumbnail uint8 (36, 64) of luminance).
    """
    shot = 0
    for frame, small, is_cut in _judged(
        (frame, frame.grey(*THUMBNAIL_SIZE), frame.pts_seconds) for frame in frames
    ):
        shot += is_cut
        yield frame, shot, small


def is_cut_between(before: Sequence[Small], after: Sequence[Small]) -> bool:
    """Whether a new shot begins at the boundary of two stretches of video that were marked apart.

    True for what :func:`mark_shots` would find with the first frame of ``after`` if it saw both, and for
    a gradual transition across the boundary, of which neither side alone has seen enough.

    Args:
        before, after: thumbnails up to and from the boundary, in order. A few are enough for hard cuts;
            for gradual ones, as many as :data:`seqfer.faces.gradual.LONGEST` on either side.
    """
    together = [is_cut for _, _, is_cut in _judged(_evenly((*before, *after)))]
    alone = [is_cut for _, _, is_cut in _judged(_evenly(after))]
    across = together[len(before) :]
    return bool(before) and any(cut and not known for cut, known in zip(across, alone, strict=True))


def _evenly(smalls: Sequence[Small]) -> Iterator[tuple[None, Small, float]]:
    return ((None, small, float(index)) for index, small in enumerate(smalls))


@dataclass(kw_only=True, eq=False)
class _Held(Generic[T]):
    """A frame that waits for those after it.

    Attributes:
        change: from the frame before, mean absolute difference in grey levels.
        steps: time since then, in usual steps, at least 1.
        is_gradual: a gradual transition has come this far.
    """

    item: T
    small: Small
    change: float
    steps: float
    is_gradual: bool


def _judged(items: Iterable[tuple[T, Small, float]]) -> Iterator[tuple[T, Small, bool]]:
    """Each item with its thumbnail, and whether a new shot begins with it; times are in seconds."""
    window: deque[_Held[T]] = deque()
    before: deque[tuple[Small, float]] = deque(maxlen=_AROUND)  # let go: as looked at, and its change
    gradual = GradualTransitions()
    since_cut = _SHORTEST_SHOT

    def let_go() -> tuple[T, Small, bool]:
        nonlocal since_cut
        held = window.popleft()
        small, change, is_cut = held.small, held.change, held.is_gradual
        if before and not is_cut and change >= _MIN_CHANGE:
            around = [c for _, c in before] + [h.change for h in itertools.islice(window, _AROUND)]
            if _stands_out(change, around, held.steps):
                was = before[-1][0]
                if any(_is_back(was, later.small, change) for later in window):
                    # A flash: what comes after it is compared with what was before it.
                    small, change = was, 0.0
                    window[0].change = mean_change(was, window[0].small)
                else:
                    is_cut = content_change(was, small) >= _LIGHT_ONLY
        is_cut = is_cut and since_cut >= _SHORTEST_SHOT
        since_cut = 1 if is_cut else since_cut + 1
        if is_cut:
            before.clear()  # the changes of another shot say nothing of this one
            gradual.forget_all_but(1 + len(window))
            change = 0.0
        before.append((small, change))
        return held.item, held.small, is_cut

    previous: tuple[Small, float] | None = None
    recent: deque[float] = deque(maxlen=_STEPS)
    for item, small, seconds in items:
        change, steps = 0.0, 1.0
        if previous is not None:
            change = mean_change(previous[0], small)
            recent.append(seconds - previous[1])
            steps = max(1.0, recent[-1] / sorted(recent)[len(recent) // 2])
        window.append(
            _Held(item=item, small=small, change=change, steps=steps, is_gradual=gradual.add(small))
        )
        previous = small, seconds
        if len(window) > _AHEAD:
            yield let_go()
    while window:
        yield let_go()


def _stands_out(change: float, around: list[float], steps: float) -> bool:
    # Where frames are missing, motion has changed more, though less and less: as a random walk does.
    usual = max(_QUIET, sum(around) / max(1, len(around))) * steps**0.5
    return change >= _MIN_RATIO * usual


def _is_back(was: Small, later: Small, change: float) -> bool:
    """The picture from before a change is seen again, if perhaps still in another light."""
    return mean_change(was, later) < _BACK * change or content_change(was, later) < _LIGHT_ONLY
