"""An audit as a page that needs nothing beside it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..colours import colours_of
from ..files import atomic_text
from ..labels import Vocabulary
from .audit import MEASURES, Audit

_MAX_SUBJECTS = 60
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "h2{margin-top:2.2rem}table{border-collapse:collapse}td,th{padding:.15rem .8rem .15rem 0;text-align:left}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}img{max-width:100%}.warn{color:#a33}"
    "figure{display:inline-block;margin:.4rem}figcaption{font-size:12px;max-width:18rem}"
)


def write_audit_page(path: Path, found: Audit, title: str) -> None:
    """Write the page.

    Raises:
        InputError: it cannot be written.
    """
    numbers = found.numbers
    parts = [
        f"<h1>{escape(title)}</h1>",
        _section("What it says of itself", _declared(numbers["declared"])),
        _section("Size", _size(numbers)),
        _section("Balance", _balance(numbers)),
        _section("Heads, light, sharpness", _measures(found)),
        _section("The same pictures on several sides", _duplicates(found)),
    ]
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        f"style-src 'unsafe-inline'\"><style>{_STYLE}</style><body>{''.join(parts)}</body></html>\n"
    )
    with atomic_text(path, errors="replace") as file:
        file.write(page)


def _section(title: str, body: str) -> str:
    return f"<h2>{escape(title)}</h2>{body}"


def _declared(facts: Mapping[str, Any]) -> str:
    if not facts:
        return (
            "<p class=warn>Nothing: there is no dataset.json. Are the expressions posed, acted or "
            "spontaneous? Who said what they show, and do several people agree?</p>"
        )
    share = facts.get("agreement")
    agreement = "not known: one label each" if share is None else f"{share:.0%} of votes on average"
    rows = [
        ("name", facts.get("name")), ("expressions", facts.get("expressions")),
        ("labels by", facts.get("label_source")),
        ("agreement", agreement),
        ("cite", facts.get("citation")), *(("note", note) for note in facts.get("notes", ())),
    ]  # fmt: skip
    return _table(rows)


def _size(numbers: Mapping[str, Any]) -> str:
    faceless = numbers["videos_without_face"]
    without = numbers["frames_without_face"]
    rows = [
        ("videos", numbers["videos"]), ("face tracks", numbers["tracks"]), ("frames", numbers["frames"]),
        ("hours", numbers["hours"]), ("labels", numbers["labels"]), ("subjects", len(numbers["subjects"])),
        ("frames without a face", "" if without is None else f"{without:.1%}"),
        ("videos without a face", len(faceless)),
    ]  # fmt: skip
    names = f"<p class=warn>Without a face: {escape(', '.join(faceless[:20]))}</p>" if faceless else ""
    return _table(rows) + names


def _balance(numbers: Mapping[str, Any]) -> str:
    emotions = numbers["emotions"]
    if not emotions:
        return "<p class=warn>No labels were given.</p>"
    rows = [(name, found["labels"], found["seconds"] or "") for name, found in emotions.items()]
    text = _table([("emotion", "labels", "seconds"), *rows], head=True)
    counts = [found["labels"] for found in emotions.values()]
    if max(counts) > 5 * min(counts):
        text += (
            f"<p class=warn>The most frequent emotion has {max(counts) / min(counts):.0f} times the labels "
            "of the rarest: see --data.balance, and judge by UAR.</p>"
        )
    for split, found in numbers["splits"].items():
        told = ", ".join(f"{escape(k)} {v}" for k, v in found.items())
        text += f"<p>{escape(split)}: {told}</p>"
    return text + _picture(_subjects_figure(numbers["subjects"], list(emotions)))


def _measures(found: Audit) -> str:
    figure = Figure(figsize=(9.5, 5.2), dpi=90, layout="constrained")
    for axes, (name, what, unit) in zip(figure.subplots(2, 3).ravel(), MEASURES, strict=True):
        values = found.measures[name]
        values = values[np.isfinite(values)]
        if len(values):
            low, high = np.quantile(values, (0.002, 0.998))
            axes.hist(np.clip(values, low, high), bins=40, color="#0072B2")
        axes.set_title(what, fontsize=10)
        axes.set_xlabel(unit, fontsize=9)
        axes.set_yticks([])
    rows = [("", "5 %", "half", "95 %")] + [
        (what, q["p5"], q["p50"], q["p95"])
        for name, what, _ in MEASURES
        if (q := found.numbers["measures"][name]) is not None
    ]
    return _picture(figure) + _table(rows, head=True)


def _duplicates(found: Audit) -> str:
    if not found.pairs:
        return "<p>None among the faces looked at (three of each track, every one of unrelated stills).</p>"
    figures = []
    for similarity, a, b in found.pairs:
        both = np.hstack([a.picture, b.picture])
        data = base64.b64encode(cv2.imencode(".png", both[..., ::-1])[1].tobytes()).decode()
        words = escape(f"{similarity:.3f}: {a.place} ({a.subject}, {a.split or 'no split'}) and {b.place} "
                       f"({b.subject}, {b.split or 'no split'})")  # fmt: skip
        figures.append(
            f'<figure><img src="data:image/png;base64,{data}" alt="">'
            f"<figcaption>{words}</figcaption></figure>"
        )
    return (
        f"<p class=warn>{len(found.pairs)} pairs of tracks show all but the same picture, under different "
        "subjects or splits. What is trained on one and tested on the other is remembered, not known.</p>"
        f"{''.join(figures)}"
    )


def _subjects_figure(subjects: Mapping[str, Mapping[str, int]], emotions: Sequence[str]) -> Figure:
    shown = list(subjects)[:_MAX_SUBJECTS]
    figure = Figure(figsize=(9.5, 3.2), dpi=90, layout="constrained")
    axes = figure.subplots()
    bottom = np.zeros(len(shown))
    for name, colour in colours_of(Vocabulary(tuple(emotions))).items():
        counts = np.array([subjects[who].get(name, 0) for who in shown], float)
        axes.bar(range(len(shown)), counts, bottom=bottom, color=colour, label=name)
        bottom += counts
    more = f" (the first {_MAX_SUBJECTS} of {len(subjects)})" if len(subjects) > _MAX_SUBJECTS else ""
    axes.set_title(f"labels of each subject{more}", fontsize=10)
    axes.set_xticks(range(len(shown)), [who[:12] for who in shown], rotation=90, fontsize=7)
    axes.legend(fontsize=8, ncols=4)
    return figure


def _picture(figure: Figure) -> str:
    held = BytesIO()
    FigureCanvasAgg(figure).print_png(held, metadata={"Software": None})
    return f'<p><img src="data:image/png;base64,{base64.b64encode(held.getvalue()).decode()}" alt=""></p>'


def _table(rows: Sequence[Sequence[Any]], *, head: bool = False) -> str:
    lines = []
    for n, row in enumerate(rows):
        tag = "th" if head and n == 0 else "td"
        cells = []
        for cell in row:
            kind = " class=n" if isinstance(cell, int | float) else ""
            cells.append(f"<{tag}{kind}>{escape(str('' if cell is None else cell))}</{tag}>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>{''.join(lines)}</table>"
