"""How far two timelines of one face agree: a model and a person, two people, two models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ..timeline import Segment, Timeline

if TYPE_CHECKING:
    import pandas as pd

_NOBODY = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Agreement:
    """Of the time for which both timelines say something; counted in seconds, not in frames or events.

    Attributes:
        seconds: (K, K), rows what the first says, columns the second: how long.
        only_first_seconds, only_second_seconds: for how long one says something and the other nothing.
        observed: share of the time in which both say the same, 0 to 1; NaN where they share no time.
        kappa: Cohen's kappa (Cohen 1960, Educational and Psychological Measurement 20:37-46), with time
            as the unit: 1 is perfect, 0 what chance gives. NaN where both say one and the same throughout.
        overlap: by emotion, the time that both say it over the time that either does (intersection over
            union; Jaccard 1912), gaps of the other included. NaN where neither does.
    """

    seconds: pd.DataFrame
    only_first_seconds: float
    only_second_seconds: float
    observed: float
    kappa: float
    overlap: Mapping[str, float]


def compare(first: Timeline, second: Timeline) -> Agreement:
    """How far two timelines of one face agree. Exact: every moment counts, whatever the frame rate."""
    import pandas as pd  # slow to import, and seldom wanted

    names = sorted({s.emotion for timeline in (first, second) for s in timeline})
    table = pd.DataFrame(
        0.0, pd.Index([*names, _NOBODY], name="first"), pd.Index([*names, _NOBODY], name="second")
    )
    bounds = sorted({t for timeline in (first, second) for s in timeline for t in _ends(s)})
    at = [0, 0]
    for begin, end in pairwise(bounds):
        said = []
        for n, timeline in enumerate((first, second)):
            while at[n] < len(timeline) and timeline.segments[at[n]].end_seconds <= begin:
                at[n] += 1
            here = timeline.segments[at[n]] if at[n] < len(timeline) else None
            said.append(here.emotion if here is not None and here.start_seconds <= begin else _NOBODY)
        table.loc[said[0], said[1]] += end - begin
    both = table.loc[names, names]
    total = float(both.to_numpy().sum())
    same = {name: float(both.loc[name, name]) for name in names}
    observed = sum(same.values()) / total if total else float("nan")
    chance = float((both.sum(axis=1) * both.sum(axis=0)).sum()) / total**2 if total else float("nan")
    either = {name: float(table.loc[name].sum() + table[name].sum()) - same[name] for name in names}
    return Agreement(
        seconds=both,
        only_first_seconds=float(table.loc[names, _NOBODY].sum()),
        only_second_seconds=float(table.loc[_NOBODY, names].sum()),
        observed=observed,
        kappa=(observed - chance) / (1 - chance) if chance < 1 else float("nan"),
        overlap={name: same[name] / either[name] if either[name] else float("nan") for name in names},
    )


def _ends(segment: Segment) -> tuple[float, float]:
    return segment.start_seconds, segment.end_seconds
