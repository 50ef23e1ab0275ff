"""How a peer is timed: every frame of a clip is decoded, some spread over it go through the peer.

Runs in each peer's own environment, so it needs no more than OpenCV and the standard library.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import cv2

_WARM_UP = 1  # calls on the first frame that are not counted


def time_peer(clip: str, frames: int, detect: Callable[[Any], int], *, landmarks: int, rgb: bool) -> None:
    """Time ``detect`` on frames of ``clip`` and print one line of JSON.

    Decoding is timed over all frames and the peer over those it was shown, each as a mean, and a frame's
    time is their sum: what the peer would take if it were shown every frame.

    Args:
        clip: a video file.
        frames: how many frames the peer is shown, evenly spread.
        detect: takes uint8 (H, W, 3), gives the number of faces found.
        landmarks: points that it finds for each face, 0 for boxes only.
        rgb: whether it wants RGB; OpenCV decodes to BGR.
    """
    cv2.setNumThreads(1)
    capture = cv2.VideoCapture(clip, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    total = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    if not capture.isOpened() or total < 1:
        raise SystemExit(f"{clip}: OpenCV cannot open it")
    shown = {round((i + 0.5) * total / min(frames, total) - 0.5) for i in range(min(frames, total))}
    decoded = found = calls = 0
    decoding = detecting = detecting_cpu = 0.0
    while True:
        began = time.perf_counter()
        there, picture = capture.read()
        if not there:
            break
        if rgb:
            picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        decoding += time.perf_counter() - began
        if decoded == 0:
            for _ in range(_WARM_UP):
                detect(picture)
        if decoded in shown:
            began, began_cpu = time.perf_counter(), time.process_time()
            found += detect(picture)
            detecting += time.perf_counter() - began
            detecting_cpu += time.process_time() - began_cpu
            calls += 1
        decoded += 1
    print_result(
        decoding_ms=1000 * decoding / decoded,
        total_ms=1000 * (decoding / decoded + detecting / calls),
        threads=detecting_cpu / detecting,
        faces=found / calls,
        landmarks=landmarks,
    )


def print_result(
    *, decoding_ms: float, total_ms: float, threads: float, faces: float, landmarks: int
) -> None:
    """The line that ``bench_peers.py`` reads.

    Args:
        decoding_ms: of ``total_ms``, what decoding took; 0 where it was not taken apart.
        total_ms: per frame.
        threads: processor time over wall time: 1 for one busy thread, less on a busy machine.
        faces: found per frame.
        landmarks: points for each face in each frame.
    """
    line = {"decoding_ms": decoding_ms, "total_ms": total_ms, "threads": threads, "faces": faces}
    print(json.dumps(line | {"landmarks": landmarks}), flush=True)
