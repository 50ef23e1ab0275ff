"""Runs that are disturbed, and the same run left alone to compare them with, byte by byte."""

from __future__ import annotations

import csv
import ctypes
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

NAMES = ("good0", "hang", "crash", "good1", "memory", "sleep", "good2", "once")


def digests(out: Path) -> dict[str, str]:
    """Of all results: logs and what is hidden hold times and processes."""
    files = [p for p in out.rglob("*") if p.is_file() and not p.name.startswith(".")]
    files = sorted(p for p in files if "logs" not in p.relative_to(out).parts)
    return {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def summary(out: Path) -> dict[str, dict[str, str]]:
    with (out / "summary.csv").open(newline="") as file:
        return {row["video"]: row for row in csv.DictReader(file)}


def start(*args: object, prefix: Sequence[str] = (), **environment: str) -> subprocess.Popen[str]:
    """The command line, begun in a session of its own."""
    return subprocess.Popen(
        [*prefix, sys.executable, "-m", "seqfer.pipelines", *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **environment},
        preexec_fn=_as_a_user,
    )


def _as_a_user() -> None:
    """Heeds Ctrl-C, which what a shell begins in the background does not, and permissions, also as root."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with suppress(OSError, AttributeError):
        drop_from_bounding_set, may_override_permissions = 24, 1
        ctypes.CDLL(None).prctl(drop_from_bounding_set, may_override_permissions, 0, 0, 0)


def finish(process: subprocess.Popen[str], timeout: float = 120) -> tuple[int, str, str]:
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    assert "Traceback" not in output + errors, errors
    return process.returncode, output, errors


def run(*args: object, **environment: str) -> tuple[int, str, str]:
    return finish(start(*args, **environment))


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The worker processes that a run has now."""
    try:
        children = psutil.Process(process.pid).children()
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]
    except psutil.Error:
        return []


def on(host: str) -> tuple[str, ...]:
    """What a command begins with that is to run on a host; see the fixture ``hosts``."""
    return "ip", "netns", "exec", host


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)
