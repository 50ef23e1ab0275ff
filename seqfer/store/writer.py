"""Writing a track store, a block of rows at a time, in memory that does not grow with the video."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
from numpy.typing import NDArray

from ..faces.rows import TrackRows
from ..files import check_space
from . import schema
from .files import append, atomic_h5

_ROWS_PER_FLUSH = 256  # of 112-pixel crops: 10 MB for each face in view
_BYTES_PER_CHUNK = 1 << 16
_RAW_CROPS_PER_CHUNK = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class JpegCrops:
    """Crops as JPEG files.

    Attributes:
        blob: uint8 (B,), the files end to end.
        lengths: int64 (T,), bytes of each.
    """

    blob: NDArray[np.uint8]
    lengths: NDArray[np.int64]


class StoreWriter:
    """See :func:`create_store`.

    Attributes:
        source: what is known of the video; stored as JSON at the end.
    """

    def __init__(self, file: h5py.File, path: Path, crop_codec: str, jpeg_quality: int) -> None:
        self.source: dict[str, Any] = {}
        self._file = file
        self._path = path
        self._codec = crop_codec
        self._jpeg = [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality]
        self._jpeg += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
        self._waiting: dict[int, list[TrackRows]] = {}
        self._frames: list[tuple[float, int, bool]] = []
        file.create_group("frames")
        tracks = file.create_group("tracks")
        tracks.attrs["crop_codec"] = crop_codec

    def add_frame(self, pts_seconds: float, shot: int, is_damaged: bool = False) -> None:
        """Note one frame of the video (in order, every frame)."""
        self._frames.append((pts_seconds, shot, is_damaged))
        if len(self._frames) >= 4096:
            self._flush_frames()

    def add_rows(self, rows: TrackRows) -> None:
        """Append rows to their track (created when first named)."""
        waiting = self._waiting.setdefault(rows.track_id, [])
        waiting.append(rows)
        if sum(map(len, waiting)) >= _ROWS_PER_FLUSH:
            self._flush_track(rows.track_id)

    def add_blocks(self, blocks: Iterable[TrackRows]) -> None:
        """Append several blocks of rows."""
        for rows in blocks:
            self.add_rows(rows)

    def finish(self) -> None:
        """Write what still waits."""
        for track_id in sorted(self._waiting):
            self._flush_track(track_id, last=True)
        self._flush_frames(last=True)

    def append_frames(self, columns: Mapping[str, NDArray], *, last: bool = False) -> None:
        """Append to /frames: one array for each of ``schema.FRAME_FIELDS``."""
        for field in schema.FRAME_FIELDS:
            append(self._file["frames"], field, columns[field.name], last=last)

    def append_track(
        self, track_id: int, columns: Mapping[str, NDArray], crops: NDArray | JpegCrops, *, last: bool = False
    ) -> None:
        """Append rows to a track (created when first named).

        Args:
            columns: one array for each of ``schema.TRACK_FIELDS``.
            crops: as the store's codec has them.
            last: no more rows of this track will come.
        """
        check_space(self._path)
        group = self._file.require_group(schema.track_group(track_id))
        group.attrs["track_id"] = track_id
        for field in schema.TRACK_FIELDS:
            append(group, field, columns[field.name], last=last)
        if not isinstance(crops, JpegCrops):
            append(group, schema.RAW_CROPS, crops, rows_per_chunk=_RAW_CROPS_PER_CHUNK, last=last)
            return
        ends = np.cumsum(crops.lengths, dtype=np.int64)
        if schema.JPEG_OFFSETS.name not in group:
            offsets = np.concatenate([[0], ends])
        else:
            offsets = ends + group[schema.JPEG_CROPS.name].shape[0]
        append(group, schema.JPEG_OFFSETS, offsets, last=last)
        append(group, schema.JPEG_CROPS, crops.blob, rows_per_chunk=_BYTES_PER_CHUNK, last=last)

    def keep(self, name: str, arrays: Mapping[str, NDArray]) -> None:
        """Store arrays beside the tracks, in a group that readers of tracks do not look at."""
        group = self._file.create_group(name)
        for key, array in arrays.items():
            group.create_dataset(key, data=array, track_times=False).flush()

    def _flush_frames(self, last: bool = False) -> None:
        columns = np.array(self._frames, np.float64).reshape(-1, len(schema.FRAME_FIELDS)).T
        names = [field.name for field in schema.FRAME_FIELDS]
        self.append_frames(dict(zip(names, columns, strict=True)), last=last)
        self._frames.clear()

    def _flush_track(self, track_id: int, last: bool = False) -> None:
        waiting = self._waiting[track_id]
        if not waiting:
            return
        rows = TrackRows.concatenate(waiting)
        waiting.clear()
        columns = {field.name: getattr(rows, field.name) for field in schema.TRACK_FIELDS}
        crops = rows.crops if self._codec == "raw" else self._encoded(rows.crops)
        self.append_track(track_id, columns, crops, last=last)

    def _encoded(self, crops: NDArray[np.uint8]) -> JpegCrops:
        files = [cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), self._jpeg)[1] for crop in crops]
        return JpegCrops(blob=np.concatenate(files), lengths=np.array([len(f) for f in files], np.int64))


@contextmanager
def create_store(
    path: Path,
    *,
    video_id: str,
    key: str,
    config: Mapping[str, Any],
    software: Mapping[str, str],
    crop_codec: str = "jpeg",
    jpeg_quality: int = 95,
) -> Iterator[StoreWriter]:
    """A writer for a new store, which appears under ``path`` when the block ends without an error.

    Args:
        path: where to; an existing file is replaced at the end.
        video_id: name of the video within its run.
        key: digest of all that the content depends on; what resuming compares.
        config, software: stored as JSON, as is ``writer.source``, which the caller fills in.
        crop_codec: ``jpeg`` or ``raw``.
        jpeg_quality: 1 to 100; colour is kept at full resolution (4:4:4).

    Raises:
        StoreError: the file cannot be written.
    """
    with atomic_h5(path) as file:
        file.attrs["format"] = schema.FORMAT
        file.attrs["version"] = schema.VERSION
        file.attrs["key"] = key
        file.attrs["video_id"] = video_id
        writer = StoreWriter(file, path, crop_codec, jpeg_quality)
        yield writer
        writer.finish()
        for name, value in (("source", writer.source), ("config", config), ("software", software)):
            file.attrs[name] = json.dumps(value, sort_keys=True, ensure_ascii=False)
