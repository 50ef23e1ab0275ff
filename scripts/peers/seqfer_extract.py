"""``seqfer.extraction.extract_video`` with its defaults, the whole clip, aligned crops stored in HDF5."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import cv2
from timing import print_result

from seqfer.extraction import extract_video
from seqfer.store import open_store


def main(clip: str) -> None:
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        extract_video(Path(clip), Path(folder) / "warm-up.h5", video_id="warm-up")
        store = Path(folder) / "tracks.h5"
        began, began_cpu = time.perf_counter(), time.process_time()
        result = extract_video(Path(clip), store, video_id="clip")
        seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
        with open_store(store) as reader:
            rows = sum(len(track) for track in reader.tracks)
    print_result(
        decoding_ms=0.0,
        total_ms=1000 * seconds / result.num_frames,
        threads=cpu / seconds,
        faces=rows / result.num_frames,
        landmarks=5,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
