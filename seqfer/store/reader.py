"""Reading a track store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
from numpy.typing import NDArray

from ..display import track_html
from ..errors import StoreError
from ..faces.quality import Quality
from . import schema
from .checks import find_misfit, find_missing
from .files import damage_told, opened, read_json_attribute


class StoredTrack:
    """One face track of an open store. Small columns are read when asked for and kept; crops are not.

    Attributes:
        track_id: its number, unique within the video.
        name: path of its group in the file.
    """

    def __init__(self, group: h5py.Group, crop_codec: str) -> None:
        self._group = group
        self.name = str(group.name)
        self._codec = crop_codec
        self._path = group.file.filename
        self._columns: dict[str, h5py.Dataset] = {}  # asking for one takes as long as reading from it
        self.track_id = int(group.attrs["track_id"])

    def __len__(self) -> int:
        return len(self._group["frame_indices"])

    def _read(self, name: str, rows: slice = slice(None)) -> NDArray:
        with damage_told(self._path):
            if name not in self._columns:
                self._columns[name] = self._group[name]
            return self._columns[name][rows]

    @cached_property
    def frame_indices(self) -> NDArray[np.int64]:
        """int64 (T,): rows of the video's frame table."""
        return self._read("frame_indices")

    @cached_property
    def pts_seconds(self) -> NDArray[np.float64]:
        """float64 (T,), seconds."""
        return self._read("pts_seconds")

    @cached_property
    def boxes_xyxy(self) -> NDArray[np.float32]:
        """float32 (T, 4), pixels."""
        return self._read("boxes_xyxy")

    @cached_property
    def landmarks_xy(self) -> NDArray[np.float32]:
        """float32 (T, L, 2), pixels."""
        return self._read("landmarks_xy")

    @cached_property
    def scores(self) -> NDArray[np.float32]:
        """float32 (T,)."""
        return self._read("scores")

    @cached_property
    def interpolated(self) -> NDArray[np.bool_]:
        """bool (T,)."""
        return self._read("interpolated")

    @cached_property
    def quality(self) -> Quality:
        """What was measured of each row."""
        return Quality.from_table(self._read("quality"))

    def crops(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Aligned faces of rows ``start`` to ``stop`` (exclusive): uint8 (n, S, S, 3), RGB.

        Raises:
            StoreError: a stored picture is damaged.
        """
        start, stop, _ = slice(start, stop).indices(len(self))
        if self._codec == schema.NO_CROPS:
            raise StoreError(self._path, "its faces were not kept (keep_crops)")
        if self._codec == "raw":
            return self._read("crops", slice(start, stop))
        if start >= stop:
            return np.zeros((0, 0, 0, 3), np.uint8)
        pictures: NDArray[np.uint8] | None = None
        for i, file in enumerate(self.jpeg_files(start, stop)):
            picture = cv2.imdecode(file, cv2.IMREAD_COLOR) if len(file) else None
            if pictures is None and picture is not None:
                pictures = np.empty((stop - start, *picture.shape), np.uint8)
            if picture is None or pictures is None or picture.shape != pictures.shape[1:]:
                raise StoreError(self._path, f"track {self.track_id} holds a damaged picture")
            cv2.cvtColor(picture, cv2.COLOR_BGR2RGB, dst=pictures[i])
        assert pictures is not None
        return pictures

    @cached_property
    def _offsets(self) -> NDArray[np.int64]:
        return self._read("crops_offsets")

    def jpeg_layout(self) -> tuple[NDArray[np.int64], int]:
        """Of a ``jpeg`` store: where files start and the last one ends, int64 (T+1,); bytes in all."""
        return self._offsets, len(self._group["crops_jpeg"])

    def jpeg_files(self, start: int, stop: int) -> list[NDArray[np.uint8]]:
        """Of a ``jpeg`` store: the files of rows ``start`` to ``stop`` (exclusive)."""
        offsets = self._offsets[start : stop + 1]
        if (np.diff(offsets) < 0).any() or offsets[0] < 0:
            raise StoreError(self._path, f"track {self.track_id} has no order in its pictures")
        blob = self._read("crops_jpeg", slice(int(offsets[0]), int(offsets[-1])))
        starts = offsets - offsets[0]
        return [blob[begin:end] for begin, end in pairwise(starts)]

    def _repr_html_(self) -> str:
        picked = sorted({*np.linspace(0, len(self) - 1, min(8, len(self))).round().astype(int).tolist()})
        pictures = []
        for n in picked:
            done, file = cv2.imencode(".jpg", cv2.cvtColor(self.crops(n, n + 1)[0], cv2.COLOR_RGB2BGR))
            pictures += [file.tobytes()] if done else []
        facts = [("frames", str(len(self)))]
        if len(self):
            facts += [
                ("from, to", f"{self.pts_seconds[0]:.2f}–{self.pts_seconds[-1]:.2f} s"),
                ("gaps", str(int((np.diff(self.frame_indices) > 1).sum()))),
                ("mean score", f"{self.scores.mean():.2f}"),
                ("eyes apart", f"{np.median(self.quality.eye_distance_pixels):.0f} px"),
            ]
        return track_html(f"face {self.track_id}", facts, pictures)


class TrackStore:
    """An open track store; see :func:`open_store`.

    Attributes:
        path: the file.
        video_id: name of the video within its run.
        key: digest of all that the content depends on.
        source: name, size, digest, frame rate, … of the video.
        config: the extraction's configuration.
        crop_codec: ``jpeg``, ``raw``, or ``none`` where pictures were not kept.
        tracks: the face tracks, by number.
    """

    def __init__(self, file: h5py.File) -> None:
        self._file = file
        self.path = Path(file.filename)
        self.video_id = str(file.attrs["video_id"])
        self.key = str(file.attrs["key"])
        self.source: dict[str, Any] = read_json_attribute(file, "source")
        self.config: dict[str, Any] = read_json_attribute(file, "config")
        self.crop_codec = str(file["tracks"].attrs["crop_codec"])
        self.tracks = tuple(
            StoredTrack(file["tracks"][name], self.crop_codec) for name in sorted(file["tracks"])
        )

    @property
    def has_crops(self) -> bool:
        """Whether pictures of the faces were kept."""
        return self.crop_codec != schema.NO_CROPS

    @cached_property
    def frame_pts_seconds(self) -> NDArray[np.float64]:
        """float64 (N,): times of all frames of the video, with or without a face."""
        return self._read("pts_seconds")

    @cached_property
    def frame_shots(self) -> NDArray[np.int32]:
        """int32 (N,): number of the shot each frame is in."""
        return self._read("shot")

    @cached_property
    def frame_damaged(self) -> NDArray[np.bool_]:
        """bool (N,): frames with pieces missing, and the first behind each stretch that cannot be read."""
        return self._read("damaged")

    def _read(self, name: str) -> NDArray:
        with damage_told(self.path):
            return self._file["frames"][name][:]


@contextmanager
def open_store(path: Path | str) -> Iterator[TrackStore]:
    """Open and check a track store.

    Raises:
        StoreError: absent, not HDF5, of another format or version, or not as the schema says.
    """
    with opened(path, format=schema.FORMAT, version=schema.VERSION) as file:
        yield checked(file)


def checked(file: h5py.File) -> TrackStore:
    """The track store that an open file is.

    Raises:
        StoreError: not as the schema says.
    """
    with damage_told(file.filename):
        if problem := find_problem(file):
            raise StoreError(file.filename, f"damaged store: {problem}")
        return TrackStore(file)


def find_problem(file: h5py.File) -> str | None:
    """What in ``file`` is not as :mod:`seqfer.store.schema` says, or None. Reads no pictures."""
    if missing := find_missing(file, schema.ROOT_ATTRIBUTES):
        return missing
    if not isinstance(file.get("frames"), h5py.Group) or not isinstance(file.get("tracks"), h5py.Group):
        return "group /frames or /tracks is missing"
    codec = file["tracks"].attrs.get("crop_codec")
    if codec not in schema.CROP_FIELDS:
        return f"unknown crop codec {codec!r}"
    if misfit := find_misfit(file["frames"], schema.FRAME_FIELDS):
        return misfit
    fields = (*schema.TRACK_FIELDS, *schema.CROP_FIELDS[codec])
    return next(filter(None, (find_misfit(group, fields) for group in file["tracks"].values())), None)
