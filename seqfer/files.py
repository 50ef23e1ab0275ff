"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from .errors import InputError

PARTIAL_SUFFIX = ".partial"
_HEADROOM_BYTES = 16 << 20  # a disk that fills inside an HDF5 call can take the interpreter down with it


@contextmanager
def atomic_path(path: Path, error_type: type[InputError] = InputError) -> Iterator[Path]:
    """A path to write to; what was written is flushed to the disk and renamed to ``path`` at the end.

    After an error nothing is left behind and an older file at ``path`` is as it was.

    Raises:
        InputError: (``error_type``) the folder cannot be written to, or the disk is full.
    """
    # A name of its own: a worker that was given up for lost may still be writing its own.
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PARTIAL_SUFFIX}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        check_space(path)
        yield partial
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    except OSError as error:
        raise error_type(path, why_not_written(error)) from error
    finally:
        # A partial file that cannot be removed must not hide what went wrong.
        with suppress(OSError):
            partial.unlink(missing_ok=True)


@contextmanager
def atomic_text(
    path: Path, error_type: type[InputError] = InputError, *, errors: str = "strict"
) -> Iterator[IO[str]]:
    """A UTF-8 text file, lines ended as they are written, that appears under ``path`` only when complete.

    Args:
        errors: what becomes of what is no text, as :func:`open` names it.

    Raises:
        InputError: (``error_type``) see :func:`atomic_path`.
    """
    with (
        atomic_path(path, error_type) as partial,
        partial.open("w", encoding="utf-8", errors=errors, newline="") as file,
    ):
        yield file


def remove_partials(folder: Path) -> None:
    """Remove what writers that were stopped have left behind, however deep in a folder.

    Raises:
        OSError: that cannot be done.
    """
    for path in folder.rglob(f"*.????????{PARTIAL_SUFFIX}"):
        path.unlink(missing_ok=True)


def link_to(path: Path, folder: Path) -> str | None:
    """``path`` as seen from ``folder``, with slashes; None where no relative path can say it in UTF-8."""
    try:
        place = path.parent.resolve() / path.name
        link = Path(os.path.relpath(place, folder.resolve())).as_posix()
        link.encode()
        return link
    except (OSError, ValueError):  # another drive; bytes that are no text
        return None


def check_space(path: Path) -> None:
    """Raise OSError (ENOSPC) where the disk of ``path`` is all but full."""
    if shutil.disk_usage(path.parent).free < _HEADROOM_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def why_not_written(error: OSError) -> str:
    """An operating-system error on writing in the words of an error line."""
    if error.errno == errno.ENOSPC or "No space left" in str(error):
        return "cannot be written, the disk is full"
    return f"cannot be written ({error.strerror or error})"
