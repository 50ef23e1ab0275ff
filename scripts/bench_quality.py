"""What the quality measures cost and say, and how the bundled frame encoder does where the gate's limits lie.

    python scripts/bench_quality.py --ferplus FERPLUS.h5 --london LONDON

Cost: a block of aligned crops is measured and each is encoded as JPEG (quality 95, 4:4:4), in turns, on one
thread; medians, and their ratio. Pose: CenterFace's five points on the neutral portraits of LONDON (frontal).
Accuracy: stills of FER+ ``valid`` with the majority of votes as truth, (a) as they are, in bins of what is
measured of them, (b) made worse by blur, motion, enlarging, darkness with sensor noise, and overexposure: how
many the default gate stops, and how many of those it passes and of all are named rightly. Stills have no
size in a video, so of (b) the gate judges only what shows in the crop; pose and score are those of (a).
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

# ruff: noqa: E402
import cv2
import h5py
import numpy as np
import torch
from bundled.ferplus import MIN_SCORE, soft_labels
from numpy.typing import NDArray

from seqfer.decoding import QualityGate
from seqfer.faces import similarity_to_template
from seqfer.faces.align import TEMPLATE
from seqfer.faces.centerface import CenterFace
from seqfer.faces.pose import head_pose
from seqfer.faces.quality import measure
from seqfer.models import load_model

Picture = NDArray[np.uint8]
_SIDE, _BORDER, _PADDED = 112, 32, 64
_EYES = (TEMPLATE[1, 0] - TEMPLATE[0, 0]) * _SIDE  # distance between the eyes in a crop


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ferplus", type=Path, required=True)
    parser.add_argument("--london", type=Path, required=True)
    parser.add_argument("--stills", type=int, default=1000, help="of FER+ that are made worse")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    show_pose(arguments.london)
    crops, points, scores, labels = load(arguments.ferplus)
    show_cost(crops, points)
    right = predictions(crops) == labels
    show_bins(right, points, scores)
    rows = np.random.default_rng(0).permutation(len(crops))[: arguments.stills]
    show_worse(crops[rows], labels[rows])


def load(path: Path) -> tuple[Picture, NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Crops, landmarks in the still, scores and labels of the ``valid`` stills in which a face is found."""
    with h5py.File(path) as file:
        group = file["valid"]
        votes, keep = soft_labels(group["votes"][:], [str(n) for n in file.attrs["vote_columns"]])
        images = group["images"][:][keep]
    detector = CenterFace(min_score=MIN_SCORE)
    crops, points, scores, labels = [], [], [], []
    for image, label in zip(images, votes[keep].argmax(axis=1), strict=True):
        large = cv2.resize(image, (_PADDED, _PADDED), interpolation=cv2.INTER_CUBIC)
        framed = cv2.copyMakeBorder(large, *(_BORDER,) * 4, cv2.BORDER_CONSTANT, value=0)
        found = detector.detect(np.repeat(framed[..., None], 3, axis=2))
        if not len(found):
            continue
        scale = len(image) / _PADDED
        points.append((found.landmarks_xy[0].astype(np.float64) - _BORDER + 0.5) * scale - 0.5)
        warp = similarity_to_template(points[-1], _SIDE)
        crop = cv2.warpAffine(
            image, warp, (_SIDE, _SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        crops.append(np.repeat(crop[..., None], 3, axis=2))
        scores.append(float(found.scores[0]))
        labels.append(int(label))
    return np.stack(crops), np.stack(points), np.array(scores), np.array(labels)


@torch.inference_mode()
def predictions(crops: Picture) -> NDArray[np.int64]:
    encoder = load_model("bundled").encoder
    batches = (torch.from_numpy(crops[i : i + 64]) for i in range(0, len(crops), 64))
    return torch.cat([encoder(batch).argmax(dim=1) for batch in batches]).numpy()


def show_pose(folder: Path) -> None:
    detector, points = CenterFace(min_score=0.5), []
    for path in sorted(folder.glob("*_neutral.jpg")):
        picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        small = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        points.append(detector.detect(small).landmarks_xy[0])
    pose = head_pose(np.stack(points))
    print(f"pose of {len(points)} frontal portraits, degrees: mean ± standard deviation")
    for name in ("yaw", "pitch", "roll"):
        angle = getattr(pose, f"{name}_degrees")
        print(f"  {name:5} {angle.mean():+.1f} ± {angle.std():.1f}")
    print("  fit error: median {:.3f}, 95 % below {:.3f}".format(*np.quantile(pose.fit_error, [0.5, 0.95])))


def show_cost(crops: Picture, points: NDArray[np.float64]) -> None:
    options = [cv2.IMWRITE_JPEG_QUALITY, 95]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    print(f"cost at {_SIDE} px, ms a row: rows in a block, measure, JPEG, ratio")
    for rows in (5, 10, 20, 64):
        times: dict[str, list[float]] = {"measure": [], "jpeg": []}
        for n in range(100):
            block = slice(n * rows % (len(crops) - rows), n * rows % (len(crops) - rows) + rows)
            pictures, places = crops[block], points[block]
            start = time.perf_counter()
            measure(pictures, places, (48, 48))
            middle = time.perf_counter()
            for picture in pictures:
                cv2.imencode(".jpg", picture[..., ::-1], options)
            times["measure"].append((middle - start) / rows * 1e3)
            times["jpeg"].append((time.perf_counter() - middle) / rows * 1e3)
        ours, jpeg = (statistics.median(t) for t in times.values())
        print(f"  {rows:3} {ours:.4f} {jpeg:.4f} {ours / jpeg:.2f}")


def show_bins(right: NDArray[np.bool_], points: NDArray[np.float64], scores: NDArray[np.float64]) -> None:
    pose = head_pose(points)
    print(f"accuracy on {len(right)} stills as they are: {right.mean():.3f}; by what is measured (number)")
    for name, values, edges in (
        ("|yaw|", np.abs(pose.yaw_degrees), (0, 10, 20, 30, 40, 50, 60, 90)),
        ("|pitch|", np.abs(pose.pitch_degrees), (0, 10, 20, 90)),
        ("fit error", pose.fit_error, (0, 0.03, 0.06, 0.09, 0.12, 9)),
        ("score", scores, (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.01)),
    ):
        parts = []
        for low, high in pairwise(edges):
            inside = (values >= low) & (values < high)
            if inside.any():
                parts.append(f"from {low} {right[inside].mean():.2f} ({inside.sum()})")
        print(f"  {name}: " + ", ".join(parts))


def show_worse(crops: Picture, labels: NDArray[np.int64]) -> None:
    gate = QualityGate()
    frontal = np.repeat(200 * TEMPLATE[None], len(crops), axis=0)
    print(f"{len(crops)} stills made worse: sharpness, brightness, stopped, accuracy of the passed, of all")
    for name, change in worse().items():
        changed = np.stack([change(crop) for crop in crops])
        right = predictions(changed) == labels
        quality = measure(changed, frontal, (400, 400))
        passed = gate.judge(quality, np.ones(len(crops), np.float32)).trusted
        accuracy = f"{right[passed].mean():.2f}" if passed.sum() >= 20 else "–"
        print(
            f"  {name:22} {np.median(quality.sharpness):.2f} {np.median(quality.brightness):.2f} "
            f"{1 - passed.mean():5.1%} {accuracy} {right.mean():.2f}"
        )


def worse() -> dict[str, Callable[[Picture], Picture]]:
    """Ways to spoil a crop, by name."""
    ways: dict[str, Callable[[Picture], Picture]] = {"as it is": lambda crop: crop}
    for sigma in (2, 3, 4, 6):
        ways[f"blur σ {sigma} px"] = lambda crop, s=sigma: cv2.GaussianBlur(crop, (0, 0), s)
    for length in (9, 15, 21):
        for name, path in (("across", np.ones((1, length))), ("diagonally", np.eye(length))):
            ways[f"moved {length} px {name}"] = lambda crop, k=path / length: cv2.filter2D(
                crop, -1, k, borderType=cv2.BORDER_REPLICATE
            )
    for eyes in (8, 6, 5, 4, 3):
        ways[f"eyes {eyes} px apart"] = lambda crop, e=eyes: _enlarged(crop, e)
    for gain in (0.25, 0.12, 0.05, 0.03):
        ways[f"light × {gain}"] = lambda crop, g=gain: _dimmed(crop, g)
    for gain in (1.5, 2.0, 3.0, 4.0):
        ways[f"light × {gain}"] = lambda crop, g=gain: np.clip(crop * g, 0, 255).astype(np.uint8)
    return ways


def _enlarged(crop: Picture, eyes_pixels: float) -> Picture:
    side = round(_SIDE * eyes_pixels / _EYES)
    small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (_SIDE, _SIDE), interpolation=cv2.INTER_LINEAR)


def _dimmed(crop: Picture, gain: float) -> Picture:
    noise = np.random.default_rng(int(crop.sum())).normal(0, 2, crop.shape)
    return np.clip(crop * gain + noise, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
