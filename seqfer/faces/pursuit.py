"""One face from frame to frame, in close-ups: where it was in between, until when it was in view, since when.

This is a batch tool: the frames on both sides are at hand. So a face that a scan finds is followed back to
the frame where it came into view, one that is lost is looked for up to the frame where it went, and between
two sightings it is looked at as often as its motion asks for: as in the numerical solution of differential
equations, the step is halved until the error of interpolating is small.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .align import five_points, similarity_to_template, untilted
from .detection import Detections, FaceDetector
from .linking import LOOKS_SIDE, Expectation, Sighting, is_same, looks_of
from .looking import WIDE, PictureFrame, close_up

_OFF_CENTRE = 0.12  # of the sides of a face's box: further, and it is looked at once more
_FIRST_STEP = 2  # frames
MAX_ERROR = 0.01  # of interpolated landmarks, in sides of the face's box


@dataclass(frozen=True, eq=False)
class Held:
    """A frame that waits until all is known of it.

    Attributes:
        frame: the picture and its time.
        small: float32 (h, w), its tiny grey copy.
    """

    frame: PictureFrame
    small: NDArray[np.float32]


class Pursuit:
    """Follows single faces through the frames that are held.

    Args:
        detector: finds faces in one picture.
        held: the frames by index, consecutive; the caller adds to it and takes from it.
    """

    def __init__(self, detector: FaceDetector, held: dict[int, Held]) -> None:
        self._detector = detector
        self._held = held

    def sight(self, index: int, landmarks_xy: NDArray[np.float64], *, wide: bool = True) -> Sighting | None:
        """The face near given landmarks in a frame, if it is there.

        Args:
            wide: where it is not there, look around too.
        """
        frame = self._held[index].frame
        found = close_up(frame, self._detector, landmarks_xy)
        if found is None and wide:
            found = close_up(frame, self._detector, landmarks_xy, WIDE)
        if found is not None and off_centre(found, landmarks_xy) > _OFF_CENTRE:
            # Half outside the close-up, a face is drawn towards its middle.
            landmarks_xy = found.landmarks_xy[0].astype(np.float64)
            found = close_up(frame, self._detector, landmarks_xy) or found
        return None if found is None else sighting_of(frame, found, landmarks_xy)

    def confirmed(self, index: int, landmarks_xy: NDArray[np.float64]) -> Sighting | None:
        """The face that a search found near given landmarks, if it is one.

        Turned and scaled until it fits, many a pattern looks like a face: it must be one as it stands, too.
        """
        face = self.sight(index, landmarks_xy, wide=False)
        if face is not None:  # once more: what a search tells of the landmarks is rough
            face = self.sight(index, face.landmarks_xy, wide=False)
        if face is None:
            return None
        upright = close_up(self._held[index].frame, self._detector, untilted(face.landmarks_xy))
        return None if upright is None else replace(face, score=min(face.score, float(upright.scores[0])))

    def between(self, a: Sighting, b: Sighting, error: float) -> list[Sighting]:
        """Sightings after ``a`` and before ``b``, as many as interpolation needs.

        Args:
            error: expected in the middle if there are none, in sides of the face's box.
        """
        if b.frame_index - a.frame_index <= 1 or error <= MAX_ERROR:
            return []
        middle = (a.frame_index + b.frame_index) // 2
        w = (self._pts(middle) - a.pts_seconds) / (b.pts_seconds - a.pts_seconds)
        seen = self.sight(middle, (1 - w) * a.landmarks_xy + w * b.landmarks_xy)
        if seen is None or not (self._follows(a, seen) or self._follows(b, seen)):
            return []  # hidden for a moment
        off = apart(seen, (1 - w) * a.landmarks_xy + w * b.landmarks_xy)
        # Of two half steps, each is off by a quarter of what the whole one was.
        return [*self.between(a, seen, off / 4), seen, *self.between(seen, b, off / 4)]

    def until(self, last: Sighting, before: Sighting | None, stop: int) -> list[Sighting]:
        """Sightings after ``last`` of a face that is gone at frame ``stop``, up to the last one."""
        found: list[Sighting] = []
        while stop - last.frame_index > 1:
            middle = (last.frame_index + stop) // 2
            place = Expectation.of(last, before, self._pts(middle))
            seen = self.sight(middle, place.landmarks_xy)
            if seen is not None and is_same(place, seen):
                found.append(seen)
                before, last = last, seen
            else:
                stop = middle
        return found

    def since(
        self, first: Sighting, floor: int, stride: int, is_taken: Callable[[Sighting], bool]
    ) -> list[Sighting]:
        """Sightings before ``first`` of a face that a search has found, from the first one on.

        Args:
            floor: the frame before all that come into question.
            stride: frames to go back at a time.
            is_taken: whether a sighting is of a face that is followed already.
        """
        found: list[Sighting] = []
        here, after = first, None
        while here.frame_index - floor > 1:
            step = min(stride, _FIRST_STEP) if after is None else stride  # until its velocity is known
            target = max(here.frame_index - step, (here.frame_index + floor) // 2)
            place = Expectation.of(here, after, self._pts(target))
            seen = self.sight(target, place.landmarks_xy)
            if seen is not None and is_same(place, seen) and not is_taken(seen):
                error = interpolation_error(after, here, seen)
                found += [*reversed(self.between(seen, here, error)), seen]
                after, here = here, seen
            else:
                floor = target
        return found[::-1]

    def _follows(self, a: Sighting, b: Sighting) -> bool:
        return is_same(Expectation.of(a, None, b.pts_seconds), b)

    def _pts(self, index: int) -> float:
        return self._held[index].frame.pts_seconds


def apart(seen: Sighting, landmarks_xy: NDArray[np.float64]) -> float:
    """Mean distance of the five points from others, in sides of the face's box."""
    gaps = np.linalg.norm(five_points(seen.landmarks_xy) - five_points(landmarks_xy), axis=1)
    return float(gaps.mean()) / seen.size


