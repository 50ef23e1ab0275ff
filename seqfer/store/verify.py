"""Looking through a whole track store, pictures and all, for what is not as it must be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import StoreError
from .files import find_damage
from .reader import StoredTrack, TrackStore, open_store
from .schema import track_group

_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"


def find_faults(path: Path | str) -> list[str]:
    """All that is wrong with a track store, each in a line without its name; empty if it is whole.

    Looks at the checksum, the schema, the order of frames and times, impossible numbers, and every picture.
    """
    try:
        damage = find_damage(Path(path)) if Path(path).exists() else None
    except StoreError as error:
        return [error.reason]
    faults = [damage] if damage else []
    try:
        with open_store(path) as store:
            faults.extend(_faults(store))
    except StoreError as error:
        faults.append(error.reason)
    return faults


def _faults(store: TrackStore) -> Iterator[str]:
    times, shots = store.frame_pts_seconds, store.frame_shots
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        yield f"/frames/pts_seconds does not rise at row {_first(~(np.diff(times) > 0)) + 1}"
    if (np.diff(shots) < 0).any():
        yield f"/frames/shot falls at row {_first(np.diff(shots) < 0) + 1}"
    seen: set[int] = set()
    for track in store.tracks:
        name = track_group(track.track_id)
        if track.track_id in seen or track.name != name:
            yield f"{track.name} says that it is track {track.track_id}"
        seen.add(track.track_id)
        for check in (_rows, _numbers, _pictures):
            try:
                yield from (f"{track.name}: {fault}" for fault in check(track, store))
            except StoreError as error:
                yield f"{track.name}: {error.reason}"


def _rows(track: StoredTrack, store: TrackStore) -> Iterator[str]:
    frames, times = track.frame_indices, store.frame_pts_seconds
    if not len(track):
        yield "holds no row"
    if (np.diff(frames) <= 0).any():
        yield f"frame_indices do not rise at row {_first(np.diff(frames) <= 0) + 1}"
    outside = (frames < 0) | (frames >= len(times))
    if outside.any():
        yield f"frame_indices name frame {frames[outside][0]} of a video of {len(times)}"
    elif (wrong := times[frames] != track.pts_seconds).any():
        yield f"pts_seconds differ from /frames/pts_seconds at row {_first(wrong)}"


def _numbers(track: StoredTrack, store: TrackStore) -> Iterator[str]:
    boxes = track.boxes_xyxy
    good = {
        "boxes_xyxy": np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] >= boxes[:, :2]).all(axis=1),
        "landmarks_xy": np.isfinite(track.landmarks_xy).all(axis=(1, 2)),
        "scores": (track.scores >= 0) & (track.scores <= 1),
    }
    for name, rows in good.items():
        if not np.all(rows):
            yield f"{name} cannot be right at row {int(np.argmin(rows))}"


def _pictures(track: StoredTrack, store: TrackStore) -> Iterator[str]:
    if not store.has_crops:
        return
    if store.crop_codec == "jpeg":
        offsets, num_bytes = track.jpeg_layout()
        if offsets[0] != 0 or (np.diff(offsets) <= 0).any() or offsets[-1] != num_bytes:
            yield f"crops_offsets do not divide the {num_bytes} bytes of crops_jpeg"
            return
    damaged = [row for row in range(len(track)) if not _is_whole(track, store, row)]
    if damaged:
        yield f"{len(damaged)} damaged pictures, the first in row {damaged[0]}"


def _is_whole(track: StoredTrack, store: TrackStore, row: int) -> bool:
    if store.crop_codec == "jpeg":  # a decoder makes do with half a file
        file = track.jpeg_files(row, row + 1)[0].tobytes()
        if not (file.startswith(_JPEG_START) and file.endswith(_JPEG_END)):
            return False
    try:
        crop = track.crops(row, row + 1)
    except StoreError:
        return False
    side = store.config.get("crop_size", crop.shape[1])
    return crop.shape == (1, side, side, 3)


def _first(where: NDArray[np.bool_]) -> int:
    return int(np.argmax(where))
