"""Measured on people never trained on: the Face Research Lab London Set (DeBruine & Jones 2017).

Each person is photographed neutral and smiling; a cross-fade of the two aligned pictures is a crude video.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from seqfer.faces.align import similarity_to_template
from seqfer.faces.centerface import CenterFace
from seqfer.models import SequenceModel, predict_track

_FPS, _HOLD, _RISE = 25, 1.0, 0.6


class _Clip:
    """Neutral for a second, a smile faded in over 0.6 s, held for a second."""

    track_id = 0

    def __init__(self, neutral: NDArray[np.uint8], smiling: NDArray[np.uint8]) -> None:
        self.pts_seconds = np.arange(round((2 * _HOLD + _RISE) * _FPS)) / _FPS
        self.frame_indices = np.arange(len(self.pts_seconds))
        w = np.clip((self.pts_seconds - _HOLD) / _RISE, 0, 1)[:, None, None, None]
        self._crops = np.rint((1 - w) * neutral + w * smiling).astype(np.uint8)

    def __len__(self) -> int:
        return len(self.pts_seconds)

    def crops(self, start: int, stop: int) -> NDArray[np.uint8]:
        return self._crops[start:stop]


def measure_london(model: SequenceModel, folder: Path, size: int = 112) -> dict[str, float]:
    """Accuracy on stills (all seven emotions to choose from) and behaviour on cross-fades."""
    detector = CenterFace(min_score=0.5)
    neutral, smiling = ([_crop(detector, p, size) for p in sorted(folder.glob(f"*_{kind}.jpg"))]
                        for kind in ("neutral", "smiling"))  # fmt: skip
    happy, calm = (model.vocabulary.index(name) for name in ("happiness", "neutral"))
    with torch.inference_mode():
        guess_neutral, guess_smiling = (
            model.encoder(torch.from_numpy(np.stack(crops))).argmax(dim=1).numpy()
            for crops in (neutral, smiling)
        )
    clips = [predict_track(model, _Clip(a, b)) for a, b in zip(neutral, smiling, strict=True)]
    said = np.stack([c.emotion_probs.argmax(axis=1) for c in clips])
    middle = round((_HOLD + _RISE / 2) * _FPS)
    changes = [int(np.argmax(row == happy)) / _FPS for row in said if (row == happy).any()]
    rising = [np.corrcoef(c.intensity, np.arange(len(c)))[0, 1] for c in clips]
    result = {
        "people": len(clips),
        "stills_neutral_called_neutral": float((guess_neutral == calm).mean()),
        "stills_smiling_called_happiness": float((guess_smiling == happy).mean()),
        "fades_begin_neutral": float((said[:, 5] == calm).mean()),
        "fades_end_happiness": float((said[:, -5] == happy).mean()),
        "fades_exactly_one_change": float(((np.diff(said, axis=1) != 0).sum(axis=1) == 1).mean()),
        "fades_change_seconds_median": float(np.median(changes)),
        "fades_true_middle_seconds": middle / _FPS,
        "fades_intensity_time_correlation": float(np.mean(rising)),
        "fades_intensity_begin": float(np.mean([c.intensity[5] for c in clips])),
        "fades_intensity_end": float(np.mean([c.intensity[-5] for c in clips])),
    }
    return {name: round(value, 4) for name, value in result.items()}


def _crop(detector: CenterFace, path: Path, size: int) -> NDArray[np.uint8]:
    picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    side = max(picture.shape[:2])
    scale = 256 / side
    faces = detector.detect(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    if not len(faces):
        raise SystemExit(f"{path}: no face found")
    points = (faces.landmarks_xy[0].astype(float) + 0.5) / scale - 0.5
    warp = similarity_to_template(points, size)
    shrink = np.hypot(*warp[0, :2])  # average what falls into one pixel of the crop before sampling
    if shrink < 0.7:
        picture = cv2.GaussianBlur(picture, (0, 0), 0.4 / shrink)
    return cv2.warpAffine(
        picture, warp, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