def off_centre(found: Detections, framed_xy: NDArray[np.float64]) -> float:
    """How far a face is from where its close-up was taken, in sides of its box."""
    side = np.sqrt(np.prod(found.boxes_xyxy[0, 2:] - found.boxes_xyxy[0, :2]))
    return float(np.linalg.norm((found.landmarks_xy[0] - framed_xy).mean(axis=0)) / side)


def interpolation_error(before: Sighting | None, a: Sighting, b: Sighting) -> float:
    """What is to be expected in the middle of ``a`` and ``b``, in sides of the face's box.

    A linear step of length h is off by h²/8 times the acceleration, and that shows in how far ``b`` is from
    where ``before`` and ``a`` pointed. Times may run either way. Without ``before``, the motion itself is
    taken for what may have changed.
    """
    if before is None:
        return apart(b, a.landmarks_xy) / 8
    h0, h1 = a.pts_seconds - before.pts_seconds, b.pts_seconds - a.pts_seconds
    pointed = a.landmarks_xy + (a.landmarks_xy - before.landmarks_xy) * (h1 / h0)
    return apart(b, pointed) * abs(h1) / (4 * abs(h0 + h1))


def sighting_of(frame: PictureFrame, found: Detections, framed_xy: NDArray[np.float64]) -> Sighting | None:
    """One detected face; None if its points are all in one place."""
    landmarks = found.landmarks_xy[0].astype(np.float64)
    try:
        looks = looks_of(frame.crop(similarity_to_template(landmarks, LOOKS_SIDE), LOOKS_SIDE))
    except ValueError:
        return None
    return Sighting(
        frame_index=frame.frame_index,
        pts_seconds=frame.pts_seconds,
        box_xyxy=found.boxes_xyxy[0].astype(np.float64),
        landmarks_xy=landmarks,
        score=float(found.scores[0]),
        looks=looks,
        framed_xy=framed_xy,
    )
