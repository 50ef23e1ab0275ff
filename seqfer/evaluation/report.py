"""Scores as JSON, as a Markdown table, and the confusion matrix as a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..files import atomic_text
from .drawing import draw_cells, save_png
from .tally import Tally, bootstrap, recalls

FORMAT, VERSION = "seqfer.evaluation", 1
_GROUPS = {"frames": "frames", "clips": "clips", "timelines": "timelines"}


def summarise(
    tallies: Mapping[str, Tally], vocabulary: Sequence[str], *, seed: int = 0, **about: Any
) -> dict[str, Any]:
    """Everything there is to say of an evaluation, in JSON values.

    Args:
        tallies: of each subject.
        vocabulary: names of the emotions.
        seed: of the bootstrap.
        about: what else to say first (protocol, model, data).
    """
    total = sum(tallies.values(), Tally.nothing(len(vocabulary)))
    matrices = {name: getattr(total, name) for name in ("frames", "clips") if getattr(total, name).any()}
    return {
        "format": FORMAT,
        "version": VERSION,
        **about,
        "vocabulary": list(vocabulary),
        "subjects": len(tallies),
        "interval": "95 %, bootstrap over subjects, 1000 draws",
        "scores": bootstrap(tallies, seed=seed),
        "recall": {
            name: {
                emotion: round(value, 4)
                for emotion, value in zip(vocabulary, recalls(counts), strict=True)
                if not np.isnan(value)
            }
            for name, counts in matrices.items()
        },
        "confusion": {name: counts.astype(int).tolist() for name, counts in matrices.items()},
    }


def write_report(folder: Path, summary: Mapping[str, Any], stem: str = "evaluation") -> None:
    """Write ``stem.json``, ``stem.md`` and a ``stem.confusion_*.png`` for frames and for clips.

    Raises:
        InputError: they cannot be written.
    """
    texts = {".json": json.dumps(summary, indent=1, ensure_ascii=False) + "\n", ".md": as_markdown(summary)}
    for suffix, text in texts.items():
        with atomic_text(folder / f"{stem}{suffix}") as file:
            file.write(text)
    for name, counts in summary["confusion"].items():
        draw_confusion(
            folder / f"{stem}.confusion_{name}.png",
            np.array(counts),
            summary["vocabulary"],
            f"{name} (counts)",
        )


def as_markdown(summary: Mapping[str, Any]) -> str:
    """One table of scores with their intervals, one of recalls."""
    lines = [f"# {summary.get('title', 'Evaluation')}", ""]
    for name in ("protocol", "model", "data"):
        if name in summary:
            lines.append(f"- {name}: {summary[name]}")
    lines += [f"- subjects: {summary['subjects']}; intervals: {summary['interval']}", ""]
    lines += ["| | score | value | interval |", "|---|---|---|---|"]
    for group, scores in summary["scores"].items():
        for name, score in scores.items():
            low, high = score["low"], score["high"]
            interval = f"{low:.3f} to {high:.3f}" if low is not None else ""
            lines.append(f"| {_GROUPS[group]} | {name} | {score['value']:.3f} | {interval} |")
    for group, found in summary["recall"].items():
        lines += ["", f"Recall of each emotion, {group}:", "", "| emotion | recall | true |", "|---|---|---|"]
        totals = dict(zip(summary["vocabulary"], summary["confusion"][group], strict=True))
        lines += [f"| {name} | {value:.3f} | {sum(totals[name])} |" for name, value in found.items()]
    return "\n".join(lines) + "\n"


def draw_confusion(path: Path, counts: NDArray[np.int64], names: Sequence[str], title: str) -> None:
    """A confusion matrix as a picture: colour by share of the row, numbers as counted.

    Raises:
        InputError: it cannot be written.
    """
    from matplotlib.figure import Figure

    size = 1.6 + 0.62 * len(names)
    figure = Figure(figsize=(size + 0.6, size), dpi=110, layout="constrained")
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    draw_cells(axes, shares, names, np.char.mod("%d", counts), fontsize=8)
    axes.set_xlabel("told")
    axes.set_ylabel("true")
    axes.set_title(title)
    save_png(figure, path)
