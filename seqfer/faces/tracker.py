"""Faces through one shot: search what has changed, look closer at who is there, fill in between.

Known faces are looked at a few times a second, each in a close-up, as often as they move. The picture
around them is searched where it has changed, within a budget. A face that a search finds is followed back
to where it came into view, one that is lost up to where it went; in between, landmarks are interpolated with
both ends known. So a still scene costs next to nothing, and a track begins and ends on the right frame.

Frames wait in memory for as long as a search may look back, and until both their neighbours are settled:
about a second, however long the video.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .blocks import RowMaker
from .dense import DenseLandmarks
from .detection import FaceDetector
from .linking import Sighting, is_among, is_same_place, likeness, match
from .looking import PictureFrame
from .pursuit import MAX_ERROR, Held, Pursuit, interpolation_error, sighting_of
from .rows import TrackRows
from .search import Area, Search
from .stitching import TrackEnds
from .tracking import TrackingConfig
from .tracks import LiveTrack

_STILL = 2.5  # times longer between looks at a face around which nothing changes
_CALM = 0.4  # of the error allowed: what is expected, at most, for the next look to be twice as far
_MOVED = 1.2  # grey levels of change at a face since it was looked at: less is noise
_BUSY = 4.0  # grey levels of change from frame to frame: faces are looked at twice as often
_SEARCH_SECONDS = 1.0  # a lost face is looked for where it was for so long
_UNCONFIRMED = 0.5  # a score is lowered by this where the close-up shows no face …
_FAINTEST = 0.35  # … and below this it is none, as a sliver of a face at the picture's edge
_BACK_SECONDS = 2.0  # a new face may be followed back so far …
_HELD_BYTES = 32 << 20  # … within so much memory: what leaves the processor's cache slows down decoding
_SLACK_SECONDS = 1e-3  # times are sums of floating-point steps


class ShotTracker:
    """Follows the faces of one shot.

    Args:
        detector: finds faces in one picture.
        config: how to follow them.
        crop_size: side of the aligned crops, pixels.
        dense: finds 68 points of each face; None leaves it at the detector's.
        first_track_id: number of the first new track.
        goes_on: the shot may have begun before its first frame, in another span of the video: tracks that
            begin there are kept however short, for whoever joins the spans to judge.
    """

    def __init__(
        self,
        detector: FaceDetector,
        config: TrackingConfig,
        *,
        crop_size: int,
        dense: DenseLandmarks | None = None,
        first_track_id: int = 0,
        goes_on: bool = False,
    ) -> None:
        self._detector = detector
        self._goes_on = goes_on
        self._config = config
        self._rows = RowMaker(crop_size, dense)
        self.next_track_id = first_track_id
        self._held: dict[int, Held] = {}
        self._pursuit = Pursuit(detector, self._held)
        self._tracks: list[LiveTrack] = []
        self._search: Search | None = None  # made for the size of the first frame
        self._looked: int = -1  # index of the last frame whose faces were linked
        self._newest: int = -1
        self._first: int = -1
        self._gone: list[LiveTrack] = []
        self._start_seconds = 0.0
        self._checked_seconds = 0.0  # when it was last asked whether to look
        self._look_seconds = 1 / config.detections_per_second - _SLACK_SECONDS
        self._pace = 1  # look intervals from one look to the next, while faces move
        self._motion: list[float] = []  # change from frame to frame where the faces are, since the last look

    def feed(self, frame: PictureFrame, small: NDArray[np.uint8]) -> Iterator[TrackRows]:
        """Take the next frame of the shot; give the rows that are settled by it.

        Args:
            small: uint8 (h, w), a tiny grey copy of the frame.
        """
        index = frame.frame_index
        self._held[index] = Held(frame, small.astype(np.float32))
        now = frame.pts_seconds
        if self._search is None:
            self._search = Search(self._detector, self._config, frame.size)
            self._start_seconds = self._checked_seconds = now
            self._looked = self._first = self._newest = index
            self._advance(index)
            return
        boxes = self._known_boxes()
        self._motion.append(self._search.change_at(self._held[index - 1], self._held[index], boxes))
        if now - self._checked_seconds >= self._look_seconds / (2 if self._is_busy() else 1):
            self._checked_seconds = now
            area = self._search.area(self._held[index], boxes)
            if area is not None or self._is_time(index):
                self._advance(index, area)
                self._newest = index
                yield from self._settle(final=False)
        self._newest = index

    def finish(self, *, goes_on: bool = False) -> Iterator[TrackRows]:
        """End the shot: give all rows that are left.

        Args:
            goes_on: the shot may go on in the next span of the video, and so may tracks that reach its end.
        """
        if self._search is None:
            return
        if self._looked < self._newest:
            self._advance(self._newest)
        yield from self._settle(final=True, goes_on=goes_on)

    def ends(self) -> list[TrackEnds]:
        """Where the tracks of the finished shot begin and end, by number."""
        every = [t.ends() for t in [*self._gone, *self._tracks] if t.track_id is not None]
        return sorted(every, key=lambda e: e.track_id)

    # -- looking -----------------------------------------------------------------------------------

    def _is_time(self, index: int) -> bool:
        """Whether known faces are to be looked at."""
        assert self._search is not None
        now, before = self._held[index], self._held[self._looked]
        since = now.frame.pts_seconds - before.frame.pts_seconds
        if since >= _STILL * self._look_seconds or any(t.lost for t in self._sought(index)):
            return True
        if self._is_busy():
            return True
        if since < self._pace * self._look_seconds:
            return False
        return self._search.change_at(before, now, self._known_boxes()) > _MOVED

    def _is_busy(self) -> bool:
        return sum(self._motion) >= _BUSY * max(1, len(self._motion))

    def _known_boxes(self) -> NDArray[np.float64]:
        return np.array([t.last.box_xyxy for t in self._tracks if not t.lost]).reshape(-1, 4)

    def _sought(self, index: int) -> list[LiveTrack]:
        """Tracks whose faces are in view, or were shortly before."""
        now = self._pts(index)
        return [t for t in self._tracks if not t.lost or now - t.last.pts_seconds <= _SEARCH_SECONDS]

    def _advance(self, index: int, area: Area | None = None) -> None:
        """Look at a frame, link what is seen, and fill in since the last one.

        Args:
            area: where to search for new faces; if None, that is still to be asked.
        """
        assert self._search is not None
        pts = self._pts(index)
        self._forget(pts)
        seen = self._known_faces(index)
        area = area or self._search.area(self._held[index], self._known_boxes())
        if area is not None:
            seen += self._new_faces(index, area, seen)
        seen.sort(key=lambda s: s.box_xyxy[0])
        linked, left = self._link(pts, seen)
        for track in [t for t in self._tracks if not t.lost and t not in linked]:
            # Followed up to where it was seen last, it may turn out to have gone on, only fast.
            track.extend(self._pursuit.until(track.last, track.before, index))
        again, left = self._link(pts, left, without=linked)
        linked.update(again)
        self._fill_in({t: s for t, s in linked.items() if not t.lost})
        for track in self._tracks:
            if track not in linked:
                track.lost = True
            elif track.lost:
                self._take_up(track, linked[track])
        for face in left:
            if face.score >= self._config.new_track_score:
                self._begin(face)
        self._recognise()
        self._looked = index
        self._motion.clear()

    def _link(
        self, pts_seconds: float, seen: list[Sighting], without: Collection[LiveTrack] = ()
    ) -> tuple[dict[LiveTrack, Sighting], list[Sighting]]:
        """Which track each face is, and the faces that are none."""
        tracks = [t for t in self._tracks if t not in without]
        matched = match([t.expectation(pts_seconds) for t in tracks], seen)
        linked = {t: seen[m] for t, m in zip(tracks, matched, strict=True) if m is not None}
        taken = {m for m in matched if m is not None}
        return linked, [s for i, s in enumerate(seen) if i not in taken]

    def _fill_in(self, linked: dict[LiveTrack, Sighting]) -> None:
        """Extend tracks in view, with what interpolation needs in between."""
        found: dict[LiveTrack, list[Sighting]] = {}
        most = 0.0
        for track, seen in linked.items():
            error = interpolation_error(track.before, track.last, seen)
            found[track] = self._pursuit.between(track.last, seen, error)
            most = max(most, error)
        # Twice the interval is four times the error.
        self._pace = 2 if most <= _CALM * MAX_ERROR else 1
        for a, b in itertools.combinations(found, 2):
            for x, y in itertools.product(tuple(found[a]), tuple(found[b])):
                if x.frame_index == y.frame_index and is_same_place(x, y):
                    # One of them is hidden behind the other there.
                    loser, face = (a, x) if likeness(a.last, x) < likeness(b.last, y) else (b, y)
                    found[loser] = [s for s in found[loser] if s is not face]
        for track, seen in linked.items():
            track.extend([*found[track], seen])

    def _forget(self, pts_seconds: float) -> None:
        old = pts_seconds - self._config.forget_seconds
        self._gone += [t for t in self._tracks if t.last.pts_seconds < old and t.track_id is not None]
        self._tracks = [t for t in self._tracks if t.last.pts_seconds >= old]

    def _known_faces(self, index: int) -> list[Sighting]:
        """Those who are in view, then those who were: a face is taken for the first it may be."""
        pts = self._pts(index)
        found: list[Sighting] = []
        for track in sorted(self._sought(index), key=lambda t: t.lost):
            face = self._pursuit.sight(index, track.expectation(pts).landmarks_xy)
            if face is None:
                continue
            others = [s for s in found if is_same_place(s, face)]
            if not others:
                found.append(face)
            elif not track.lost and all(s.score < face.score for s in others):
                found = [s for s in found if s not in others] + [face]
        return found

    def _new_faces(self, index: int, area: Area, known: list[Sighting]) -> list[Sighting]:
        """Search a frame for other faces than those known, each confirmed in close-ups."""
        assert self._search is not None
        frame = self._held[index].frame
        rough = self._search.run(self._held[index], area)
        faces: list[Sighting] = []
        for i in range(len(rough)):
            alone = rough[np.array([i])]
            if is_among(alone.boxes_xyxy[0], [s.box_xyxy for s in (*known, *faces)]):
                continue
            face = self._pursuit.confirmed(index, alone.landmarks_xy[0].astype(np.float64))
            if face is None and alone.scores[0] * _UNCONFIRMED >= _FAINTEST:
                faint = replace(alone, scores=alone.scores * _UNCONFIRMED)
                face = sighting_of(frame, faint, alone.landmarks_xy[0].astype(np.float64))
            if face is not None and not any(is_same_place(s, face) for s in (*known, *faces)):
                faces.append(face)
        return faces

    def _take_up(self, track: LiveTrack, seen: Sighting) -> None:
        """Go on with a track that was lost, from where its face came back into view."""
        floor = max(track.last.frame_index, min(self._held) - 1)
        self._resume(track, [*self._since(seen, floor), seen])

    def _begin(self, face: Sighting) -> None:
        """Follow a face back to where it came into view: it is new, or after all one that was lost."""
        found = [*self._since(face, min(self._held) - 1), face]
        first = found[0]
        over = {t for t in self._tracks if not t.lost or t.last.frame_index >= first.frame_index}
        linked, _ = self._link(first.pts_seconds, [first], without=over)
        if linked:
            self._resume(next(iter(linked)), found)
        else:
            self._tracks.append(LiveTrack(sightings=found))

    def _recognise(self) -> None:
        """A face that comes in from the edge shows only by and by that it is one that was there before."""
        for young in [t for t in self._tracks if t.track_id is None and not t.lost]:
            old = {t for t in self._tracks if not t.is_settled or not t.lost}
            late = {t for t in self._tracks if t.last.frame_index >= young.first.frame_index}
            linked, _ = self._link(young.last.pts_seconds, [young.last], without=old | late)
            if linked:
                next(iter(linked)).adopt(young)
                self._tracks.remove(young)

    @staticmethod
    def _resume(track: LiveTrack, found: list[Sighting]) -> None:
        if found[0].frame_index > track.last.frame_index + 1:
            found[0] = replace(found[0], after_gap=True)
        track.extend(found)
        track.lost = False

    def _since(self, first: Sighting, floor: int) -> list[Sighting]:
        stride = max(1, first.frame_index - self._looked)

        def is_taken(seen: Sighting) -> bool:
            boxes = [t.box_at(seen.frame_index) for t in self._tracks]
            return is_among(seen.box_xyxy, [b for b in boxes if b is not None])

        return self._pursuit.since(first, floor, stride, is_taken)

    def _pts(self, index: int) -> float:
        return self._held[index].frame.pts_seconds

    # -- settling ----------------------------------------------------------------------------------

    def _settle(self, final: bool, goes_on: bool = False) -> Iterator[TrackRows]:
        now = self._pts(self._looked)
        pts_of = {i: h.frame.pts_seconds for i, h in self._held.items()}
        for track in list(self._tracks):
            over = final or now - track.last.pts_seconds > self._config.bridge_seconds
            placed = track.settle(pts_of, self._config.bridge_seconds, over)
            self._rows.add(track, placed, self._held)
            if track.track_id is None and (
                self._is_credible(track, final) or (over and self._is_cut_off(track, goes_on))
            ):
                track.track_id = self.next_track_id
                self.next_track_id += 1
            if track.track_id is None and over:
                self._tracks.remove(track)  # a blink of the detector
            elif track.track_id is not None:
                rows = self._rows.take(track, self._held[self._looked].frame.size, is_over=over)
                if rows is not None:
                    yield rows
        live = [t for t in self._tracks if now - t.last.pts_seconds <= self._config.bridge_seconds]
        keep = min([self._looked, self._back_to(now), *(t.settled_to + 1 for t in live)])
        for index in [i for i in self._held if i < keep]:
            del self._held[index]

    def _back_to(self, now: float) -> int:
        """The oldest frame that a face found by the next search may be followed back to."""
        width, height = self._held[self._looked].frame.size
        most = max(1, int(_HELD_BYTES / (1.5 * width * height)))
        since = now - _BACK_SECONDS
        return max(next(i for i in self._held if self._pts(i) >= since), self._looked - most)

    def _is_credible(self, track: LiveTrack, final: bool) -> bool:
        # How long the shot is, is known at its end.
        shot_seconds = self._pts(self._newest) - self._start_seconds if final else float("inf")
        return self._config.is_credible(track.mean_score, track.duration_seconds, shot_seconds)

    def _is_cut_off(self, track: LiveTrack, goes_on: bool) -> bool:
        begins = self._goes_on and track.first.frame_index == self._first
        return begins or (goes_on and track.last.frame_index == self._newest)
