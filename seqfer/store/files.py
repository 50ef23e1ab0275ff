"""HDF5 files: written whole or not at all, and opened so that what is wrong comes out in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import ArrayLike

from ..errors import StoreError
from ..files import atomic_path
from .schema import Field


@contextmanager
def atomic_h5(path: Path) -> Iterator[h5py.File]:
    """A new HDF5 file that appears under ``path`` only when complete.

    The same calls give the same bytes: no times are recorded.

    Raises:
        StoreError: the folder cannot be written to, or the disk is full.
    """
    with atomic_path(path, StoreError) as partial, h5py.File(partial, "w", locking="best-effort") as file:
        yield file


@contextmanager
def opened(path: Path | str, *, format: str, version: int) -> Iterator[h5py.File]:
    """An existing HDF5 file of ours, open for reading until the block ends; see :func:`open_h5`."""
    with open_h5(path, format=format, version=version) as file:
        yield file


def open_h5(path: Path | str, *, format: str, version: int) -> h5py.File:
    """An existing HDF5 file of ours, open for reading for as long as something of it is in use.

    Raises:
        StoreError: absent, not HDF5, or of another format or version.
    """
    path = Path(path)
    if not path.exists():
        raise StoreError(path, "no such file")
    try:
        file = h5py.File(path, "r", locking="best-effort")
    except OSError as error:
        raise StoreError(path, f"not a readable HDF5 file ({str(error).splitlines()[0]})") from error
    found, found_version = file.attrs.get("format"), file.attrs.get("version")
    if found == format and found_version == version:
        return file
    file.close()
    if found != format:
        raise StoreError(path, f"not a {format} file" + (f" but a {found} file" if found else ""))
    raise StoreError(path, f"{format} version {found_version}; this seqfer reads version {version}")


def read_json_attribute(file: h5py.File, name: str) -> Any:
    """A JSON attribute of the root.

    Raises:
        StoreError: absent, or not JSON.
    """
    try:
        return json.loads(file.attrs[name])
    except (KeyError, ValueError) as error:
        raise StoreError(file.filename, f"attribute {name!r} is absent or damaged") from error


def stored_key(path: Path, *, format: str, version: int) -> str | None:
    """The ``key`` of a finished file (see :mod:`seqfer.keys`), or None if there is no such usable file."""
    try:
        with opened(path, format=format, version=version) as file:
            return str(file.attrs.get("key"))
    except StoreError:
        return None


def append(
    group: h5py.Group, field: Field, data: ArrayLike, *, rows_per_chunk: int = 512, last: bool = False
) -> None:
    """Add ``data`` to the end of a data set of ``group``, made when first named.

    Args:
        rows_per_chunk: of a data set that will grow.
        last: nothing more will come: one that is made now gets chunks no larger than itself.
    """
    data = np.asarray(data, field.dtype)
    if field.name in group:
        dataset = group[field.name]
        start = len(dataset)
        dataset.resize(start + len(data), axis=0)
        dataset[start:] = data
        dataset.flush()
        return
    rows = max(1, min(rows_per_chunk, len(data))) if last else rows_per_chunk
    chunk = (rows, *data.shape[1:])
    dataset = group.create_dataset(
        field.name, data=data, maxshape=(None, *data.shape[1:]), chunks=chunk, track_times=False
    )
    dataset.attrs["dims"] = [str(d) for d in field.dims]
    dataset.attrs["units"] = field.units
    dataset.attrs["description"] = field.description
    if field.columns:
        dataset.attrs["columns"] = list(field.columns)
    # HDF5 gives chunks their place when it flushes them: left to the moment when Python lets go of the
    # object, which is not always the same, the same content would come to lie in another order.
    dataset.flush()
