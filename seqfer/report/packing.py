"""The figures of a page, packed: deflated and in base64, so that no text of theirs can be read as markup."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..colours import colours_of
from ..labels import UNCERTAIN
from ..timeline import FramePredictions, Segment
from .contents import Lane, VideoContents
from .thumbnails import Thumbnails

#: Of all curves of a page together, deflated; in base64 a third more.
MAX_CURVE_BYTES = 2_400_000
_TICKS_PER_SECOND = 10_000  # of the curves' times


def packed(data: bytes) -> str:
    """``data`` deflated, as base64."""
    return base64.b64encode(zlib.compress(data, 6)).decode("ascii")


def packed_json(value: Any) -> str:
    """A value as deflated JSON.

    Raises:
        ValueError: it holds something that is not a number.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return packed(text.encode("utf-8", "replace"))


def page_data(contents: VideoContents, thumbnails: Thumbnails) -> tuple[dict[str, Any], list[bytes]]:
    """All that a page's scripts are told but the curves, and its pictures.

    Columns hold one entry a segment, in order of lanes and time; ``thumb`` is an index of the pictures,
    or -1.
    """
    rows: list[tuple[int, int, int, Segment]] = []
    for number, lane in enumerate(contents.lanes):
        of_lane = [
            (number, track_id, n, segment)
            for track_id in lane.track_ids
            for n, segment in enumerate(contents.timelines[track_id])
        ]
        rows += sorted(of_lane, key=lambda row: row[3].start_seconds)
    names = list(contents.vocabulary)
    positions = {name: n for n, name in enumerate(names)}
    shown = [(track, n) for _, track, n, _ in rows if (track, n) in thumbnails]
    places = {key: n for n, key in enumerate(shown)}
    segments = [segment for *_, segment in rows]
    colours = colours_of(contents.vocabulary)
    data = {
        "video": contents.video.video_id,
        "duration": contents.duration_seconds,
        "frame": contents.frame_seconds,
        "emotions": names,
        "modelled": sum(name != UNCERTAIN for name in names),  # these have curves; they come first
        "colours": [colours[name] for name in names],
        "lanes": [_lane(lane) for lane in contents.lanes],
        "segments": {
            "lane": [row[0] for row in rows],
            "track": [row[1] for row in rows],
            "thumb": [places.get((track, n), -1) for _, track, n, _ in rows],
            "emotion": [positions[s.emotion] for s in segments],
            "start": [_rounded(s.start_seconds) for s in segments],
            "end": [_rounded(s.end_seconds) for s in segments],
            "confidence": [round(s.confidence, 4) for s in segments],
            "intensity": [round(s.intensity, 4) for s in segments],
            "onset": [_rounded(s.onset_seconds) for s in segments],
            "apex": [_rounded(s.apex_seconds) for s in segments],
            "offset": [_rounded(s.offset_seconds) for s in segments],
            "trusted": [round(s.trusted, 4) for s in segments],
        },
    }
    return data, [thumbnails[key] for key in shown]


def _lane(lane: Lane) -> dict[str, Any]:
    return {
        "name": lane.name,
        "tracks": list(lane.track_ids),
        "seen": [[_rounded(s.start_seconds), _rounded(s.end_seconds)] for s in lane.in_view],
        "untrusted": [
            [_rounded(s.start_seconds), _rounded(s.end_seconds), ", ".join(s.reasons).replace("_", " ")]
            for s in lane.untrusted
        ],
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)


def pack_curves(
    predictions: Mapping[int, FramePredictions], *, max_bytes: int = MAX_CURVE_BYTES
) -> tuple[dict[int, str], int]:
    """Probabilities and intensity of each track, packed; and how many frames one point stands for.

    Every frame is a point where all tracks together fit into ``max_bytes``; otherwise two points, the
    lowest and the highest, stand for 2, 4, … times two frames. A track's bytes, inflated: int32 T, int32
    K, int32 (T) second differences of its times in ticks, uint8 (K+1, T) differences (modulo 256) of
    probabilities, then of intensity, in 255ths.
    """
    step = 1
    while True:
        blobs = {number: packed(_curve_bytes(track, step)) for number, track in predictions.items()}
        if sum(map(len, blobs.values())) * 3 // 4 <= max_bytes:
            return blobs, step
        step *= 2


def _curve_bytes(track: FramePredictions, step: int) -> bytes:
    values = np.concatenate([track.emotion_probs, track.intensity[:, None]], axis=1).T
    levels = np.rint(np.clip(np.nan_to_num(values), 0, 1) * 255).astype(np.uint8)
    times = np.rint(track.pts_seconds * _TICKS_PER_SECOND).astype(np.int64)
    if step > 1:
        times, levels = _thinned(times, levels, 2 * step)
    second = np.diff(times, n=2, prepend=[0, 0]).astype("<i4")
    first = np.diff(levels, axis=1, prepend=np.zeros((len(levels), 1), np.uint8))
    head = np.array([len(times), len(levels) - 1], "<i4")
    return head.tobytes() + second.tobytes() + first.astype(np.uint8).tobytes()


def _thinned(
    times: NDArray[np.int64], levels: NDArray[np.uint8], rows: int
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Two points for every so many rows: where they begin with the lowest, half-way with the highest."""
    starts = np.arange(0, len(times), rows)
    if not len(starts):
        return times, levels
    middles = np.minimum(starts + rows // 2, len(times) - 1)
    lowest, highest = (f.reduceat(levels, starts, axis=1) for f in (np.minimum, np.maximum))
    at = np.stack([starts, middles], axis=1).ravel()
    return times[at], np.stack([lowest, highest], axis=2).reshape(len(levels), -1)


def picture_lines(pictures: Sequence[bytes]) -> str:
    """Pictures as lines of base64."""
    return "\n".join(base64.b64encode(picture).decode("ascii") for picture in pictures)
