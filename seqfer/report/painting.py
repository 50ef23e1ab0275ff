"""Drawing on a frame what is known of it: boxes, names, emotion bars, and a strip of lanes below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..colours import colours_of
from ..errors import StoreError
from ..store import StoredTrack
from ..timeline import FramePredictions, Segment
from .contents import Stretch, VideoContents
from .lettering import Colour, line_height, text_width, write
from .thumbnails import Faces, blurred
from .wording import percent

_WINDOW_SECONDS = 6.0  # of the lanes, before and after now
_MAX_LANES = 4
_MAX_BARS = 3
_PAPER: Colour = (22, 25, 30)
_RAIL: Colour = (44, 50, 58)
_IN_VIEW: Colour = (84, 92, 102)
_INK: Colour = (240, 242, 245)
_SOFT: Colour = (160, 168, 178)

_Place = tuple[int, int, int, int]  # left, top, right, bottom, pixels


@dataclass(frozen=True, kw_only=True)
class _Face:
    """One face in one frame."""

    lane: int
    box_xyxy: NDArray[np.float32]
    probabilities: NDArray[np.float32] | None
    segment: Segment | None


class Painter:
    """Draws on frames, given by number and time."""

    def __init__(self, contents: VideoContents, tracks: Mapping[int, StoredTrack], faces: Faces) -> None:
        self._lanes = contents.lanes
        self._names = list(contents.vocabulary)
        self._colours = {n: _rgb(c) for n, c in colours_of(contents.vocabulary).items()}
        self._blur = faces != "shown"
        self._tracks: list[tuple[int, NDArray, NDArray, FramePredictions | None]] = []
        for number, lane in enumerate(self._lanes):
            for track_id in lane.track_ids:
                if track_id not in tracks:
                    raise StoreError(contents.video.tracks_path, f"has no track {track_id}: export again")
                track = tracks[track_id]
                found = contents.predictions.get(track_id)
                self._tracks.append((number, track.frame_indices, track.boxes_xyxy, found))
        self._segments = [
            sorted((s for i in lane.track_ids for s in contents.timelines[i]), key=lambda s: s.start_seconds)
            for lane in self._lanes
        ]
        self._starts = [np.array([s.start_seconds for s in segments]) for segments in self._segments]
        self._rows = min(_MAX_LANES, len(self._lanes))
        self._sides: dict[int, int] = {}  # where the bars of a lane were: they stay there while they can

    def paint(self, picture: NDArray[np.uint8], frame_index: int, seconds: float) -> NDArray[np.uint8]:
        """The frame, uint8 (H, W, 3) RGB, with what is known of it, and a strip of lanes below."""
        height, width = picture.shape[:2]
        letters = max(11, round(min(height, width) / 26))
        faces = list(self._faces_at(frame_index, seconds))
        if self._blur:
            for face in faces:
                _blur_box(picture, face.box_xyxy)
        taken = [self._draw_face(picture, face, letters) for face in faces]
        for face, place in zip(faces, tuple(taken), strict=True):
            if face.probabilities is not None:
                self._draw_bars(picture, face, place, taken, letters)
        return np.concatenate([picture, self._strip(width, letters, {f.lane for f in faces}, seconds)])

    def _faces_at(self, frame_index: int, seconds: float) -> Iterator[_Face]:
        for lane, frames, boxes, found in self._tracks:
            row = int(np.searchsorted(frames, frame_index))
            if row == len(frames) or frames[row] != frame_index:
                continue
            at = None if found is None else int(np.searchsorted(found.frame_indices, frame_index))
            probabilities = None
            if found is not None and at is not None and at < len(found):
                probabilities = found.emotion_probs[at]
            yield _Face(
                lane=lane,
                box_xyxy=boxes[row],
                probabilities=probabilities,
                segment=self._segment_at(lane, seconds),
            )

    def _segment_at(self, lane: int, seconds: float) -> Segment | None:
        at = int(np.searchsorted(self._starts[lane], seconds + 1e-6, side="right")) - 1
        return (
            self._segments[lane][at] if at >= 0 and seconds < self._segments[lane][at].end_seconds else None
        )

    def _draw_face(self, picture: NDArray[np.uint8], face: _Face, letters: int) -> _Place:
        """Draw the box and the name; the place that they take."""
        left, top, right, bottom = np.rint(face.box_xyxy).astype(int).tolist()
        colour = _SOFT if face.segment is None else self._colours[face.segment.emotion]
        line = max(2, letters // 6)
        # Dark around bright: to be seen on any ground.
        cv2.rectangle(picture, (left, top), (right, bottom), _PAPER, line + 2, cv2.LINE_AA)
        cv2.rectangle(picture, (left, top), (right, bottom), colour, line, cv2.LINE_AA)
        words = self._lanes[face.lane].name
        words += f" · {face.segment.emotion}" if face.segment else " · not judged"
        pad = letters // 3
        height, width = line_height(letters) + pad, text_width(words, letters) + 2 * pad
        x = min(max(0, left - line // 2), max(0, picture.shape[1] - width))
        y = top - height if top >= height else min(bottom, picture.shape[0] - height)
        cv2.rectangle(picture, (x, y), (x + width, y + height), colour, -1)
        write(picture, words, x + pad, y + pad // 2, letters, _ink_on(colour))
        return min(left, x), min(top, y), max(right, x + width), max(bottom, y + height)

    def _draw_bars(
        self, picture: NDArray[np.uint8], face: _Face, own: _Place, taken: list[_Place], letters: int
    ) -> None:
        """The most likely emotions beside the box, on a side where they hide nothing; else nowhere.

        Args:
            own: the place of box and name.
            taken: the places of all; that of the bars is added.
        """
        assert face.probabilities is not None
        small, pad = max(10, round(0.85 * letters)), max(3, letters // 3)
        names = max(text_width(name, small) for name in self._names)
        bar, row = 4 * letters, line_height(small) + 2
        width = names + bar + text_width("100 %", small) + 4 * pad
        height = _MAX_BARS * row + pad
        left, top, right, bottom = own
        corners = [(right + pad, top), (left - pad - width, top), (left, bottom + pad)]
        sides = sorted(range(len(corners)), key=lambda side: side != self._sides.get(face.lane))
        places = [(side, *corners[side]) for side in sides]
        free = [p for p in places if _is_free((p[1], p[2], p[1] + width, p[2] + height), taken, picture)]
        if not free:
            return
        self._sides[face.lane], x, y = free[0]
        taken.append((x, y, x + width, y + height))
        panel = picture[y : y + height, x : x + width]
        panel[:] = cv2.addWeighted(panel, 0.3, np.full_like(panel, _PAPER), 0.7, 0)
        best = np.argsort(-face.probabilities, kind="stable")[:_MAX_BARS]
        for n, kind in enumerate(best.tolist()):
            line = y + pad // 2 + n * row
            share = float(face.probabilities[kind])
            write(picture, self._names[kind], x + pad, line, small, _INK)
            start, middle = x + names + 2 * pad, line + round(0.62 * small)
            upper, lower = middle - max(2, small // 3), middle + max(1, small // 6)
            cv2.rectangle(picture, (start, upper), (start + bar, lower), _RAIL, -1)
            filled = start + round(share * bar), lower
            cv2.rectangle(picture, (start, upper), filled, self._colours[self._names[kind]], -1)
            write(picture, percent(share), start + bar + pad, line, small, _INK)

    def _strip(self, width: int, letters: int, in_view: set[int], seconds: float) -> NDArray[np.uint8]:
        """Lanes of those in view (then of those who come next), now in the middle."""
        row, pad = round(2.1 * letters), letters // 2
        height = line_height(letters) + 2 * pad + self._rows * row
        strip = np.empty((height + height % 2, width, 3), np.uint8)
        strip[:] = _PAPER
        chosen = sorted(in_view)[: self._rows]
        chosen += sorted(
            set(range(len(self._lanes))) - set(chosen), key=lambda n: self._until_seen(n, seconds)
        )
        chosen = sorted(chosen[: self._rows])
        names = max([text_width(self._lanes[n].name, letters) for n in chosen], default=0)
        left, right = names + 2 * pad, width - pad
        scale = (right - left) / (2 * _WINDOW_SECONDS)
        begin = seconds - _WINDOW_SECONDS
        for place, number in enumerate(chosen):
            y = pad + place * row
            self._draw_lane(
                strip, number, (left, right), (y, y + row - max(2, letters // 4)), begin, scale, letters
            )
            write(strip, self._lanes[number].name, pad, y + row // 6, letters, _INK)
        now = (left + right) // 2
        bottom = pad + self._rows * row
        cv2.rectangle(strip, (now - max(1, letters // 12), pad // 2), (now + letters // 12, bottom), _INK, -1)
        words = f"{int(seconds // 60)}:{seconds % 60:05.2f}"
        write(strip, words, now - text_width(words, letters) // 2, bottom + pad // 2, letters, _INK)
        return strip

    def _until_seen(self, number: int, seconds: float) -> float:
        """How far off, seconds, a lane's face is from being in view."""
        spans = self._lanes[number].in_view
        return min((max(s.start_seconds - seconds, seconds - s.end_seconds, 0.0) for s in spans), default=1e9)

    def _draw_lane(
        self,
        strip: NDArray[np.uint8],
        number: int,
        across: tuple[int, int],
        down: tuple[int, int],
        begin: float,
        scale: float,
        letters: int,
    ) -> None:
        (left, right), (top, bottom) = across, down
        lane = self._lanes[number]
        rail = strip[top:bottom, left:right]
        rail[:] = _RAIL

        def columns(start: float, end: float) -> slice:
            first, stop = (round((t - begin) * scale) for t in (start, end))
            return slice(max(0, first), max(0, min(right - left, stop)))

        for stretch in self._near(lane.in_view, begin):
            rail[:, columns(stretch.start_seconds, stretch.end_seconds)] = _IN_VIEW
        segments = self._segments[number]
        first = max(0, int(np.searchsorted(self._starts[number], begin)) - 1)
        for segment in segments[first:]:
            if segment.start_seconds > begin + 2 * _WINDOW_SECONDS:
                break
            where = columns(segment.start_seconds, segment.end_seconds)
            colour = self._colours[segment.emotion]
            rail[:, where] = colour
            small = max(10, round(0.85 * letters))
            if where.stop - where.start > text_width(segment.emotion, small) + letters:
                y = (bottom - top - line_height(small)) // 2
                write(rail, segment.emotion, where.start + letters // 2, y, small, _ink_on(colour))
        for stretch in self._near(lane.untrusted, begin):
            _hatch(rail[:, columns(stretch.start_seconds, stretch.end_seconds)], letters)

    @staticmethod
    def _near(stretches: Sequence[Stretch], begin: float) -> list[Stretch]:
        end = begin + 2 * _WINDOW_SECONDS
        return [s for s in stretches if s.end_seconds > begin and s.start_seconds < end]


def _is_free(place: _Place, taken: Sequence[_Place], picture: NDArray[np.uint8]) -> bool:
    """Whether a place is inside of the picture and clear of others."""
    left, top, right, bottom = place
    inside = left >= 0 and top >= 0 and right <= picture.shape[1] and bottom <= picture.shape[0]
    return inside and all(
        left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1] for other in taken
    )


