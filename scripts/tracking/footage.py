"""Real videos, of which nothing is known but what the detector sees in every frame at full size."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from seqfer.faces.detection import iou

from .found import Found, detect_every_frame, extract
from .matching import SAME_FACE
from .portraits import digest_of


def footage_table(videos: Iterable[Path], cache: Path) -> str:
    """A Markdown table, a row per video: how much of what per-frame detection finds extraction has too.

    Rows of extraction where per-frame detection sees nothing are counted, not judged: bridged gaps, or faces
    too small, blurred or turned for the detector alone, or no faces.
    """
    lines = [
        "| footage | frames | detections per frame | found of those | rows without one | tracks | shots |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    cache.mkdir(parents=True, exist_ok=True)
    for video in videos:
        detected = detect_every_frame(video, cache / f"{video.stem}-{digest_of([video])[:12]}.detections.npz")
        found = extract(video)
        both = _in_both(detected, found)
        share = f"{both / len(detected.frames):.3f}" if len(detected.frames) else "–"
        frames, shots = len(found.shots), int(found.shots.max(initial=0)) + 1
        lines.append(
            f"| {video.name} | {frames} | {len(detected.frames) / frames:.2f} | {share} "
            f"| {len(found.frames) - both} | {len(np.unique(found.ids))} | {shots} |"
        )
    return "\n".join(lines)


def _in_both(detected: Found, found: Found) -> int:
    count = 0
    for frame in np.unique(detected.frames):
        a, b = detected.boxes_xyxy[detected.frames == frame], found.boxes_xyxy[found.frames == frame]
        overlap = iou(a, b)
        count += int((overlap[linear_sum_assignment(-overlap)] >= SAME_FACE).sum())
    return count
