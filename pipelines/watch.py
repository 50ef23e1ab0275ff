"""A task under watch, inside its own process: what hangs or crashes ends there, and leaves word of it.

A decoder may hang with the interpreter lock held, and then no thread of Python can end it. ``faulthandler``
has a thread in C that needs no lock: it is set to the time allowed, and set anew at every sign of progress.
When it runs out, it writes down where the process stands and ends it; Dask starts the worker again.
"""

from __future__ import annotations

import faulthandler
import os
import re
import socket
import threading
import time
import traceback
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from seqfer.errors import InputError
from seqfer.files import why_not_written

_START = "seqfer began: "
_PROCESS = re.compile(rf"^{_START}.* process (\d+)$", re.MULTILINE)
_STALLED = re.compile(r"^Timeout \((\d+):(\d+):([\d.]+)\)!$", re.MULTILINE)
_CRASHED = re.compile(r"^Fatal Python error: (.*)$", re.MULTILINE)

_lock = threading.Lock()
_deadlines: dict[int, tuple[float, int]] = {}  # of each task of this process: when it is to end, its log


@dataclass(frozen=True, kw_only=True)
class Tries:
    """What the log of a task tells of its tries.

    Attributes:
        count: how often it was begun.
        reason: what ended the last one, in words.
    """

    count: int
    reason: str


@contextmanager
def watched(log: Path, stall_seconds: float) -> Iterator[Callable[[], None]]:
    """End this process if the block shows no progress for ``stall_seconds``; what it yields shows progress.

    Args:
        log: notes the try and, if it ends the process, where it was; removed if the block ends well.

    Raises:
        InputError: the log cannot be written.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        file = log.open("a", encoding="utf-8")
        file.write(f"{_START}{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC on {socket.gethostname()}, "
                   f"process {os.getpid()}\n")  # fmt: skip
        file.flush()
    except OSError as error:
        raise InputError(log, why_not_written(error)) from error
    task, descriptor = threading.get_ident(), file.fileno()

    def show_progress() -> None:
        _set(task, time.monotonic() + stall_seconds, descriptor)

    faulthandler.enable(descriptor, all_threads=False)
    try:
        show_progress()
        yield show_progress
    except Exception:
        with suppress(OSError):
            file.write(traceback.format_exc())
        raise
    else:
        with suppress(OSError):
            log.unlink()
    finally:
        _set(task, None, descriptor)
        faulthandler.disable()
        with suppress(OSError):
            file.close()


def _set(task: int, deadline: float | None, descriptor: int) -> None:
    with _lock:
        _deadlines.pop(task, None)
        if deadline is not None:
            _deadlines[task] = deadline, descriptor
        if not _deadlines:
            faulthandler.cancel_dump_traceback_later()
            return
        first, file = min(_deadlines.values())
        faulthandler.dump_traceback_later(max(first - time.monotonic(), 0.001), exit=True, file=file)


def read_tries(log: Path, out_of_memory: Container[int] = ()) -> Tries:
    """What is in the log of a task; no tries where there is none.

    Args:
        out_of_memory: numbers of processes that were ended because they took too much memory.
    """
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return Tries(count=0, reason="")
    processes = list(_PROCESS.finditer(text))
    if not processes:
        return Tries(count=0, reason="")
    last = text[processes[-1].end() :]
    if stalled := _STALLED.search(last):
        seconds = int(stalled[1]) * 3600 + int(stalled[2]) * 60 + float(stalled[3])
        reason = f"made no progress for {seconds:.0f} s"
    elif crashed := _CRASHED.search(last):
        reason = f"crashed its process ({crashed[1]})"
    elif int(processes[-1][1]) in out_of_memory:
        reason = "took more memory than a worker may have"
    else:
        reason = "lost its process (killed, out of memory, or with its machine)"
    return Tries(count=len(processes), reason=reason)
