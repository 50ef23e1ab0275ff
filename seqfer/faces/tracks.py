"""One face through one shot: its sightings, and the rows between them once both ends are known."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .dense import Shape
from .linking import Expectation, Sighting
from .smoothing import steadied
from .stitching import TrackEnds


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """Where a face is in one frame, detected or between two detections."""

    frame_index: int
    box_xyxy: NDArray[np.float64]
    landmarks_xy: NDArray[np.float64]
    score: float
    interpolated: bool


_PAST = 64  # settled sightings that are remembered, to know who was where
_GALLERY = 10  # looks that are kept of a track …
_GALLERY_SECONDS = 0.5  # … so far apart


@dataclass(kw_only=True, eq=False)
class Row:
    """What is stored of a face in one frame, on its way.

    Attributes:
        placed: where it is.
        pts_seconds: presentation time.
        crop: uint8 (S, S, 3), aligned.
        cut_out: uint8 (side, side, 3), to find dense landmarks in; None where it is not looked at for these.
    """

    placed: Placed
    pts_seconds: float
    crop: NDArray[np.uint8]
    cut_out: NDArray[np.uint8] | None = None


@dataclass(eq=False)
class LiveTrack:
    """A track while its shot goes on.

    Attributes:
        sightings: the last few; the older ones are settled and let go.
        lost: looked for and not found.
        settled_to: index of the last frame whose rows were handed out.
        first: the first sighting of all.
        num_sightings, sum_scores: over the whole track.
        track_id: its number, given once it has lasted long enough to be believed in.
        pending: settled rows that wait for that.
        cut_seconds: when it was last cut out to be looked at for dense landmarks.
        shape: what that look showed, of the rows that were handed out.
        gallery: how it looked, now and then: the last sighting before a face is lost may be half covered.
    """

    sightings: list[Sighting]
    lost: bool = False
    settled_to: int = field(init=False)
    first: Sighting = field(init=False)
    num_sightings: int = field(init=False)
    sum_scores: float = field(init=False)
    track_id: int | None = None
    pending: list[Row] = field(default_factory=list)
    cut_seconds: float = float("-inf")
    shape: Shape | None = None
    gallery: deque[NDArray[np.float32]] = field(default_factory=lambda: deque(maxlen=_GALLERY))
    _before: Sighting | None = field(default=None, init=False)
    _past: deque[Sighting] = field(default_factory=lambda: deque(maxlen=_PAST), init=False)
    _kept_seconds: float = field(default=float("-inf"), init=False)
    _left: tuple[Sighting, NDArray[np.float64]] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.first = self.sightings[0]
        self.settled_to = self.first.frame_index - 1
        self.num_sightings = len(self.sightings)
        self.sum_scores = sum(s.score for s in self.sightings)

    @property
    def last(self) -> Sighting:
        return self.sightings[-1]

    @property
    def duration_seconds(self) -> float:
        return self.last.pts_seconds - self.first.pts_seconds

    @property
    def mean_score(self) -> float:
        return self.sum_scores / self.num_sightings

    @property
    def before(self) -> Sighting | None:
        """The sighting before the last, if the face was in view all the time since."""
        if self.last.after_gap:
            return None
        return self.sightings[-2] if len(self.sightings) > 1 else self._before

    def ends(self) -> TrackEnds:
        """What is needed of a numbered track to join it with that of another span."""
        assert self.track_id is not None
        return TrackEnds(
            track_id=self.track_id,
            first=self.first,
            last=self.last,
            before=self.before,
            lost=self.lost,
            gallery=tuple(self.gallery),
            num_sightings=self.num_sightings,
            sum_scores=self.sum_scores,
        )

    def expectation(self, pts_seconds: float) -> Expectation:
        """Where the face should be at a moment."""
        return Expectation.of(
            self.last, self.before, pts_seconds, lost=self.lost, gallery=tuple(self.gallery)
        )

    def box_at(self, frame_index: int) -> NDArray[np.float64] | None:
        """Where the face was in a frame, as far as sightings at hand tell; None if it was not in view."""
        for a, b in itertools.pairwise([*self._past, *self.sightings]):
            if a.frame_index <= frame_index <= b.frame_index and not b.after_gap:
                w = (frame_index - a.frame_index) / (b.frame_index - a.frame_index)
                return (1 - w) * a.box_xyxy + w * b.box_xyxy
        return self.last.box_xyxy if frame_index == self.last.frame_index else None

    def extend(self, sightings: Sequence[Sighting]) -> None:
        """Go on with new sightings."""
        for seen in sightings:
            if seen.pts_seconds - self._kept_seconds >= _GALLERY_SECONDS:
                self.gallery.append(self.last.looks)
                self._kept_seconds = seen.pts_seconds
            self.sightings.append(seen)
        self.num_sightings += len(sightings)
        self.sum_scores += sum(s.score for s in sightings)

    @property
    def is_settled(self) -> bool:
        """All rows so far are handed out: what comes next comes after a gap."""
        return len(self.sightings) == 1 and self.settled_to >= self.last.frame_index

    def adopt(self, young: LiveTrack) -> None:
        """Go on, after a gap, as a track without a number that turns out to be the same face."""
        self.gallery.append(self.last.looks)
        self._past = young._past
        self.sightings, self.pending = young.sightings, [*self.pending, *young.pending]
        self.settled_to, self.lost = young.settled_to, young.lost
        self._before, self._left = young._before, young._left
        self.num_sightings += young.num_sightings
        self.sum_scores += young.sum_scores

    def settle(self, pts_of: dict[int, float], bridge_seconds: float, final: bool) -> list[Placed]:
        """Rows that no later sighting can change any more.

        Args:
            pts_of: presentation time of each frame between the sightings.
            bridge_seconds: gaps up to this long are filled in.
            final: nothing more will come (before a gap longer than that): settle everything.
        """
        rows: list[Placed] = []
        while len(self.sightings) > 1 or (final and self.sightings[0].frame_index > self.settled_to):
            here = self.sightings[0]
            after = self.sightings[1] if len(self.sightings) > 1 else None
            bridged = after is not None and (
                not after.after_gap or after.pts_seconds - here.pts_seconds <= bridge_seconds
            )
            if here.frame_index > self.settled_to:
                # The row of a sighting is steadied by the one after it, so that one comes first.
                points = steadied(self._before, here, after if bridged else None)
                rows += self._between(here, points, pts_of)
                self._left = (here, points)
                self.settled_to = here.frame_index
            if after is None:
                break
            if not bridged:
                self._left = None
            self._before = here if bridged else None
            self._past.append(self.sightings.pop(0))
        return rows

    def _between(
        self, right: Sighting, right_points: NDArray[np.float64], pts_of: dict[int, float]
    ) -> list[Placed]:
        """Rows after the settled sighting on the left, up to and with the one on the right."""
        rows = []
        if self._left is not None:
            left, left_points = self._left
            span = right.pts_seconds - left.pts_seconds
            for index in range(left.frame_index + 1, right.frame_index):
                w = (pts_of[index] - left.pts_seconds) / span
                rows.append(
                    Placed(
                        frame_index=index,
                        box_xyxy=(1 - w) * left.box_xyxy + w * right.box_xyxy,
                        landmarks_xy=(1 - w) * left_points + w * right_points,
                        score=left.score if w < 0.5 else right.score,
                        interpolated=True,
                    )
                )
        rows.append(
            Placed(
                frame_index=right.frame_index,
                box_xyxy=right.box_xyxy,
                landmarks_xy=right_points,
                score=right.score,
                interpolated=False,
            )
        )
        return rows
