"""Face embeddings of one video's tracks: a small HDF5 file beside its track store."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from ..errors import StoreError
from ..timeline import check_shapes
from . import schema
from .checks import find_misfit, find_missing
from .files import append, atomic_h5, damage_told, opened

_PER_TRACK = ("track_ids", "first_seconds", "num_rows", "vectors")


@dataclass(frozen=True, kw_only=True, eq=False)
class VideoEmbeddings:
    """One vector a face track, and which tracks cannot be one person.

    Attributes:
        video_id: name of the video within its run.
        key: digest of all that the content depends on.
        tracks_key: the key of the track store it was made from.
        track_ids: int64 (K,), numbers of the tracks.
        first_seconds: float64 (K,), when each is first seen.
        num_rows: int64 (K,), faces that went into its vector.
        vectors: float32 (K, D), of length 1.
        seen_together: int64 (P, 2), pairs of rows whose tracks share a frame.
    """

    video_id: str
    key: str
    tracks_key: str
    track_ids: NDArray[np.int64]
    first_seconds: NDArray[np.float64]
    num_rows: NDArray[np.int64]
    vectors: NDArray[np.float32]
    seen_together: NDArray[np.int64]

    def __post_init__(self) -> None:
        k = len(self.track_ids)
        check_shapes(
            self,
            {
                "first_seconds": (k,),
                "num_rows": (k,),
                "vectors": (k, np.shape(self.vectors)[-1]),
                "seen_together": (len(self.seen_together), 2),
            },
        )

    def __len__(self) -> int:
        return len(self.track_ids)

    def without(self, track_ids: Collection[int]) -> VideoEmbeddings:
        """The same without some tracks."""
        kept = np.array([int(n) not in track_ids for n in self.track_ids], bool)
        rows = np.cumsum(kept) - 1
        pairs = self.seen_together[kept[self.seen_together].all(axis=1)]
        columns = {name: getattr(self, name)[kept] for name in _PER_TRACK}
        return replace(self, **columns, seen_together=rows[pairs].reshape(-1, 2))


def write_embeddings(path: Path, embeddings: VideoEmbeddings) -> None:
    """Write an embeddings file, whole or not at all.

    Raises:
        StoreError: the file cannot be written.
    """
    with atomic_h5(path) as file:
        file.attrs["format"] = schema.EMBEDDINGS_FORMAT
        file.attrs["version"] = schema.EMBEDDINGS_VERSION
        for name in ("key", "video_id", "tracks_key"):
            file.attrs[name] = getattr(embeddings, name)
        group = file.create_group("faces")
        for field in schema.EMBEDDING_FIELDS:
            append(group, field, getattr(embeddings, field.name), last=True)


def read_embeddings(path: Path | str) -> VideoEmbeddings:
    """Read and check an embeddings file.

    Raises:
        StoreError: absent, not HDF5, of another format or version, or not as the schema says.
    """
    form, version = schema.EMBEDDINGS_FORMAT, schema.EMBEDDINGS_VERSION
    with opened(path, format=form, version=version, intact=True) as file, damage_told(path):
        problem = find_missing(file, schema.EMBEDDINGS_ROOT_ATTRIBUTES)
        if problem is None and not isinstance(file.get("faces"), h5py.Group):
            problem = "group /faces is missing"
        problem = problem or find_misfit(file["faces"], schema.EMBEDDING_FIELDS)
        if problem:
            raise StoreError(path, f"damaged embeddings: {problem}")
        return VideoEmbeddings(
            video_id=str(file.attrs["video_id"]),
            key=str(file.attrs["key"]),
            tracks_key=str(file.attrs["tracks_key"]),
            **{field.name: file["faces"][field.name][:] for field in schema.EMBEDDING_FIELDS},
        )
