"""What the bundled models cost: time a face, beside recomputed windows, and memory for long tracks.

    python scripts/bench_model.py [--faces 640] [--models cnnrnn convlstm]

One thread, processor time (others on the machine matter less), the lowest of several repeats. Faces are the
scikit-image photograph's, aligned and moved a little from frame to frame; what a face shows does not change
the cost. "With windows", a model sees the 16 frames around each frame, the encoder each of them again.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from skimage.data import astronaut

from seqfer.faces.align import similarity_to_template
from seqfer.faces.centerface import CenterFace
from seqfer.models import SequenceModel, load_model, predict_track

_SIDE, _WINDOW, _FPS = 112, 16, 25


class Track:
    """One face for ``count`` frames, made as they are asked for."""

    track_id = 0

    def __init__(self, crop: NDArray[np.uint8], count: int) -> None:
        self._crop = crop
        self.frame_indices = np.arange(count)
        self.pts_seconds = np.arange(count) / _FPS

    def __len__(self) -> int:
        return len(self.pts_seconds)

    def crops(self, start: int, stop: int) -> NDArray[np.uint8]:
        return np.stack([np.roll(self._crop, i % 5 - 2, axis=1) for i in range(start, stop)])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faces", type=int, default=640)
    parser.add_argument("--models", nargs="+", default=["cnnrnn", "convlstm"])
    parser.add_argument("--memory-of", type=int, default=None, help=argparse.SUPPRESS)
    made = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    crop = face()
    if made.memory_of is not None:
        predict_track(load_model(made.models[0]), Track(crop, made.memory_of))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    for name in made.models:
        show_cost(name, load_model(name), crop, made.faces)
        show_memory(name)


def face() -> NDArray[np.uint8]:
    """The aligned face of the photograph."""
    picture = astronaut()
    points = CenterFace().detect(picture).landmarks_xy[0]
    return cv2.warpAffine(picture, similarity_to_template(points, _SIDE), (_SIDE, _SIDE))


@torch.inference_mode()
def show_cost(name: str, model: SequenceModel, crop: NDArray[np.uint8], faces: int) -> None:
    numbers = sum(p.numel() for p in model.parameters())
    track = Track(crop, faces)
    crops = torch.from_numpy(track.crops(0, 32))
    encode = fastest(lambda: model.encode(crops), 20) / 32
    whole = fastest(lambda: predict_track(model, track), 3) / faces
    some = min(faces, 96)
    windows = fastest(lambda: recomputed(model, Track(crop, some)), 2) / some
    print(
        f"{name}: {numbers / 1e6:.2f} M parameters; ms a face: encoder {encode * 1e3:.2f}, "
        f"all {whole * 1e3:.2f}, "
        f"with {_WINDOW}-frame windows {windows * 1e3:.1f}, ratio {windows / whole:.1f}"
    )


def recomputed(model: SequenceModel, track: Track) -> None:
    """Every frame from the window around it, by itself."""
    for i in range(len(track)):
        low = min(max(0, i - _WINDOW // 2), len(track) - _WINDOW)
        model(torch.from_numpy(track.crops(low, low + _WINDOW))[None])


def show_memory(name: str) -> None:
    peaks = []
    for minutes in (1, 10):
        command = [sys.executable, __file__, "--models", name, "--memory-of", str(minutes * 60 * _FPS)]
        peaks.append(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    print(f"{name}: peak memory {peaks[0]:.0f} MiB for a minute of face, {peaks[1]:.0f} MiB for ten")


def fastest(work: Callable[[], object], repeats: int) -> float:
    work()
    times = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


if __name__ == "__main__":
    main()
