"""Sequences of expressions coming and going, made of stills, in the encoder's feature space.

There is no video among the training data. What a face does over time is therefore drawn (durations of
onset, apex and offset, pauses, direct changes, expressions cut off by the ends, none at all), and what
the encoder would see is mixed from the features of stills: neutral ones and expressive ones. Every
still is known by several augmented views; a sequence wanders between them, as a face in a video wanders
through small turns and lights. Blinks and speech are short pulls towards other stills; labels ignore
them. Mixing features across people is a stand-in for real motion and says so on the model card.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqfer.labels import EMOTIONS, NEUTRAL, PHASES

_NEUTRAL_COLUMN = EMOTIONS.index(NEUTRAL)
_NONE, _ONSET, _APEX, _OFFSET = range(len(PHASES))
_CHANGE = len(PHASES)  # of a plan only: one expression straight into the next
_ANCHORS = 6  # neutral, three expressions, two distractors
_EXPRESSIONS, _DISTRACTORS = slice(1, 4), slice(4, 6)


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureBank:
    """Stills as the encoder sees them.

    Attributes:
        features: (N, V, ...), V augmented views of each of N stills.
        votes: float32 (N, 7), shares of the votes.
    """

    features: NDArray
    votes: NDArray[np.float32]

    def of_emotion(self, column: int) -> NDArray[np.int64]:
        """Rows whose most voted emotion is ``column``."""
        return np.nonzero(self.votes.argmax(axis=1) == column)[0]


def batches(
    bank: FeatureBank, *, count: int, size: int, steps: int, rate_hz: float, seed: int
) -> Iterator[dict[str, Tensor]]:
    """``count`` batches of ``size`` sequences of ``steps`` moments, as ``sequence_loss`` takes targets.

    Each also holds ``features`` float32 (B, T, ...).
    """
    rng = np.random.default_rng(seed)
    rows_of = [bank.of_emotion(k) for k in range(len(EMOTIONS))]
    expressions = [k for k in range(len(EMOTIONS)) if k != _NEUTRAL_COLUMN]
    # Rare emotions are shown more often than they were photographed, but not as often as happiness.
    chance = np.array([len(rows_of[k]) for k in expressions], float) ** 0.5
    for _ in range(count):
        drawn = [_Drawn(rng, steps, rate_hz) for _ in range(size)]
        anchors = np.zeros((size, _ANCHORS), np.int64)
        for b in range(size):
            kinds = rng.choice(expressions, size=3, replace=False, p=chance / chance.sum())
            anchors[b] = [
                rng.choice(rows_of[_NEUTRAL_COLUMN]), *(rng.choice(rows_of[k]) for k in kinds),
                rng.choice(rows_of[_NEUTRAL_COLUMN]), rng.integers(len(bank.votes)),
            ]  # fmt: skip
        yield _mixed(bank, anchors, drawn, rng)


def _mixed(
    bank: FeatureBank, anchors: NDArray[np.int64], drawn: list[_Drawn], rng: np.random.Generator
) -> dict[str, Tensor]:
    shown = np.stack([d.shown for d in drawn])  # (B, T, A)
    named = np.stack([d.named for d in drawn])
    views = np.stack([_wandering(rng, shown.shape[1], bank.features.shape[1]) for _ in drawn])  # (B, T, V)
    stills = torch.from_numpy(bank.features[anchors].astype(np.float32))  # (B, A, V, ...)
    weights = torch.from_numpy((shown[..., None] * views[:, :, None]).astype(np.float32)).flatten(2)
    features = torch.bmm(weights, stills.flatten(1, 2).flatten(2))
    votes = bank.votes[anchors[:, :4]]  # (B, 4, K)
    emotion = np.einsum("bta,bak->btk", named, votes)
    # How strong an expression stands is read from how many people saw it.
    strength = np.sqrt(votes[:, 1:].max(axis=2))
    intensity = np.einsum("bta,ba->bt", np.stack([d.risen for d in drawn]), strength)
    return {
        "features": features.unflatten(2, bank.features.shape[2:]),
        "mask": torch.ones(shown.shape[:2], dtype=torch.bool),
        "emotion": torch.from_numpy(emotion.astype(np.float32)),
        "phase": torch.from_numpy(np.stack([d.phase for d in drawn])),
        "intensity": torch.from_numpy(intensity.astype(np.float32)),
        "clip_emotion": torch.full((len(drawn),), -100),
    }


class _Drawn:
    """What one face does over ``steps`` moments.

    Attributes:
        shown: (T, A), how much of each anchor still is seen; rows sum to 1.
        named: (T, 4), how much neutral and each expression are called so; rows sum to 1.
        risen: (T, 3), how far each expression is to be seen, 0 to 1.
        phase: int64 (T,).
    """

    def __init__(self, rng: np.random.Generator, steps: int, rate_hz: float) -> None:
        self.phase = np.zeros(steps, np.int64)
        self.risen = np.zeros((steps, 3))
        style = rng.random()
        if style < 0.1:
            plan = [(_NONE, 0, 60.0)]
        elif style < 0.2:
            plan = [(_APEX, 0, 60.0)]
        else:
            plan = _plan(rng)
        self._play(plan, -rng.uniform(0, 2.5), steps, rate_hz)
        # What is seen follows the motion in its own way: features are not linear in it.
        self.risen = _squashed(self.risen, rng.uniform(0.4, 0.6), rng.uniform(3, 8))
        self.risen /= np.maximum(self.risen.sum(axis=1, keepdims=True), 1.0)
        most = self.risen.max(axis=1)
        self.phase[(self.phase != _APEX) & (most < 0.08)] = _NONE
        self.phase[((self.phase == _ONSET) | (self.phase == _OFFSET)) & (most > 0.92)] = _APEX
        # Every third time expressions stay weak.
        self.risen *= rng.uniform(0.55, 1.0, size=3) if rng.random() < 0.33 else 1.0
        called = _squashed(self.risen, 0.5, 24.0)
        self.named = _with_neutral(called / np.maximum(called.sum(axis=1, keepdims=True), 1.0))
        self.shown = np.zeros((steps, _ANCHORS))
        self.shown[:, :4] = _with_neutral(self.risen * _wobble(rng, steps, rate_hz)[:, None])
        pull = np.stack([_speech(rng, steps, rate_hz), _blinks(rng, steps, rate_hz)], axis=1)
        pull /= np.maximum(pull.sum(axis=1, keepdims=True) / 0.5, 1.0)
        self.shown[:, :4] *= 1 - pull.sum(axis=1, keepdims=True)
        self.shown[:, _DISTRACTORS] = pull

    def _play(self, plan: list[tuple[int, int, float]], now: float, steps: int, rate_hz: float) -> None:
        times = np.arange(steps) / rate_hz
        for phase, which, seconds in plan:
            inside = (times >= now) & (times < now + seconds)
            done = (times[inside] - now) / seconds
            ease = done * done * (3 - 2 * done)
            self.phase[inside] = phase
            if phase == _APEX:
                self.risen[inside, which] = 1.0
            elif phase == _ONSET:
                self.risen[inside, which] = ease
            elif phase == _OFFSET:
                self.risen[inside, which] = 1 - ease
            elif phase == _CHANGE:
                self.risen[inside, which] = 1 - ease
                self.risen[inside, (which + 1) % 3] = ease
                self.phase[inside] = np.where(done < 0.5, _OFFSET, _ONSET)
            now += seconds


def _plan(rng: np.random.Generator) -> list[tuple[int, int, float]]:
    """Phases in turn: (phase, which expression, seconds)."""
    plan: list[tuple[int, int, float]] = []
    which = 0
    while sum(seconds for *_, seconds in plan) < 12:
        plan.append((_NONE, which, rng.uniform(0.2, 2.5)))
        plan.append((_ONSET, which, rng.uniform(0.15, 1.0)))
        while True:
            plan.append((_APEX, which, float(np.exp(rng.uniform(np.log(0.15), np.log(3.0))))))
            if rng.random() < 0.65:
                break
            plan.append((_CHANGE, which, rng.uniform(0.2, 1.0)))
            which = (which + 1) % 3
        plan.append((_OFFSET, which, rng.uniform(0.3, 1.5)))
        which = (which + 1) % 3
    return plan


def _squashed(x: NDArray, centre: float, sharpness: float) -> NDArray:
    """A sigmoid of ``x`` that keeps 0 at 0 and 1 at 1."""
    low, high, here = (1 / (1 + np.exp(-sharpness * (v - centre))) for v in (0.0, 1.0, x))
    return np.clip((here - low) / (high - low), 0, 1)


def _with_neutral(parts: NDArray) -> NDArray:
    return np.concatenate([1 - parts.sum(axis=1, keepdims=True), parts], axis=1)


def _smooth_noise(rng: np.random.Generator, steps: int, width: int, columns: int = 1) -> NDArray:
    """Noise of unit deviation that changes over about ``width`` steps: (T, columns)."""
    kernel = np.hanning(2 * width + 1)[:, None]
    noise = rng.standard_normal((steps + 2 * width, columns))
    smooth = np.stack([np.convolve(n, kernel[:, 0], "valid") for n in noise.T], axis=1)
    return smooth / np.sqrt((kernel**2).sum())


def _wobble(rng: np.random.Generator, steps: int, rate_hz: float) -> NDArray:
    """An expression is not held perfectly still: a factor of about 0.8 to 1."""
    return np.clip(0.95 + 0.07 * _smooth_noise(rng, steps, round(0.4 * rate_hz))[:, 0], 0.75, 1.0)


def _wandering(rng: np.random.Generator, steps: int, views: int) -> NDArray:
    """Shares of the views at each moment (T, V): slow wandering and some jitter."""
    drive = 2.0 * _smooth_noise(rng, steps, 12, views) + 0.5 * rng.standard_normal((steps, views))
    drive += 1.5 * rng.standard_normal((1, views))
    shares = np.exp(drive - drive.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def _speech(rng: np.random.Generator, steps: int, rate_hz: float) -> NDArray:
    """Pulls of a talking mouth: 2 to 6 a second, for a while, in every third sequence."""
    if rng.random() > 0.35:
        return np.zeros(steps)
    times = np.arange(steps) / rate_hz
    begin, long = rng.uniform(0, times[-1]), rng.uniform(0.5, 3.0)
    beat = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(2, 6) * times + rng.uniform(0, 6.28))
    return rng.uniform(0.1, 0.4) * beat * ((times > begin) & (times < begin + long))


def _blinks(rng: np.random.Generator, steps: int, rate_hz: float) -> NDArray:
    """Short pulls, 0.1 to 0.3 s, about one every four seconds."""
    times = np.arange(steps) / rate_hz
    pull = np.zeros(steps)
    for centre in rng.uniform(0, times[-1], size=rng.poisson(times[-1] / 4)):
        half = rng.uniform(0.05, 0.15)
        pull = np.maximum(pull, rng.uniform(0.2, 0.5) * np.clip(1 - np.abs(times - centre) / half, 0, 1))
    return pull
