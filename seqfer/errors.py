"""What can go wrong with a user's input, said in one line that names the file."""

from __future__ import annotations

import os
from pathlib import Path


def readable(path: Path | str) -> str:
    """``path`` as text that can be printed and stored: bytes of a name that are not UTF-8 become ``�``."""
    return os.fsencode(path).decode("utf-8", "replace")


def first_line(error: BaseException) -> str:
    """The first line of what another library's error says, or its kind where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class SeqferError(Exception):
    """Base of every error a user can cause or cure. ``str(error)`` is one line, ready to print."""


class InputError(SeqferError):
    """A file cannot be used.

    Attributes:
        path: the file (or folder) in question, as the user named it (see :func:`readable`).
        reason: what is wrong with it, without the path.
    """

    def __init__(self, path: Path | str, reason: str) -> None:
        self.path = readable(path)
        self.reason = " ".join(reason.split())
        super().__init__(f"{self.path}: {self.reason}")

    def __reduce__(self):  # exceptions with two arguments do not survive pickling (Dask) otherwise
        return type(self), (self.path, self.reason)


class VideoError(InputError):
    """A video cannot be opened, or holds no usable picture."""


class StoreError(InputError):
    """A seqfer HDF5 file is missing, damaged, or of another format or version."""


class LabelError(InputError):
    """A label table cannot be understood."""


class WeightsError(InputError):
    """Weights are absent, or not of the network they are asked for."""
