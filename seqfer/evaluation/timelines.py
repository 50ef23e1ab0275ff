"""How well a timeline tells what happened: segments, their order, changes, onsets and apexes.

A timeline here is a list of stretches ``(start_seconds, end_seconds, emotion)``, sorted and disjoint. Neutral
is an emotion like the others, but has no onset and no apex.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..data import Label
from ..labels import PHASES
from ..timeline import Timeline

Stretch = tuple[float, float, int]
OVERLAPS = (0.10, 0.25, 0.50)
_APEX = PHASES.index("apex")
_TOUCH_SECONDS = 1e-6


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One stay of an expression.

    Attributes:
        start_seconds, end_seconds: half-open.
        emotion: column of the vocabulary.
        onset_seconds, apex_seconds: begins to show, stands; None where nobody says.
    """

    start_seconds: float
    end_seconds: float
    emotion: int
    onset_seconds: float | None
    apex_seconds: float | None

    @property
    def stretch(self) -> Stretch:
        return self.start_seconds, self.end_seconds, self.emotion


def true_episodes(labels: Sequence[Label], neutral: int | None) -> list[Episode]:
    """What labels of one face say in stretches; rows of one emotion that touch are one episode.

    An episode's onset is its start; its apex the start of its row with the phase apex, or an apex that is
    labelled as a moment within it.
    """
    spans = [x for x in labels if x.start_seconds is not None and x.end_seconds is not None]
    rows = sorted((x for x in spans if x.start_seconds < x.end_seconds), key=lambda x: x.start_seconds)  # type: ignore[operator, arg-type, return-value]
    moments = [x for x in spans if x.start_seconds == x.end_seconds and x.phase == _APEX]
    groups: list[list[Label]] = []
    for row in rows:
        before = groups[-1][-1] if groups else None
        if (
            before is not None
            and before.emotion == row.emotion
            and _touch(before.end_seconds, row.start_seconds)
        ):
            groups[-1].append(row)
        else:
            groups.append([row])
    episodes = []
    for group in groups:
        start, end, emotion = (
            float(group[0].start_seconds or 0),
            float(group[-1].end_seconds or 0),
            group[0].emotion,
        )
        stands = [x.start_seconds for x in group if x.phase == _APEX]
        stands += [
            x.start_seconds for x in moments if x.emotion == emotion and start <= (x.start_seconds or 0) < end
        ]
        shows = emotion != neutral
        episodes.append(
            Episode(
                start_seconds=start, end_seconds=end, emotion=emotion,
                onset_seconds=start if shows else None,
                apex_seconds=min(s for s in stands if s is not None) if shows and stands else None,
            )
        )  # fmt: skip
    return episodes


def told_episodes(timeline: Timeline, names: Sequence[str], within: Sequence[Stretch]) -> list[Episode]:
    """The segments of a timeline, cut to the stretches of time that are labelled at all."""
    columns = {name: i for i, name in enumerate(names)}
    spans = _union(within)
    return [
        Episode(
            start_seconds=max(s.start_seconds, a), end_seconds=min(s.end_seconds, b),
            emotion=columns[s.emotion], onset_seconds=s.onset_seconds, apex_seconds=s.apex_seconds,
        )
        for a, b in spans
        for s in timeline
        if min(s.end_seconds, b) - max(s.start_seconds, a) > _TOUCH_SECONDS
    ]  # fmt: skip


def edit_score(truth: Sequence[Stretch], guess: Sequence[Stretch]) -> float:
    """1 less the edit distance between the orders of emotions, as a share of the longer (Lea et al. 2016).

    1 for the same order, 0 for nothing in common; 1 where both are empty.
    """
    a, b = [x[2] for x in truth], [x[2] for x in guess]
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, start=1):
        before, row[0] = row[0], i
        for j, right in enumerate(b, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return 1 - row[-1] / max(len(a), len(b), 1)


def segment_counts(
    truth: Sequence[Stretch], guess: Sequence[Stretch], overlap: float
) -> tuple[int, int, int]:
    """Segments found, invented, missed: of segmental F1 at an overlap (Lea et al. 2017, arXiv:1611.05267).

    A segment is found if its intersection over union with a true one of its emotion, not found before, is at
    least ``overlap``.
    """
    taken: set[int] = set()
    for start, end, emotion in guess:
        best, which = 0.0, -1
        for i, (a, b, kind) in enumerate(truth):
            union = max(end, b) - min(start, a)
            share = max(0.0, min(end, b) - max(start, a)) / union if union > 0 else 0.0
            if kind == emotion and i not in taken and share > best:
                best, which = share, i
        if which >= 0 and best >= overlap:
            taken.add(which)
    return len(taken), len(guess) - len(taken), len(truth) - len(taken)


def transition_counts(
    truth: Sequence[Stretch], guess: Sequence[Stretch], tolerance_seconds: float
) -> tuple[int, int, int]:
    """Changes found, invented, missed: from the same emotion to the same, within a tolerance; each once."""
    real, told = _transitions(truth), _transitions(guess)
    pairs = sorted(
        (abs(a[0] - b[0]), i, j)
        for i, a in enumerate(real)
        for j, b in enumerate(told)
        if a[1:] == b[1:] and abs(a[0] - b[0]) <= tolerance_seconds + 1e-9
    )
    used_real: set[int] = set()
    used_told: set[int] = set()
    for _, i, j in pairs:
        if i not in used_real and j not in used_told:
            used_real.add(i)
            used_told.add(j)
    found = len(used_real)
    return found, len(told) - found, len(real) - found


def mark_errors(truth: Sequence[Episode], guess: Sequence[Episode]) -> tuple[list[float], list[float]]:
    """Errors of onsets and of apexes in seconds, told less true.

    Each true episode is held against the told one of its emotion that overlaps it most; where none does,
    there is no error to measure (segmental F1 counts it as missed).
    """
    onsets, apexes = [], []
    for real in truth:
        shared = [
            (min(real.end_seconds, g.end_seconds) - max(real.start_seconds, g.start_seconds), -i, g)
            for i, g in enumerate(guess)
            if g.emotion == real.emotion
        ]
        best = max(shared, default=(0.0, 0, None), key=lambda x: x[:2])
        told = best[2]
        if told is None or best[0] <= 0:
            continue
        if real.onset_seconds is not None and told.onset_seconds is not None:
            onsets.append(told.onset_seconds - real.onset_seconds)
        if real.apex_seconds is not None and told.apex_seconds is not None:
            apexes.append(told.apex_seconds - real.apex_seconds)
    return onsets, apexes


def _transitions(stretches: Sequence[Stretch]) -> list[tuple[float, int, int]]:
    return [(b[0], a[2], b[2]) for a, b in pairwise(stretches) if _touch(a[1], b[0]) and a[2] != b[2]]


def _touch(end: float | None, start: float | None) -> bool:
    return end is not None and start is not None and abs(end - start) <= _TOUCH_SECONDS


def _union(stretches: Sequence[Stretch]) -> list[tuple[float, float]]:
    spans: list[tuple[float, float]] = []
    for start, end, _ in sorted(stretches):
        if spans and start <= spans[-1][1] + _TOUCH_SECONDS:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return spans
