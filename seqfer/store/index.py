"""``tracks.h5``: one HDF5 file that shows all track stores of a run, by external links.

Any HDF5 tool sees the run as one file: ``/<video>/tracks/00000/…``. The links are relative, so a folder
can be moved as a whole.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import h5py

from ..errors import StoreError
from . import schema
from .files import atomic_h5, damage_told, opened
from .layout import stores_by_video

INDEX_NAME = "tracks.h5"


def write_index(out: Path) -> Path | None:
    """Bring the index of a run's folder up to date with its track stores; None if there are none.

    Raises:
        StoreError: it cannot be written.
    """
    path = out / INDEX_NAME
    stores = stores_by_video(out, "tracks")
    if not stores:
        return None
    with suppress(StoreError):
        if read_index(path) == stores:
            return path
    with atomic_h5(path) as file:
        file.attrs["format"] = schema.INDEX_FORMAT
        file.attrs["version"] = schema.INDEX_VERSION
        for video_id, store in stores.items():
            file[link_name(video_id)] = h5py.ExternalLink(store.relative_to(out).as_posix(), "/")
    return path


def read_index(path: Path) -> dict[str, Path]:
    """The track store of each video of an index, whether it is there or not, sorted by video.

    Raises:
        StoreError: not such a file.
    """
    form, version = schema.INDEX_FORMAT, schema.INDEX_VERSION
    with opened(path, format=form, version=version, intact=True) as file, damage_told(path):
        links = {unquote(name): getattr(file.get(name, getlink=True), "filename", "") for name in file}
    for video_id, where in links.items():  # of ours none leads out of the run's folder
        if not where or PurePosixPath(where).is_absolute() or ".." in PurePosixPath(where).parts:
            raise StoreError(path, f"damaged index: video {video_id!r} leads to {where!r}")
    return dict(sorted((video_id, path.parent / where) for video_id, where in links.items()))


def link_name(video_id: str) -> str:
    """A video's name as that of a link: HDF5 reads ``/`` as a group, and ``.`` as the one it is in."""
    return "%2E" if video_id == "." else video_id.replace("%", "%25").replace("/", "%2F")
