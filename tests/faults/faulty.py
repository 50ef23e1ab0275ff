"""Preloaded by Dask's workers: decoding breaks in earnest for videos whose names ask for it."""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path


def hang_with_the_lock() -> None:
    ctypes.PyDLL(None).sleep(100_000)  # a call into C that keeps the interpreter's lock


def hang_without_the_lock() -> None:
    time.sleep(100_000)


def crash() -> None:
    ctypes.string_at(0)


def eat_memory() -> None:
    eaten = []
    while True:
        eaten.append(bytearray(8 << 20))
        time.sleep(0.005)


def crash_once() -> None:
    marker = Path(os.environ["SEQFER_TEST_MARKER"])
    if not marker.exists():
        marker.touch()
        crash()


FAULTS = {
    "hang": hang_with_the_lock,
    "sleep": hang_without_the_lock,
    "crash": crash,
    "memory": eat_memory,
    "once": crash_once,
}


def dask_setup(worker: object) -> None:
    from seqfer.video import pyav_reader

    read = pyav_reader.read

    def faulty(path, *args, **more):
        for number, frame in enumerate(read(path, *args, **more)):
            if number == 5 and Path(path).stem in FAULTS:
                FAULTS[Path(path).stem]()
            yield frame

    pyav_reader.read = faulty
