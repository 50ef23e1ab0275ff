"""What temporal models do on sequences: drawn ones of held-out stills, and morphs of held-out people."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.stats import spearmanr

from seqfer.decoding import decode
from seqfer.labels import EMOTIONS, NEUTRAL
from seqfer.models import SequenceModel, predict_track
from seqfer.timeline import FramePredictions

from .london import STEPS, Person
from .sequences import FeatureBank, Sequences, batches

_NEUTRAL, _HAPPY = EMOTIONS.index(NEUTRAL), EMOTIONS.index("happiness")
_WINDOW_SECONDS = 0.4  # of the median filter that a model without memory is given


@torch.inference_mode()
def drawn_sequences(
    model: SequenceModel, bank: FeatureBank, *, seed: int, steps: int, count: int
) -> dict[str, float]:
    """Scores per moment, of the model and of the encoder's own reading, as it is and median filtered.

    ``switches`` is the number of changes of emotion per second; ``true_switches`` what it should be.
    """
    rate = model.sample_rate_hz
    guess: dict[str, list[NDArray]] = {"model": [], "frame": [], "median": []}
    truth, phase_right, intensity_error = [], [], []
    for batch in batches(bank, count=count, size=32, steps=steps, rate_hz=rate, seed=seed):
        out, mask = model.temporal(batch["features"], batch["mask"]), batch["mask"]
        frame = frame_probabilities(model, batch["features"])
        guess["model"].append(_flat(out.emotion_logits.argmax(-1), mask))
        guess["frame"].append(_flat(torch.from_numpy(frame.argmax(-1)), mask))
        guess["median"].append(_flat(torch.from_numpy(filtered(frame, rate).argmax(-1)), mask))
        truth.append(_flat(batch["emotion"].argmax(-1), mask))
        phase_right.append((out.phase_logits.argmax(-1) == batch["phase"])[mask].float().mean())
        intensity_error.append((out.intensity - batch["intensity"]).abs()[mask].mean())
    real = np.concatenate(truth)
    result = {
        "phase_accuracy": float(np.mean(phase_right)),
        "intensity_mae": float(np.mean(intensity_error)),
        "true_switches": _switches(real, rate),
    }
    for name, parts in guess.items():
        said = np.concatenate(parts)
        recalls = [(said[real == k] == k).mean() for k in np.unique(real)]
        result |= {
            f"{name}_war": float((said == real).mean()),
            f"{name}_uar": float(np.mean(recalls)),
            f"{name}_switches": _switches(said, rate),
        }
    return {name: round(value, 4) for name, value in result.items()}


@torch.inference_mode()
def posed_rises(model: SequenceModel, bank: FeatureBank, *, seed: int, each: int) -> dict[str, Any]:
    """``each`` sequences from neutral to the apex of every emotion, as posed data sets have them, decoded.

    Of the timeline: whether its last segment is right, its first neutral, and whether it is exactly these
    two; beside it the same of the encoder's reading after a median filter, runs taken as segments.
    """
    sequences = Sequences(bank, steps=64, rate_hz=model.sample_rate_hz, seed=seed)
    names = ("apex", "neutral_first", "exact", "median_apex", "median_neutral_first", "median_exact")
    right: dict[str, dict[str, float]] = {}
    for kind, emotion in enumerate(EMOTIONS):
        if kind == _NEUTRAL:
            continue
        rows = []
        for _ in range(each):
            batch = sequences.posed(kind)
            out = model.temporal(batch["features"], batch["mask"])
            probs = torch.softmax(out.emotion_logits[0] / model.temperature, dim=-1).numpy()
            told = [
                s.emotion for s in decode(_predictions(model, probs, out.intensity[0].numpy()), video_id="")
            ]
            frame = filtered(frame_probabilities(model, batch["features"]), model.sample_rate_hz)[0]
            plain = [EMOTIONS[k] for k, _ in groupby(frame.argmax(-1))]
            rows.append([*_posed_right(told, emotion), *_posed_right(plain, emotion)])
        right[emotion] = dict(zip(names, np.mean(rows, axis=0).round(3).tolist(), strict=True))
    means = {name: round(float(np.mean([r[name] for r in right.values()])), 3) for name in names}
    return {"each": each, **means, "emotions": right}


def smiles(model: SequenceModel, people: list[Person]) -> dict[str, float]:
    """Stills and morphs of people: a second of neutral, the smile rising for 0.8 s, held for a second."""
    with torch.inference_mode():
        frames = torch.from_numpy(np.stack([p.frames for p in people]))
        called = model.encoder(torch.cat([frames[:, 0], frames[:, -1]])).argmax(dim=1).numpy()
    neutral, smiling = called[: len(people)], called[len(people) :]
    orders, told, intensity = [], [], []
    for person in people:
        rise = predict_track(model, MorphTrack(person, 0.0, (STEPS - 1) / 25, 0.0))
        orders.append(float(spearmanr(rise.intensity, np.arange(len(rise))).statistic))
        clip = predict_track(model, MorphTrack(person, 1.0, 0.8, 1.0))
        told.append([(s.emotion, s.start_seconds) for s in decode(clip, video_id="")])
        intensity.append((clip.intensity[5], clip.intensity[-5]))
    exact = [[e for e, _ in t] == [NEUTRAL, "happiness"] for t in told]
    change = [t[1][1] for t, good in zip(told, exact, strict=True) if good]
    result = {
        "people": len(people),
        "stills_neutral_called_neutral": float((neutral == _NEUTRAL).mean()),
        "stills_smiling_called_happiness": float((smiling == _HAPPY).mean()),
        "morphs_begin_neutral": float(np.mean([t[0][0] == NEUTRAL for t in told])),
        "morphs_end_happiness": float(np.mean([t[-1][0] == "happiness" for t in told])),
        "morphs_exactly_neutral_then_happiness": float(np.mean(exact)),
        "morphs_change_share_of_rise": float((np.median(change) - 1.0) / 0.8) if change else float("nan"),
        "intensity_spearman_mean": float(np.mean(orders)),
        "intensity_spearman_lowest": float(np.min(orders)),
        "intensity_begin": float(np.mean([a for a, _ in intensity])),
        "intensity_end": float(np.mean([b for _, b in intensity])),
    }
    return {name: round(value, 4) for name, value in result.items()}


class MorphTrack:
    """A person neutral, turning to the smile, smiling, for so many seconds each, at 25 frames a second."""

    track_id = 0

    def __init__(self, person: Person, neutral: float, rise: float, smiling: float) -> None:
        count = round((neutral + rise + smiling) * 25) + 1
        self.pts_seconds = np.arange(count) / 25
        self.frame_indices = np.arange(count)
        share = np.clip((self.pts_seconds - neutral) / rise, 0, 1)
        self._crops = person.frames[np.rint(share * (STEPS - 1)).astype(int)]

    def __len__(self) -> int:
        return len(self.pts_seconds)

    def crops(self, start: int, stop: int) -> NDArray[np.uint8]:
        return self._crops[start:stop]


def frame_probabilities(model: SequenceModel, features: torch.Tensor) -> NDArray[np.float32]:
    """The encoder's own reading of each moment: (B, T, ...) to (B, T, K)."""
    pooled = features.mean(dim=(3, 4)) if features.ndim == 5 else features
    return torch.softmax(model.encoder.classify(pooled), dim=-1).numpy()


def filtered(probs: NDArray[np.float32], rate_hz: float) -> NDArray[np.float32]:
    """The median over 0.4 s of each emotion's probability: (B, T, K)."""
    return median_filter(probs, size=(1, 2 * round(_WINDOW_SECONDS / 2 * rate_hz) + 1, 1), mode="nearest")


def _predictions(model: SequenceModel, probs: NDArray, intensity: NDArray) -> FramePredictions:
    steps = len(probs)
    return FramePredictions(
        track_id=0,
        frame_indices=np.arange(steps),
        pts_seconds=np.arange(steps) / model.sample_rate_hz,
        emotion_probs=probs,
        phase_probs=np.full((steps, 4), 0.25, np.float32),
        intensity=intensity,
        vocabulary=model.vocabulary,
    )


def _posed_right(told: list[str], emotion: str) -> tuple[bool, bool, bool]:
    return told[-1] == emotion, told[0] == NEUTRAL, told == [NEUTRAL, emotion]


def _flat(values: torch.Tensor, mask: torch.Tensor) -> NDArray:
    return values[mask].numpy()


def _switches(said: NDArray, rate_hz: float) -> float:
    return float((np.diff(said) != 0).mean() * rate_hz)
