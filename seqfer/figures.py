"""Figures for papers (matplotlib): timelines, transition matrices, what curves do around onsets.

Text is text: names that hold ``$`` or anything else are never read as formulas. The same input gives the
same bytes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .colours import colours_of
from .errors import InputError
from .export.common import plain_text
from .files import atomic_path
from .labels import EMOTIONS, NEUTRAL, Vocabulary
from .measures import curve_of, transition_matrix
from .timeline import FramePredictions, Timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: By the end of the file's name.
SUFFIXES = (".svg", ".pdf", ".png")
_STYLE: Any = {
    "text.parse_math": False,
    "svg.fonttype": "none",  # letters stay letters, which editors of journals can change
    "pdf.fonttype": 42,
    "svg.hashsalt": "seqfer",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_WIDTH_INCHES = 7.0  # two columns of most journals
_MAX_POINTS = 500  # of a curve, each the mean of its frames: more would be a band and not a line
_MAX_LANES = 60

#: A face track with what the model said of its frames, where that is at hand.
Lane = tuple[Timeline, FramePredictions | None]


@contextmanager
def _style() -> Iterator[None]:
    from matplotlib import rc_context  # slow to import

    with rc_context(_STYLE):
        yield


@_style()
def draw_timelines(lanes: Sequence[Lane], *, title: str = "") -> Figure:
    """A lane for each face, coloured by emotion, with the curve of its intensity over it.

    Raises:
        ValueError: nothing to draw, or too many lanes to tell apart.
    """
    if not any(len(timeline) for timeline, _ in lanes):
        raise ValueError("there are no segments to draw")
    if len(lanes) > _MAX_LANES:
        raise ValueError(
            f"{len(lanes)} faces are too many for one figure ({_MAX_LANES} at most): choose a video"
        )
    fig, ax = _axes(0.9 + 0.45 * len(lanes))
    colours = _colours(timeline for timeline, _ in lanes)
    several = len({timeline.video_id for timeline, _ in lanes}) > 1
    told = [s for timeline, _ in lanes for s in timeline]
    begin, end = min(s.start_seconds for s in told), max(s.end_seconds for s in told)
    for row, (timeline, track) in enumerate(lanes):
        for emotion, colour in colours.items():
            bars = [(s.start_seconds, s.duration_seconds) for s in timeline if s.emotion == emotion]
            ax.broken_barh(bars, (row - 0.4, 0.8), facecolor=colour, linewidth=0)
        if track is not None and len(track):
            for times, values in _curves(track, begin, end):
                ax.plot(times, row + 0.4 - 0.8 * values, color="black", linewidth=0.6)
    ax.set_yticks(range(len(lanes)), [_lane_name(timeline, several) for timeline, _ in lanes])
    ax.set_ylim(len(lanes) - 0.5, -0.5)
    ax.set_xlim(begin, end)
    ax.set_xlabel("time (s)")
    ax.set_title(plain_text(title))
    _legend(fig, colours)
    return fig


@_style()
def draw_transitions(timelines: Sequence[Timeline], *, title: str = "") -> Figure:
    """The transition matrix: transitional probabilities as shades, with the counts.

    Raises:
        ValueError: there are no transitions.
    """
    names = list(_colours(timelines))
    counts = transition_matrix(timelines, names)
    if not counts.to_numpy().sum():
        raise ValueError("there are no transitions to draw")
    shares = counts.div(counts.sum(axis=1).replace(0, np.nan), axis=0).to_numpy(copy=True)
    np.fill_diagonal(shares, np.nan)
    fig, ax = _axes(5.0, width=5.6)
    ax.set_facecolor("#e8e8e8")  # shows where nothing can be said: from an emotion to itself, or never left
    image = ax.imshow(shares, vmin=0, vmax=1, cmap="Blues")
    for (row, column), count in np.ndenumerate(counts.to_numpy()):
        if count:
            dark = shares[row, column] > 0.6
            words = f"{shares[row, column]:.2f}\n({count})"
            ax.text(column, row, words, ha="center", va="center", color="white" if dark else "black")
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right")
    ax.set_yticks(range(len(names)), names)
    ax.set_xlabel("to")
    ax.set_ylabel("from")
    ax.set_title(plain_text(title))
    fig.colorbar(image, label="probability (count)", shrink=0.8)
    return fig


@_style()
def draw_onsets(
    lanes: Sequence[Lane],
    emotions: Sequence[str] = (),
    *,
    before_seconds: float = 1.0,
    after_seconds: float = 2.0,
    title: str = "",
) -> Figure:
    """The mean course of emotions around their onsets, with a band of two standard errors.

    Raises:
        ValueError: no onsets of these emotions.
    """
    fig, ax = _axes(3.2, width=5.0)
    times = np.arange(-round(before_seconds * 25), round(after_seconds * 25) + 1) / 25
    colours = _colours(timeline for timeline, _ in lanes)
    drawn = 0
    for emotion in emotions or [name for name in colours if name != NEUTRAL]:
        courses = _courses(lanes, emotion, times)
        if not len(courses):
            continue
        table = pd.DataFrame(courses)  # of what is out of sight there is nothing to take a mean of
        mean, error = table.mean().to_numpy(), table.sem().fillna(0).to_numpy()
        colour = colours.get(emotion, "black")
        ax.plot(times, mean, color=colour, label=f"{emotion} (n = {len(courses)})")
        ax.fill_between(times, mean - 2 * error, mean + 2 * error, color=colour, alpha=0.25, linewidth=0)
        drawn += 1
    if not drawn:
        raise ValueError(f"there are no onsets of {', '.join(emotions) or 'any emotion'} to draw")
    ax.axvline(0, color="black", linewidth=0.6, linestyle=":")
    ax.set_xlim(times[0], times[-1])
    ax.set_ylim(0, None)
    ax.set_xlabel("time from onset (s)")
    ax.set_ylabel("probability × intensity")
    ax.set_title(plain_text(title))
    ax.legend(frameon=False)
    return fig


def save_figure(path: Path, figure: Figure, *, dpi: int = 300) -> None:
    """Write a figure as SVG, PDF or PNG.

    Raises:
        InputError: the name ends otherwise, or it cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(path, f"a figure's name ends in {', '.join(SUFFIXES)}")
    # No dates: the same input gives the same bytes.
    metadata: Mapping[str, None] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix, {})
    with atomic_path(path) as partial, _style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(partial, format=suffix[1:], dpi=dpi, metadata=metadata)


