"""Small pictures of the aligned face, one a segment as far as they fit into a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from ..store import StoredTrack, open_store
from ..timeline import Segment
from .contents import Stretch, VideoContents

Faces = Literal["shown", "blurred", "none"]
SIDE_PIXELS = 64
MAX_BYTES = 800_000
_QUALITY = 72
_GOLDEN_RATIO = 0.6180339887498949
_BLUR_SIDE = 6  # of the picture that a blurred face is enlarged from: no more of it is left in the page

Thumbnails = dict[tuple[int, int], bytes]


def take_thumbnails(
    contents: VideoContents, *, faces: Faces = "shown", max_bytes: int = MAX_BYTES
) -> Thumbnails:
    """WebP pictures by (track, number of the segment), of the apex (or the middle) where it can be trusted.

    Longest segments first, until ``max_bytes`` are used: ten thousand short ones make no page of ten
    thousand pictures.

    Raises:
        StoreError: the track store is missing or damaged.
    """
    if faces == "none" or not contents.num_segments:
        return {}
    doubts = {i: _edges(lane.untrusted) for lane in contents.lanes for i in lane.track_ids}
    wanted = [(s, t.track_id, n) for t in contents.timelines.values() for n, s in enumerate(t)]
    # Those of one length in an order that spreads them over the time, as far as it gets.
    wanted.sort(key=lambda w: (-round(w[0].duration_seconds, 2), w[2] * _GOLDEN_RATIO % 1, w[1]))
    found: Thumbnails = {}
    used = 0
    with open_store(contents.video.tracks_path) as store:
        if not store.has_crops:
            return {}
        tracks = {track.track_id: track for track in store.tracks}
        for segment, track_id, n in wanted:
            track = tracks.get(track_id)
            row = None if track is None else _best_row(track, segment, *doubts[track_id])
            if track is None or row is None:
                continue
            picture = _encoded(_small(track.crops(row, row + 1)[0], faces))
            used += len(picture)
            if used > max_bytes:
                break
            found[track_id, n] = picture
    return found


def _edges(stretches: Sequence[Stretch]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.array([s.start_seconds for s in stretches]), np.array([s.end_seconds for s in stretches])


def _best_row(
    track: StoredTrack, segment: Segment, starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> int | None:
    """The row of a segment that is nearest to its apex and, if any is, outside of untrusted stretches."""
    first, stop = np.searchsorted(track.frame_indices, [segment.start_frame, segment.end_frame])
    if first == stop:
        return None
    middle = (segment.start_seconds + segment.end_seconds) / 2
    apex = middle if segment.apex_seconds is None else segment.apex_seconds
    times = track.pts_seconds[first:stop]
    distance = np.abs(times - apex)
    before = np.searchsorted(starts, times, side="right") - 1
    if len(starts):
        distance += np.where((before >= 0) & (times < ends[before]), segment.duration_seconds + 1, 0)
    return int(first + distance.argmin())


def _small(crop: NDArray[np.uint8], faces: Faces) -> NDArray[np.uint8]:
    small = cv2.resize(crop, (SIDE_PIXELS, SIDE_PIXELS), interpolation=cv2.INTER_AREA)
    return blurred(small) if faces == "blurred" else small


def blurred(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What is left of a face, uint8 (H, W, 3), when it has been through six by six pixels."""
    tiny = cv2.resize(picture, (_BLUR_SIDE, _BLUR_SIDE), interpolation=cv2.INTER_AREA)
    return cv2.resize(tiny, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def _encoded(picture: NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".webp", picture[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])[1].tobytes()
