"""All track stores of a run under one handle."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import InputError, StoreError
from . import schema
from .files import open_h5, opened
from .index import read_index
from .layout import stores_below
from .reader import StoredTrack, TrackStore, checked


class RunStore:
    """The track stores of many videos; see :func:`open_run`.

    A store is opened when first asked for, and stays open until ``max_open`` others were asked for since;
    a track that is still in somebody's hands can be read from all the same. Copies made by pickling or
    by a fork (as for the workers of a ``DataLoader``) open their own files.

    Iterating gives ``(video_id, track)`` of all videos, sorted.

    Attributes:
        paths: the store of each video, sorted by video.
    """

    def __init__(self, paths: Mapping[str, Path], *, max_open: int = 256) -> None:
        self.paths = dict(sorted(paths.items()))
        self._max_open = max_open
        self._stores: OrderedDict[str, TrackStore] = OrderedDict()
        self._sound: set[str] = set()
        self._pid = os.getpid()

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, video_id: str) -> TrackStore:
        """The open store of a video.

        Raises:
            KeyError: the run has no such video.
            StoreError: the store is gone, or damaged.
        """
        path = self.paths[video_id]
        if self._pid != os.getpid():  # HDF5's own state is not to be shared with the process we were made in
            self._stores, self._pid = OrderedDict(), os.getpid()
        if video_id not in self._stores:
            if not path.exists():
                raise StoreError(path, f"no such file: the track store of video {video_id!r} is missing")
            file = open_h5(path, format=schema.FORMAT, version=schema.VERSION)
            # Looking through it takes longer than opening it: once is enough.
            self._stores[video_id] = TrackStore(file) if video_id in self._sound else checked(file)
            self._sound.add(video_id)
            # Let go, not closed: HDF5 closes a file when nothing of it is in use any more.
            while len(self._stores) > self._max_open:
                self._stores.popitem(last=False)
        self._stores.move_to_end(video_id)
        return self._stores[video_id]

    def __iter__(self) -> Iterator[tuple[str, StoredTrack]]:
        for video_id in self.paths:
            for track in self[video_id].tracks:
                yield video_id, track

    def track(self, video_id: str, track_id: int) -> StoredTrack:
        """One track.

        Raises:
            KeyError: no such video, or no such track in it.
            StoreError: the store is gone, or damaged.
        """
        for track in self[video_id].tracks:
            if track.track_id == track_id:
                return track
        raise KeyError(f"video {video_id!r} has no track {track_id}")

    def close(self) -> None:
        """Let go of all open files; what is asked for next is opened again."""
        self._stores.clear()

    def __enter__(self) -> RunStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_stores": OrderedDict()}


def open_run(places: Path | str | Sequence[Path | str], *, max_open: int = 256) -> RunStore:
    """The track stores of a run's folder as one thing.

    Args:
        places: a run's folder, its ``tracks.h5``, any folder of track stores, a store; or several of these.
        max_open: files to keep open at most.

    Raises:
        InputError: a place that does not exist, no store in any, or the same video twice.
        StoreError: what lies there is no track store.
    """
    paths: dict[str, Path] = {}
    places = [places] if isinstance(places, Path | str) else list(places)
    for place in map(Path, places):
        for video_id, path in _stores_at(place):
            if video_id in paths and paths[video_id] != path:
                raise InputError(path, f"holds the same video {video_id!r} as {paths[video_id]}")
            paths[video_id] = path
    return RunStore(paths, max_open=max_open)


def find_stores(place: Path) -> list[Path]:
    """The files that are, by their names, track stores: of a folder (of a run's, its ``tracks``), or the one.

    Raises:
        InputError: no such place, or no store in it.
    """
    if not place.exists():
        raise InputError(place, "no such file or folder")
    root = place / "tracks" if (place / "tracks").is_dir() else place
    found = stores_below(root) if root.is_dir() else [root]
    if not found:
        raise InputError(place, "no track store (*.h5) in it")
    return found


def _stores_at(place: Path) -> list[tuple[str, Path]]:
    """Videos and their stores of one place."""
    if place.is_file():
        with suppress(StoreError):
            return list(read_index(place).items())
    return [(_video_id(path), path) for path in find_stores(place)]


def _video_id(path: Path) -> str:
    with opened(path, format=schema.FORMAT, version=schema.VERSION) as file:
        return str(file.attrs["video_id"])
