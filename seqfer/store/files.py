"""HDF5 files: written whole or not at all, and opened so that what is wrong comes out in words.

Each begins with a line of text in HDF5's user block, 512 bytes that belong to whoever writes the file: the
SHA-256 of all that follows them (``tail -c +513 FILE | sha256sum`` gives the same). Root attribute
``checksum`` says that it must be there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import ArrayLike

from ..errors import StoreError, first_line
from ..files import atomic_path
from .schema import Field

#: What h5py raises over damaged files.
UNREADABLE = (OSError, RuntimeError, KeyError, ValueError, TypeError)
_BLOCK_BYTES = 512
_BLOCK_START = b"seqfer sha256 "
_BLOCK_LINE = len(_BLOCK_START) + 64 + 1


@contextmanager
def atomic_h5(path: Path) -> Iterator[h5py.File]:
    """A new HDF5 file that appears under ``path`` only when complete.

    The same calls give the same bytes: no times are recorded.

    Raises:
        StoreError: the folder cannot be written to, or the disk is full.
    """
    with atomic_path(path, StoreError) as partial:
        with h5py.File(partial, "w", locking="best-effort", userblock_size=_BLOCK_BYTES) as file:
            file.attrs["checksum"] = "sha256"
            yield file
        _seal(partial)


def _seal(path: Path) -> None:
    digest = _digest(path)
    with path.open("rb+") as file:
        file.write(_BLOCK_START + digest.encode() + b"\n")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(_BLOCK_BYTES)
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_damage(path: Path) -> str | None:
    """Why a file of ours is not as it was written, told by its checksum; None if it is, or never had one.

    Reads all of it (about 1 GB/s).

    Raises:
        StoreError: not a readable HDF5 file.
    """
    try:
        with path.open("rb") as file:
            line = file.read(_BLOCK_LINE)
        if line.startswith(_BLOCK_START):  # HDF5 need not be asked, whom a damaged file may confuse
            whole = line == _BLOCK_START + _digest(path).encode() + b"\n"
        else:
            with h5py.File(path, "r", locking="best-effort") as file:
                whole = "checksum" not in file.attrs  # as of an earlier version
    except UNREADABLE as error:
        raise StoreError(path, f"not a readable HDF5 file ({first_line(error)})") from error
    return None if whole else "was damaged or changed after it was written (its checksum does not fit)"


@contextmanager
def opened(path: Path | str, *, format: str, version: int, intact: bool = False) -> Iterator[h5py.File]:
    """An existing HDF5 file of ours, open for reading until the block ends; see :func:`open_h5`.

    Args:
        intact: look at its checksum first: HDF5 can lose itself in a damaged file. For small files.
    """
    if intact and Path(path).exists() and (damage := find_damage(Path(path))):
        raise StoreError(path, damage)
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
        found, found_version = file.attrs.get("format"), file.attrs.get("version")
    except UNREADABLE as error:
        raise StoreError(path, f"not a readable HDF5 file ({first_line(error)})") from error
    if str(found) == format and str(found_version) == str(version):
        return file
    file.close()
    if str(found) != format:
        raise StoreError(path, f"not a {format} file" + (f" but a {found} file" if found else ""))
    raise StoreError(path, f"{format} version {found_version}; this seqfer reads version {version}")


@contextmanager
def damage_told(path: Path | str) -> Iterator[None]:
    """What HDF5 and h5py raise over a damaged file inside the block comes out in words.

    Raises:
        StoreError: instead.
    """
    try:
        yield
    except UNREADABLE as error:
        raise StoreError(path, f"damaged: cannot be read ({first_line(error)})") from error


def read_json_attribute(file: h5py.File, name: str) -> Any:
    """A JSON attribute of the root.

    Raises:
        StoreError: absent, or not JSON.
    """
    try:
        return json.loads(file.attrs[name])
    except UNREADABLE as error:
        raise StoreError(file.filename, f"attribute {name!r} is absent or damaged") from error


def stored_key(path: Path, *, format: str, version: int, intact: bool = False) -> str | None:
    """The ``key`` of a finished file (see :mod:`seqfer.keys`), or None if there is no such usable file.

    Args:
        intact: a file that does not fit its checksum is not usable either.
    """
    try:
        with opened(path, format=format, version=version, intact=intact) as file, damage_told(path):
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
