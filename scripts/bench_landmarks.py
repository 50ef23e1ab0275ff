"""Faces per second of dense FAN landmarks, by batch size, device and precision, and whether half holds.

    python scripts/bench_landmarks.py                            # random weights: time only
    python scripts/bench_landmarks.py --weights 2DFAN4-11f355bf06.pth.tar --faces FOLDER_OF_PORTRAITS

Cut-outs of one portrait (or of every picture of a folder, the first face of each), moved and scaled a little
so that no two are the same, go through :class:`seqfer.faces.fan.FanLandmarker`: upload, network, decoding
and download are counted. CPU in full precision on ``--threads`` threads; each CUDA device that is there in
full and half precision. One call before each is not counted; rounds are shuffled; the median counts.

Where there is a GPU, the points of each lower precision are set beside those of full precision in fractions
of the distance between the eyes. With random weights that says nothing of FAN.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import torch
from face_alignment.models import FAN
from numpy.typing import NDArray
from skimage.data import astronaut

from seqfer.errors import SeqferError
from seqfer.faces import DetectorConfig, make_detector
from seqfer.faces.fan import FAN_SIDE, FanLandmarker, Precision, moved
from seqfer.faces.landmarking import TIGHT_BOXES, crop_matrices

_MOST = 0.005  # movement that half precision may cost, of the distance between the eyes
_CHECKED = 256  # faces
_JITTER = 0.1  # of a face's box


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, help="of 2D-FAN-4; random where absent")
    parser.add_argument("--faces", type=Path, help="folder of portraits")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32, 64])
    parser.add_argument("--repeats", type=int, default=5, help="counted calls (default: 5)")
    parser.add_argument("--threads", type=int, default=1, help="on the CPU (default: 1)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    settings: list[tuple[str, Precision]] = [("cpu", "float32")]
    for index in range(torch.cuda.device_count()):
        settings += [(f"cuda:{index}", precision) for precision in get_args(Precision)]
    try:
        with tempfile.TemporaryDirectory() as folder:
            weights = arguments.weights or _random_weights(Path(folder))
            pictures = cut_outs(arguments.faces, max(_CHECKED, *arguments.batches))
            print(
                f"{'FAN weights' if arguments.weights else 'random weights'}, {arguments.threads} thread(s)"
            )
            for device, _ in settings[1::3]:
                print(f"{device}: {torch.cuda.get_device_name(device)}")
            _bench(settings, weights, pictures, arguments.batches, arguments.repeats)
            for device, precision in settings[1:]:
                if precision != "float32":
                    print(check(device, precision, weights, pictures))
    except SeqferError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _bench(
    settings: list[tuple[str, Precision]],
    weights: Path,
    pictures: NDArray[np.uint8],
    batches: list[int],
    repeats: int,
) -> None:
    rng = random.Random(0)
    seconds: dict[tuple[str, str, int], list[float]] = {}
    runs = [(device, precision, batch) for device, precision in settings for batch in batches]
    for turn in range(repeats + 1):
        rng.shuffle(runs)
        for device, precision, batch in runs:
            landmarker = FanLandmarker(weights=weights, device=device, precision=precision, batch_size=batch)
            landmarker.landmarks(pictures[:batch])
            began = time.perf_counter()
            landmarker.landmarks(pictures[:batch])  # its result is in main memory: nothing is left running
            if turn:
                seconds.setdefault((device, precision, batch), []).append(time.perf_counter() - began)
    print("\n| device, precision | batch | ms/face | faces/s |\n|---|---:|---:|---:|")
    for device, precision in settings:
        for batch in batches:
            face = statistics.median(seconds[device, precision, batch]) / batch
            print(f"| {device}, {precision} | {batch} | {1000 * face:.2f} | {1 / face:.1f} |")
    print()


def check(device: str, precision: Precision, weights: Path, pictures: NDArray[np.uint8]) -> str:
    """One line on whether the points of ``precision`` stay where those of full precision are."""
    points = [
        FanLandmarker(weights=weights, device=device, precision=one, batch_size=32)
        .landmarks(pictures[:_CHECKED])
        .points_xy
        for one in (precision, "float32")
    ]
    fractions = moved(*points)
    holds = "holds" if fractions.max() < _MOST else "does not hold for every point"
    return (
        f"{device}, {precision}: largest movement {fractions.max():.2%} of the distance between the eyes, "
        f"{(fractions > _MOST).mean():.3%} of the points move more than {_MOST:.1%}: it {holds}"
    )


def cut_outs(folder: Path | None, count: int) -> NDArray[np.uint8]:
    """``count`` faces as FAN wants them, uint8 (N, 256, 256, 3)."""
    detector = make_detector(DetectorConfig())
    images = [astronaut()]
    if folder:
        read = (cv2.imread(str(path)) for path in sorted(folder.iterdir()))
        images = [cv2.cvtColor(image, cv2.COLOR_BGR2RGB) for image in read if image is not None]
    found = [(image, detector.detect(image)) for image in images]
    faces = [(image, faces.boxes_xyxy[0]) for image, faces in found if len(faces)]
    if not faces:
        raise SeqferError(f"{folder}: no picture with a face")
    rng = np.random.default_rng(0)
    pictures = []
    for index in range(count):
        image, box = faces[index % len(faces)]
        side = (box[2:] - box[:2]).mean()
        moved_box = box + side * _JITTER * (rng.random(4) - 0.5)
        matrix = crop_matrices(moved_box[None], FAN_SIDE, reference_scale=TIGHT_BOXES)[0]
        pictures.append(cv2.warpAffine(image, matrix, (FAN_SIDE, FAN_SIDE), flags=cv2.INTER_LINEAR))
    return np.stack(pictures)


def _random_weights(folder: Path) -> Path:
    torch.manual_seed(0)
    path = folder / "random-fan.pth"
    torch.save(FAN(4).state_dict(), path)
    return path


if __name__ == "__main__":
    sys.exit(main())