def _hatch(picture: NDArray[np.uint8], letters: int) -> None:
    """Dark stripes: what is under them is not to be trusted."""
    y, x = np.indices(picture.shape[:2])
    picture[(x + y) % max(4, letters // 2) < max(1, letters // 8)] = _PAPER


def _blur_box(picture: NDArray[np.uint8], box_xyxy: NDArray[np.float32]) -> None:
    """Blur a face and a bit around it, in place."""
    x0, y0, x1, y1 = box_xyxy.tolist()
    margin_x, margin_y = 0.2 * (x1 - x0), 0.2 * (y1 - y0)
    top, bottom = max(0, int(y0 - margin_y)), min(picture.shape[0], int(y1 + margin_y) + 1)
    left, right = max(0, int(x0 - margin_x)), min(picture.shape[1], int(x1 + margin_x) + 1)
    if top < bottom and left < right:
        picture[top:bottom, left:right] = blurred(np.ascontiguousarray(picture[top:bottom, left:right]))


def _rgb(colour: str) -> Colour:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _ink_on(colour: Colour) -> Colour:
    """Black or white, whichever is easier to read."""
    luminance = sum(w * (c / 255) ** 2.2 for w, c in zip((0.2126, 0.7152, 0.0722), colour, strict=True))
    return (16, 18, 20) if luminance > 0.18 else (255, 255, 255)