def _axes(height: float, *, width: float = _WIDTH_INCHES) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    fig = Figure(figsize=(width, height), layout="constrained")
    return fig, fig.add_subplot()


def _colours(timelines: Iterator[Timeline] | Sequence[Timeline]) -> dict[str, str]:
    """Those of the emotions that there are, in the usual order."""
    there = {s.emotion for timeline in timelines for s in timeline}
    names = tuple(n for n in (*EMOTIONS, *sorted(there.difference(EMOTIONS))) if n in there)
    return colours_of(Vocabulary(names)) if names else {}


def _legend(fig: Figure, colours: Mapping[str, str]) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=colour, label=name) for name, colour in colours.items()]
    fig.legend(handles=handles, loc="outside lower center", ncols=max(1, len(handles)), frameon=False)


def _lane_name(timeline: Timeline, several: bool) -> str:
    words = [timeline.video_id] if several else []
    return " ".join(
        [*words, *([timeline.person_id] if timeline.person_id else []), f"face {timeline.track_id}"]
    )


def _curves(
    track: FramePredictions, begin: float, end: float
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """The intensity of a track from ``begin`` to ``end``, stretch by stretch in view, thinned out."""
    first, stop = np.searchsorted(track.pts_seconds, (begin, end))
    shown = np.arange(first, stop)
    bunch = max(1, len(shown) // _MAX_POINTS)
    for rows in np.split(shown, np.flatnonzero(np.diff(track.frame_indices[shown]) > 1) + 1):
        if not len(rows):
            continue
        starts = np.arange(0, len(rows), bunch)
        sizes = np.diff(np.append(starts, len(rows)))
        pts, values = track.pts_seconds[rows], track.intensity[rows].astype(np.float64)
        yield np.add.reduceat(pts, starts) / sizes, np.add.reduceat(values, starts) / sizes


def _courses(lanes: Sequence[Lane], emotion: str, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, T): how much of an emotion shows around each of its onsets; NaN where the face is out of view."""
    found = []
    for timeline, track in lanes:
        if track is None or not len(track) or emotion not in track.vocabulary:
            continue
        curve = curve_of(track, emotion)
        for segment in timeline:
            if segment.emotion == emotion and segment.onset_seconds is not None:
                at = segment.onset_seconds + times
                values = np.interp(at, track.pts_seconds, curve)
                nearest = np.abs(track.pts_seconds[_nearest(track.pts_seconds, at)] - at)
                found.append(np.where(nearest > 0.1, np.nan, values))
    return np.array(found).reshape(-1, len(times))


def _nearest(pts: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.int64]:
    after = np.searchsorted(pts, at).clip(1, max(1, len(pts) - 1))
    before = after - 1
    after = after.clip(max=len(pts) - 1)
    return np.where(np.abs(pts[before] - at) <= np.abs(pts[after] - at), before, after)
