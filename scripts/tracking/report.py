"""Scores as Markdown tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Figures = dict[str, Any]
Column = tuple[str, Callable[[Figures], str]]


def _number(name: str, digits: int) -> Callable[[Figures], str]:
    return lambda f: _plain(f[name], digits)


def _pair(name: str, digits: int = 2) -> Callable[[Figures], str]:
    return lambda f: " / ".join(_plain(f[who][name], digits) for who in ("found", "per_frame_detection"))


def _of(part: str, whole: str) -> Callable[[Figures], str]:
    return lambda f: f"{f[part]} of {f[whole]}" if f[whole] else "–"


def _plain(value: float | None, digits: int) -> str:
    return "–" if value is None or value != value else f"{value:.{digits}f}"


_IDENTITY: list[Column] = [
    ("true faces", _number("truth_rows", 0)),
    ("detector sees", _number("detector_recall", 3)),
    ("recall of those", _number("recall_of_detected", 3)),
    ("IDF1", _number("idf1", 3)),
    ("HOTA", _number("hota", 3)),
    ("MOTA", _number("mota", 3)),
    ("switches", _number("id_switches", 0)),
    ("false rows", _number("false_rows", 0)),
    ("false tracks", _number("false_tracks", 0)),
    ("invented rows", _number("invented_rows", 0)),
    ("never found", _number("missed_stretches", 0)),
    ("gaps kept", _of("gaps_kept", "gaps")),
    ("short filled", _of("gaps_filled", "gaps_short")),
]
_PLACES: list[Column] = [
    ("NME %", _pair("nme_percent")),
    ("jitter px", _pair("jitter_px")),
    ("eye motion px", _pair("eye_motion_px")),
    ("edges: frames off", lambda f: f"{_plain(f['edge_frames_mean'], 1)}, {_plain(f['edge_frames_max'], 0)}"),
    ("shot changes", _of("changes_found", "changes")),
    ("off", _number("change_error_frames_max", 0)),
    ("false", _number("changes_false", 0)),
    ("clip s", _number("duration_seconds", 1)),
    ("extraction s", _number("extract_seconds", 2)),
]
_NOTES = """\
True faces: face-frames well in view. Pairs are extraction / per-frame full-size detection, on the same faces.
Jitter: second difference of the landmark error, and eye motion: true eyes in the crop about their mean, both
RMS in pixels of a 112-pixel crop. Edges: frames by which tracks begin late or end early, mean and largest."""


def tables(figures: dict[str, Figures]) -> str:
    """Two Markdown tables, a row per name: identities, then places and times."""
    return "\n\n".join([_table(figures, _IDENTITY), _table(figures, _PLACES), _NOTES])


def _table(figures: dict[str, Figures], columns: list[Column]) -> str:
    lines = ["| | " + " | ".join(title for title, _ in columns) + " |", "|---|" + "---:|" * len(columns)]
    for name, figure in figures.items():
        lines.append(f"| {name} | " + " | ".join(cell(figure) for _, cell in columns) + " |")
    return "\n".join(lines)


def goals(everything: Figures, switches_elsewhere: int, still: Figures | None) -> str:
    """The goals beside what was measured.

    Args:
        everything: totals.
        switches_elsewhere: of identity, in scenes where nobody crosses.
        still: of the scene whose faces do not move, if it was among them.
    """
    wanted = [
        ("IDF1", everything["idf1"], ">=", 0.98),
        ("switches where nobody crosses", switches_elsewhere, "<=", 0),
        ("recall of what per-frame detection finds", everything["recall_of_detected"], ">=", 0.99),
        ("false tracks per 10 minutes", everything["false_tracks_per_10_minutes"], "<=", 1),
        ("eye motion of a still face, px", still and still["found"]["eye_motion_px"], "<=", 0.5),
    ]
    lines = ["| goal | measured | wanted | |", "|---|---:|---:|---|"]
    for name, value, sign, limit in wanted:
        if value is not None:
            met = value >= limit if sign == ">=" else value <= limit
            lines.append(
                f"| {name} | {_plain(value, 3)} | {sign} {limit} | {'met' if met else '**missed**'} |"
            )
    return "\n".join(lines)
