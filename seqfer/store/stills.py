"""HDF5 files of stills that others make: groups of pictures with labels or votes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from ..errors import StoreError, first_line


@dataclass(frozen=True, kw_only=True, eq=False)
class StillGroup:
    """One group.

    Attributes:
        images: uint8 (N, H, W).
        labels: int64 (N,), or votes (N, K).
        columns: names of the K columns of votes; empty where there are labels.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    columns: tuple[str, ...]


def read_still_groups(path: Path) -> dict[str, StillGroup]:
    """Every group with ``images`` uint8 (N, H, W) and ``votes`` (N, K) or ``labels`` (N,).

    Raises:
        StoreError: not HDF5, no such group, or arrays that do not go together.
    """
    try:
        with h5py.File(path, "r", locking="best-effort") as file:
            found = {}
            for name, group in file.items():
                if isinstance(group, h5py.Group) and "images" in group:
                    found[name] = _read(path, file, name, group)
    except OSError as error:
        raise StoreError(path, f"not a readable HDF5 file ({first_line(error)})") from error
    if not found:
        raise StoreError(path, "no groups with images in it")
    return found


def _read(path: Path, file: h5py.File, name: str, group: h5py.Group) -> StillGroup:
    kind = "votes" if "votes" in group else "labels"
    if kind not in group:
        raise StoreError(path, f"group {name}: neither votes nor labels")
    images, labels = group["images"][:], group[kind][:]
    columns: tuple[str, ...] = ()
    if kind == "votes":
        given = group.attrs.get("vote_columns", file.attrs.get("vote_columns", ()))
        columns = tuple(c.decode() if isinstance(c, bytes) else str(c) for c in given)
    shape = (len(images), len(columns)) if kind == "votes" else (len(images),)
    if images.ndim != 3 or images.dtype != np.uint8 or labels.shape != shape:
        raise StoreError(
            path, f"group {name}: images {images.shape} {images.dtype} and {kind} {labels.shape} do not fit"
        )
    return StillGroup(images=images, labels=labels.astype(np.int64), columns=columns)
