"""Faces through one shot: look now and then, look closer where it matters, fill in between.

About five times a second the faces in view are looked at, and half as often the whole picture is
scanned. Where two such looks show the same faces, close to where they were, the frames between are
interpolated; where a face appears, disappears or moves far, the frames in between are looked at too,
halving the stretch until it is plain what happened. So a still face costs next to nothing, and a track
begins and ends on the right frame all the same.

Frames wait in memory until both their neighbours are settled: at most ``bridge_seconds`` and two scans,
however long the video.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .align import similarity_to_template
from .detection import Detections, FaceDetector
from .linking import LOOKS_SIDE, Sighting, looks_of, match
from .looking import PictureFrame, look, scan
from .rows import TrackRows
from .tracks import LiveTrack, Placed, Row

_MAX_STEP = 0.3  # of a face size between two detections; beyond it the frames between are looked at
_LOOKS_PER_SCAN = 2  # looks where faces are known to be, for each search of the whole picture
_SLACK_SECONDS = 1e-3  # times are sums of floating-point steps


@dataclass(frozen=True, kw_only=True)
class TrackingConfig:
    """How faces are looked for and followed.

    Attributes:
        detections_per_second: how often faces are looked at on a quiet stretch; the whole picture is
            searched half as often, so a face in view for less than twice this interval may go unseen.
        detection_side: longer side of the picture that is searched, pixels. At 480, faces
            narrower than a thirtieth of the video's longer side may go unseen.
        new_track_score: a face must be this certain to start a track (0 to 1); fainter ones only continue.
        min_track_seconds: shorter tracks are dropped, unless they fill at least half of their shot.
        bridge_seconds: a face out of sight for up to this long is interpolated; for longer, the track
            has a gap but keeps its number.
        forget_seconds: after this long out of sight a face that comes back is a new track.
    """

    detections_per_second: float = 5.0
    detection_side: int = 480
    new_track_score: float = 0.6
    min_track_seconds: float = 0.25
    bridge_seconds: float = 0.5
    forget_seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.detections_per_second <= 0 or self.detection_side < 32:
            raise ValueError(
                f"detections_per_second must be above 0 and detection_side at least 32, "
                f"got {self.detections_per_second} and {self.detection_side}"
            )


class ShotTracker:
    """Follows the faces of one shot.

    Args:
        detector: finds faces in one picture.
        config: how to follow them.
        crop_size: side of the aligned crops, pixels.
        first_track_id: number of the first new track.
    """

    def __init__(
        self, detector: FaceDetector, config: TrackingConfig, *, crop_size: int, first_track_id: int = 0
    ) -> None:
        self._detector = detector
        self._config = config
        self._crop_size = crop_size
        self.next_track_id = first_track_id
        self._frames: dict[int, PictureFrame] = {}
        self._seen: dict[int, list[Sighting]] = {}  # by frame index, of frames looked at
        self._tracks: list[LiveTrack] = []
        self._looked: int | None = None  # index of the last frame whose faces were linked
        self._newest: int | None = None
        self._start_seconds = 0.0
        self._look_seconds = 1 / config.detections_per_second + _SLACK_SECONDS

    def feed(self, frame: PictureFrame) -> Iterator[TrackRows]:
        """Take the next frame of the shot; give the rows that are settled by it."""
        self._frames[frame.frame_index] = frame
        self._newest = frame.frame_index
        if self._looked is None:
            self._start_seconds = frame.pts_seconds
            self._link(frame.frame_index)
            return
        since = frame.pts_seconds - self._frames[self._looked].pts_seconds
        if since >= _LOOKS_PER_SCAN * self._look_seconds - 2 * _SLACK_SECONDS:
            self._advance(self._looked, frame.frame_index)
            yield from self._settle(final=False)

    def finish(self) -> Iterator[TrackRows]:
        """End the shot: give all rows that are left."""
        if self._newest is None or self._looked is None:
            return
        if self._looked < self._newest:
            self._advance(self._looked, self._newest)
        yield from self._settle(final=True)

    # -- looking -----------------------------------------------------------------------------------

    def _advance(self, low: int, high: int) -> None:
        """Link looks after ``low`` up to ``high``, halving the stretch until it is plain what happened."""
        if high - low > 1:
            pairs = self._same_faces(high)
            if pairs is None or not self._is_near(pairs, high):
                middle = (low + high) // 2
                if pairs is not None and middle not in self._seen:
                    self._seen[middle] = self._look_between(pairs, middle, high)
                self._advance(low, middle)
                self._advance(middle, high)
                return
        self._link(high)

    def _same_faces(self, index: int) -> list[tuple[Sighting, Sighting]] | None:
        """Last and present sighting of each face in view, if at ``index`` there are these and no others."""
        seen = self._faces(index)
        in_view = [t for t in self._tracks if not t.lost]
        matched = match([t.expectation(self._pts(index)) for t in in_view], seen)
        new = set(range(len(seen))) - set(matched)  # type: ignore[arg-type]
        if None in matched or any(seen[i].score >= self._config.new_track_score for i in new):
            return None
        return [(t.last, seen[m]) for t, m in zip(in_view, matched, strict=True) if m is not None]

    def _is_near(self, pairs: list[tuple[Sighting, Sighting]], index: int) -> bool:
        """Whether interpolation will do: little time has passed, and no face has moved far."""
        assert self._looked is not None
        if self._pts(index) - self._pts(self._looked) > self._look_seconds:
            return False
        return all(np.linalg.norm(b.centre - a.centre) <= _MAX_STEP * a.size for a, b in pairs)

    def _look_between(self, pairs: list[tuple[Sighting, Sighting]], index: int, high: int) -> list[Sighting]:
        """Faces of a frame between two that have the same ones: where they should be, or else anywhere."""
        assert self._looked is not None
        begin = self._pts(self._looked)
        w = (self._pts(index) - begin) / (self._pts(high) - begin)
        boxes = np.array([(1 - w) * a.box_xyxy + w * b.box_xyxy for a, b in pairs]).reshape(-1, 4)
        frame = self._frames[index]
        found = look(frame, self._detector, boxes)
        return self._sightings(frame, self._scan(frame) if found is None else found)

    def _link(self, index: int) -> None:
        seen = self._faces(index)
        pts = self._pts(index)
        self._forget(pts)
        matched = match([t.expectation(pts) for t in self._tracks], seen)
        for track, m in zip(self._tracks, matched, strict=True):
            if m is None:
                track.lost = True
            else:
                track.add(replace(seen[m], after_gap=True) if track.lost else seen[m])
        for i in sorted(set(range(len(seen))) - {m for m in matched if m is not None}):
            if seen[i].score >= self._config.new_track_score:
                self._tracks.append(LiveTrack(sightings=[seen[i]]))
        self._looked = index
        self._seen = {k: v for k, v in self._seen.items() if k > index}

    def _forget(self, pts_seconds: float) -> None:
        limit = self._config.forget_seconds
        self._tracks = [t for t in self._tracks if pts_seconds - t.last.pts_seconds <= limit]

    def _faces(self, index: int) -> list[Sighting]:
        """The faces of a frame, left to right; no frame is scanned twice."""
        if index not in self._seen:
            frame = self._frames[index]
            self._seen[index] = self._sightings(frame, self._scan(frame))
        return self._seen[index]

    def _scan(self, frame: PictureFrame) -> Detections:
        known = [t.last.box_xyxy for t in self._tracks if not t.lost]
        return scan(frame, self._detector, self._config.detection_side, np.array(known).reshape(-1, 4))

    @staticmethod
    def _sightings(frame: PictureFrame, found: Detections) -> list[Sighting]:
        order = np.argsort(found.boxes_xyxy[:, 0], kind="stable")
        sightings = (_sighting(frame, found, int(i)) for i in order)
        return [s for s in sightings if s is not None]

    def _pts(self, index: int) -> float:
        return self._frames[index].pts_seconds

    # -- settling ----------------------------------------------------------------------------------

    def _settle(self, final: bool) -> Iterator[TrackRows]:
        assert self._looked is not None
        now = self._pts(self._looked)
        pts_of = {i: f.pts_seconds for i, f in self._frames.items()}
        for track in list(self._tracks):
            over = final or now - track.last.pts_seconds > self._config.bridge_seconds
            placed = track.settle(pts_of, self._config.bridge_seconds, over)
            track.pending += [(p, pts_of[p.frame_index], self._crop(p)) for p in placed]
            if track.track_id is None and self._is_credible(track, final):
                track.track_id = self.next_track_id
                self.next_track_id += 1
            if track.track_id is not None and track.pending:
                yield _as_rows(track.track_id, track.pending, self._frames[self._looked].size)
                track.pending = []
            elif track.track_id is None and over:
                self._tracks.remove(track)  # a blink of the detector
        live = [t for t in self._tracks if now - t.last.pts_seconds <= self._config.bridge_seconds]
        oldest = min([self._looked, *(t.settled_to + 1 for t in live)])
        self._frames = {i: f for i, f in self._frames.items() if i >= oldest}

    def _is_credible(self, track: LiveTrack, final: bool) -> bool:
        if track.mean_score < self._config.new_track_score:
            return False
        if track.duration_seconds >= self._config.min_track_seconds:
            return True
        assert self._newest is not None
        shot_seconds = self._pts(self._newest) - self._start_seconds
        return final and track.duration_seconds >= shot_seconds / 2

    def _crop(self, placed: Placed) -> NDArray[np.uint8]:
        matrix = similarity_to_template(placed.landmarks_xy, self._crop_size)
        return self._frames[placed.frame_index].crop(matrix, self._crop_size)


def _sighting(frame: PictureFrame, found: Detections, i: int) -> Sighting | None:
    landmarks = found.landmarks_xy[i].astype(np.float64)
    try:
        looks = looks_of(frame.crop(similarity_to_template(landmarks, LOOKS_SIDE), LOOKS_SIDE))
    except ValueError:  # all points in one place: not a face
        return None
    return Sighting(
        frame_index=frame.frame_index,
        pts_seconds=frame.pts_seconds,
        box_xyxy=found.boxes_xyxy[i].astype(np.float64),
        landmarks_xy=landmarks,
        score=float(found.scores[i]),
        looks=looks,
    )


def _as_rows(track_id: int, rows: list[Row], frame_size: tuple[int, int]) -> TrackRows:
    placed = [p for p, _, _ in rows]
    return TrackRows.build(
        track_id=track_id,
        frame_indices=[p.frame_index for p in placed],
        pts_seconds=[pts for _, pts, _ in rows],
        boxes_xyxy=[p.box_xyxy for p in placed],
        landmarks_xy=[p.landmarks_xy for p in placed],
        scores=[p.score for p in placed],
        interpolated=[p.interpolated for p in placed],
        crops=[crop for _, _, crop in rows],
        frame_size=frame_size,
    )
