"""What a face does over a few seconds, drawn by lot: the timing of expressions, without any picture.

Rises last 0.15 to 1 s where expressions come of themselves (0.3 to 1 s is usual, Schmidt, Ambadar, Cohn &
Reed 2006, J. Nonverbal Behavior 30:37-52; quicker ones exist), and all of a clip where one is posed from
neutral to its apex, as in posed data sets. Expressions are held, fade, change directly into others, stay
weak, or never come; speech, blinks and small movements go on meanwhile, and labels ignore them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqfer.labels import PHASES

NONE, ONSET, APEX, OFFSET = range(len(PHASES))
_CHANGE = len(PHASES)  # of a plan only: one expression straight into the next
EXPRESSIONS = 3  # that a course may show in turn
#: How often each style is drawn: a posed rise, its reverse, a held face, and anything in turn.
STYLES = {"rise": 0.4, "fall": 0.05, "held": 0.25, "free": 0.3}


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """What one face does over T moments.

    Attributes:
        style: one of :data:`STYLES`.
        risen: float (T, 3), how far each expression is to be seen; rows sum to 1 at most.
        named: float (T, 4), how much neutral and each expression are called so; rows sum to 1.
        passing: float (T,), how much of something else is seen on the way up or down, 0 to 0.4.
        pulls: float (T, 2), how much of speech and of blinks is seen.
        phase: int64 (T,), columns as :data:`seqfer.labels.PHASES`.
    """

    style: str
    risen: NDArray[np.float64]
    named: NDArray[np.float64]
    passing: NDArray[np.float64]
    pulls: NDArray[np.float64]
    phase: NDArray[np.int64]


def draw_course(rng: np.random.Generator, steps: int, rate_hz: float, style: str | None = None) -> Course:
    """A course of at most ``steps`` moments, ``rate_hz`` of them a second; of any style for None."""
    style = style or str(rng.choice(list(STYLES), p=list(STYLES.values())))
    if style in ("rise", "fall"):
        steps = min(steps, round(np.exp(rng.uniform(np.log(8), np.log(64)))))
    elif style == "held":
        steps = 1 if rng.random() < 0.3 else int(rng.integers(1, steps + 1))
    seconds = steps / rate_hz
    begin = 0.0
    if style == "held":
        plan = [(NONE if rng.random() < 0.35 else APEX, 0, seconds + 1)]
    elif style == "free":
        plan, begin = _turns(rng, seconds), -rng.uniform(0, 2.5)
    else:
        still = seconds * rng.uniform(0, 0.35) * (rng.random() < 0.7)
        moving = (seconds - still) * rng.uniform(0.4, 1.0)
        plan = [(NONE, 0, still), (ONSET, 0, moving), (APEX, 0, seconds)]
    risen, phase = _played(plan, begin, steps, rate_hz, rng)
    # What is seen follows the motion in its own way: features are not linear in it.
    risen = squashed(risen, rng.uniform(0.4, 0.6), rng.uniform(2, 8))
    risen /= np.maximum(risen.sum(axis=1, keepdims=True), 1.0)
    if style == "fall":
        risen, phase = risen[::-1].copy(), np.where(phase == ONSET, OFFSET, phase)[::-1].copy()
    most = risen.max(axis=1)
    phase[(phase != APEX) & (most < 0.08)] = NONE
    phase[((phase == ONSET) | (phase == OFFSET)) & (most > 0.92)] = APEX
    if style == "free" and rng.random() < 0.33:  # expressions that stay weak
        risen *= rng.uniform(0.5, 1.0, size=EXPRESSIONS)
    called = squashed(risen, 0.4, 24.0)
    called = with_neutral(called / np.maximum(called.sum(axis=1, keepdims=True), 1.0))
    bump = 4 * risen.max(axis=1) * (1 - risen.max(axis=1))
    return Course(
        style=style,
        risen=risen * _wobble(rng, steps, rate_hz)[:, None],
        named=called,
        passing=bump * rng.uniform(0, 0.4) * (rng.random() < 0.6),
        pulls=_pulls(rng, steps, rate_hz),
        phase=phase,
    )


def squashed(x: NDArray, centre: float, sharpness: float) -> NDArray:
    """A sigmoid of ``x`` that keeps 0 at 0 and 1 at 1."""
    low, high, here = (1 / (1 + np.exp(-sharpness * (v - centre))) for v in (0.0, 1.0, x))
    return np.clip((here - low) / (high - low), 0, 1)


def with_neutral(parts: NDArray) -> NDArray:
    """(T, n) shares to (T, 1 + n): what is left of 1 comes first."""
    return np.concatenate([1 - parts.sum(axis=1, keepdims=True), parts], axis=1)


def wandering(rng: np.random.Generator, steps: int, views: int) -> NDArray:
    """Shares of the views of a face at each moment (T, V): slow wandering and some jitter."""
    drive = 2.0 * _smooth_noise(rng, steps, 12, views) + 0.5 * rng.standard_normal((steps, views))
    drive += 1.5 * rng.standard_normal((1, views))
    shares = np.exp(drive - drive.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def _turns(rng: np.random.Generator, seconds: float) -> list[tuple[int, int, float]]:
    """Phases in turn: (phase, which expression, seconds)."""
    if rng.random() < 0.1:
        return [(NONE, 0, seconds + 10)]
    plan: list[tuple[int, int, float]] = []
    which = 0
    while sum(long for *_, long in plan) < seconds + 3:
        plan.append((NONE, which, rng.uniform(0.2, 2.5)))
        plan.append((ONSET, which, rng.uniform(0.15, 1.0)))
        while True:
            plan.append((APEX, which, float(np.exp(rng.uniform(np.log(0.15), np.log(3.0))))))
            if rng.random() < 0.7:
                break
            plan.append((_CHANGE, which, rng.uniform(0.2, 1.0)))
            which = (which + 1) % EXPRESSIONS
        plan.append((OFFSET, which, rng.uniform(0.3, 1.5)))
        which = (which + 1) % EXPRESSIONS
    return plan


def _played(
    plan: list[tuple[int, int, float]], now: float, steps: int, rate_hz: float, rng: np.random.Generator
) -> tuple[NDArray, NDArray]:
    """How far each expression has come (T, 3) and the phase (T,); the plan begins at ``now`` seconds."""
    times = np.arange(steps) / rate_hz
    risen, phases = np.zeros((steps, EXPRESSIONS)), np.zeros(steps, np.int64)
    for phase, which, seconds in plan:
        inside = (times >= now) & (times < now + seconds)
        # Some move quickly at first, some slowly.
        done = ((times[inside] - now) / max(seconds, 1e-9)) ** np.exp(rng.uniform(-0.4, 0.7))
        ease = done * done * (3 - 2 * done)
        phases[inside] = phase
        if phase == APEX:
            risen[inside, which] = 1.0
        elif phase == ONSET:
            risen[inside, which] = ease
        elif phase == OFFSET:
            risen[inside, which] = 1 - ease
        elif phase == _CHANGE:
            risen[inside, which] = 1 - ease
            risen[inside, (which + 1) % EXPRESSIONS] = ease
            phases[inside] = np.where(done < 0.5, OFFSET, ONSET)
        now += seconds
    return risen, phases


def _smooth_noise(rng: np.random.Generator, steps: int, width: int, columns: int = 1) -> NDArray:
    """Noise of unit deviation that changes over about ``width`` steps: (T, columns)."""
    kernel = np.hanning(2 * width + 1)
    noise = rng.standard_normal((steps + 2 * width, columns))
    smooth = np.stack([np.convolve(n, kernel, "valid") for n in noise.T], axis=1)
    return smooth / np.sqrt((kernel**2).sum())


def _wobble(rng: np.random.Generator, steps: int, rate_hz: float) -> NDArray:
    """An expression is not held perfectly still: a factor of about 0.8 to 1."""
    return np.clip(0.95 + 0.07 * _smooth_noise(rng, steps, round(0.4 * rate_hz))[:, 0], 0.75, 1.0)


def _pulls(rng: np.random.Generator, steps: int, rate_hz: float) -> NDArray:
    pulls = np.stack([_speech(rng, steps, rate_hz), _blinks(rng, steps, rate_hz)], axis=1)
    return pulls / np.maximum(pulls.sum(axis=1, keepdims=True) / 0.5, 1.0)


def _speech(rng: np.random.Generator, steps: int, rate_hz: float) -> NDArray:
    """Pulls of a talking mouth: 2 to 6 a second, for a while, in every third course."""
    if rng.random() > 0.35:
        return np.zeros(steps)
    times = np.arange(steps) / rate_hz
    begin, long = rng.uniform(-0.5, times[-1]), rng.uniform(0.5, 3.0)
    beat = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(2, 6) * times + rng.uniform(0, 6.28))
    return rng.uniform(0.1, 0.45) * beat * ((times > begin) & (times < begin + long))


def _blinks(rng: np.random.Generator, steps: int, rate_hz: float) -> NDArray:
    """Short pulls, 0.1 to 0.3 s, about one every four seconds."""
    times = np.arange(steps) / rate_hz
    pull = np.zeros(steps)
    for centre in rng.uniform(0, times[-1], size=rng.poisson(times[-1] / 4)):
        half = rng.uniform(0.05, 0.15)
        pull = np.maximum(pull, rng.uniform(0.2, 0.5) * np.clip(1 - np.abs(times - centre) / half, 0, 1))
    return pull
