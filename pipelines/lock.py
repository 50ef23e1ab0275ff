"""One run at a time in a run's folder."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from seqfer.errors import InputError
from seqfer.files import why_not_written

NAME = ".seqfer-lock"


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Keep other runs out of a run's folder until the block ends; the system frees it if this process dies.

    Raises:
        InputError: another run is at work there, or the folder cannot be written to.
    """
    path = out / NAME
    lock = FileLock(path, blocking=False)
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise InputError(out, f"another run is at work in this folder{_holder(path)}") from None
    except OSError as error:
        raise InputError(out, why_not_written(error)) from error
    try:
        with suppress(OSError):  # for whom is kept out: it does without
            path.write_text(f"process {os.getpid()} on {socket.gethostname()} "
                            f"since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")  # fmt: skip
        yield
    finally:
        lock.release()


def _holder(path: Path) -> str:
    try:
        who = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return f" ({who})" if who else ""
