"""Sequences to train on: the courses of :mod:`bundled.courses`, shown in the encoder's feature space.

There is no video among the training data. What the encoder would see of a course is mixed from the
features of stills, or, for people photographed twice, taken from real pictures on the way between the two.
Every still is known by several views (moved, relit, recompressed); a sequence wanders between them, as a
face in a video wanders through small turns and lights.

So that a network learns to judge by change, the person of a sequence keeps some of what is their own while
an expression stands; and now and then a face at rest is one that looks a little sad or cross.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqfer.labels import EMOTIONS, NEUTRAL

from .courses import EXPRESSIONS, Course, draw_course, wandering, with_neutral
from .london import called_happiness

_NEUTRAL, _SURPRISE, _HAPPY = (EMOTIONS.index(name) for name in (NEUTRAL, "surprise", "happiness"))
#: What a sequence is mixed of: a neutral still, expressions, one passed on the way, two distractors, and
#: the mean of all neutral stills (to tell what is a person's own).
_PASSING, _SPEECH, _BLINK, _MEAN, _ANCHORS = (1 + EXPRESSIONS + i for i in range(5))
_LONDON_SHARE = 0.2  # of the sequences


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureBank:
    """Stills as the encoder sees them.

    Attributes:
        features: (N, V, ...), V views of each of N stills.
        votes: float32 (N, 7), shares of the votes.
        people: (P, STEPS, V, ...), the same of every step of people's morphs to their smiles; P may be 0.
    """

    features: NDArray
    votes: NDArray[np.float32]
    people: NDArray


class Sequences:
    """Batches of sequences of up to ``steps`` moments, ``rate_hz`` of them a second."""

    def __init__(self, bank: FeatureBank, *, steps: int, rate_hz: float, seed: int) -> None:
        self._bank, self._steps, self._rate = bank, steps, rate_hz
        self._rng = np.random.default_rng(seed)
        most = bank.votes.argmax(axis=1)
        self._rows = [np.flatnonzero(most == k) for k in range(len(EMOTIONS))]
        self._clear = [rows[bank.votes[rows].max(axis=1) > 0.5] for rows in self._rows]
        own = bank.votes[:, _NEUTRAL]
        self._uneasy = np.flatnonzero((own >= 0.25) & (most != _NEUTRAL) & (own < 0.5))
        clear = bank.features[self._clear[_NEUTRAL]][:2000].astype(np.float32)
        self._mean = clear.mean(axis=(0, 1))

    def batch(self, size: int) -> dict[str, Tensor]:
        """``size`` sequences: ``features`` (B, T, ...), and targets as ``sequence_loss`` takes them."""
        with_people = round(size * _LONDON_SHARE) if len(self._bank.people) else 0
        made = [self._of_stills(self._course()) for _ in range(size - with_people)]
        made += [self._of_people() for _ in range(with_people)]
        return _padded(made)

    def posed(self, kind: int) -> dict[str, Tensor]:
        """One sequence from neutral to the apex of an emotion, as a batch of one."""
        return _padded([self._of_stills(self._course("rise"), kind)])

    def _course(self, style: str | None = None) -> Course:
        return draw_course(self._rng, self._steps, self._rate, style)

    def _of_stills(self, course: Course, kind: int | None = None) -> dict[str, NDArray]:
        rng, bank = self._rng, self._bank
        anchors = self._anchors(course, kind)
        stills = bank.features[anchors].astype(np.float32)  # (A - 1, V, ...)
        views = stills.shape[1]
        mean = np.broadcast_to(self._mean, (1, *stills.shape[1:]))
        shown = self._shown(course)
        features = _mixed(np.concatenate([stills, mean]), shown, wandering(rng, len(shown), views))
        votes = bank.votes[anchors[: 1 + EXPRESSIONS]]
        strength = np.sqrt(votes[1:, np.arange(len(EMOTIONS)) != _NEUTRAL].max(axis=1))
        if course.style != "held":  # within a course it is clearer what a face shows than by itself
            told = np.eye(len(EMOTIONS))[np.append(_NEUTRAL, votes[1:].argmax(axis=1))]
            votes = 0.5 * votes + 0.5 * told
        return {
            "features": features,
            "emotion": course.named @ votes,
            "phase": course.phase,
            # How strong an expression stands is read from how many people saw it.
            "intensity": course.risen @ strength,
        }

    def _anchors(self, course: Course, kind: int | None = None) -> NDArray[np.int64]:
        rng = self._rng
        expressions = [k for k in range(len(EMOTIONS)) if k != _NEUTRAL]
        # Rare emotions are shown more often than they were photographed; most so where they are posed.
        power = {"rise": 0.1, "fall": 0.1, "held": 1.0, "free": 0.5}[course.style]
        chance = np.array([len(self._rows[k]) for k in expressions], float) ** power
        kinds = rng.choice(expressions, size=EXPRESSIONS, replace=False, p=chance / chance.sum())
        kinds = kinds if kind is None else [kind, *kinds[1:]]
        pool = self._clear if course.style in ("rise", "fall") else self._rows
        uneasy = course.style != "held" and rng.random() < 0.08 and len(self._uneasy)
        return np.array(
            [
                rng.choice(self._uneasy if uneasy else self._rows[_NEUTRAL]),
                *(rng.choice(pool[k]) for k in kinds),
                rng.choice(self._rows[rng.choice(expressions)]),
                rng.choice(self._rows[_SURPRISE if rng.random() < 0.6 else _HAPPY]),
                rng.integers(len(self._bank.votes)),
            ]
        )

    def _shown(self, course: Course) -> NDArray[np.float64]:
        """How much of each anchor is seen: (T, A)."""
        shown = np.zeros((len(course.phase), _ANCHORS))
        shown[:, : 1 + EXPRESSIONS] = with_neutral(course.risen) * (1 - course.passing[:, None])
        shown[:, _PASSING] = course.passing
        shown[:, :_SPEECH] *= 1 - course.pulls.sum(axis=1, keepdims=True)
        shown[:, [_SPEECH, _BLINK]] = course.pulls
        if course.style != "held" and self._rng.random() < 0.6:
            own = self._rng.uniform(0, 0.5) * (1 - shown[:, 0])
            shown[:, 0] += own
            shown[:, _MEAN] -= own
        return shown

    def _of_people(self) -> dict[str, NDArray]:
        rng, bank, course = self._rng, self._bank, self._course()
        person = bank.people[rng.integers(len(bank.people))].astype(np.float32)  # (STEPS, V, ...)
        far = np.clip(course.risen.sum(axis=1), 0, 1)
        steps = len(person)
        shown = np.maximum(0, 1 - np.abs(far[:, None] * (steps - 1) - np.arange(steps)))
        others = bank.features[self._anchors(course)[_SPEECH:_MEAN]].astype(np.float32)
        pulls = course.pulls[:, : len(others)]
        shown = np.concatenate([shown * (1 - pulls.sum(axis=1, keepdims=True)), pulls], axis=1)
        smiles = called_happiness(far, in_motion=True)
        emotion = np.zeros((len(far), len(EMOTIONS)))
        emotion[:, _HAPPY], emotion[:, _NEUTRAL] = smiles, 1 - smiles
        views = wandering(rng, len(far), person.shape[1])
        return {
            "features": _mixed(np.concatenate([person, others]), shown, views),
            "emotion": emotion,
            "phase": course.phase,
            "intensity": 0.9 * far,
        }


def batches(
    bank: FeatureBank, *, count: int, size: int, steps: int, rate_hz: float, seed: int
) -> Iterator[dict[str, Tensor]]:
    """``count`` batches of ``size`` sequences (:meth:`Sequences.batch`)."""
    sequences = Sequences(bank, steps=steps, rate_hz=rate_hz, seed=seed)
    return (sequences.batch(size) for _ in range(count))


def _mixed(stills: NDArray, shown: NDArray, views: NDArray) -> NDArray[np.float32]:
    """Features of A stills in V views (A, V, ...), by shares of stills (T, A) and views (T, V): (T, ...)."""
    weights = (shown[:, :, None] * views[:, None]).reshape(len(shown), -1).astype(np.float32)
    mixed = weights @ stills.reshape(weights.shape[1], -1)
    return np.maximum(mixed, 0).reshape(len(shown), *stills.shape[2:])


def _padded(made: list[dict[str, NDArray]]) -> dict[str, Tensor]:
    longest = max(len(m["phase"]) for m in made)
    batch = {
        name: torch.stack(
            [
                torch.nn.functional.pad(
                    torch.from_numpy(np.ascontiguousarray(m[name])),
                    (*[0] * (2 * (m[name].ndim - 1)), 0, longest - len(m[name])),
                )
                for m in made
            ]
        )
        for name in made[0]
    }
    lengths = torch.tensor([len(m["phase"]) for m in made])
    return {
        "features": batch["features"],
        "mask": torch.arange(longest)[None] < lengths[:, None],
        "emotion": batch["emotion"].float(),
        "phase": batch["phase"],
        "intensity": batch["intensity"].float(),
        "clip_emotion": torch.full((len(made),), -100),
    }
