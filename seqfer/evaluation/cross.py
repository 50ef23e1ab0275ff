"""Trained on each of several data sets, tested on all: as JSON, Markdown, and a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..files import atomic_text
from .drawing import draw_cells, save_png

#: Scores of each pair, trained on first.
Cells = Mapping[str, Mapping[str, Any]]
_SHOWN = (("clips", "war"), ("clips", "uar"), ("frames", "war"), ("frames", "uar"))


def write_cross(folder: Path, cells: Cells) -> None:
    """Write ``evaluation.json``, ``evaluation.md`` and ``evaluation.png``.

    Raises:
        InputError: they cannot be written.
    """
    document = {"format": "seqfer.cross_evaluation", "version": 1, "scores": cells}
    with atomic_text(folder / "evaluation.json") as file:
        file.write(json.dumps(document, indent=1) + "\n")
    names, matrices = list(cells), _matrices(cells)
    with atomic_text(folder / "evaluation.md") as file:
        file.write(_as_markdown(names, matrices))
    _draw(folder / "evaluation.png", names, matrices)


def _matrices(cells: Cells) -> dict[str, NDArray[np.float64]]:
    """Scores that every pair has, row trained on, column tested on."""
    return {
        f"{score.upper()} of {group}": np.array(
            [[cells[a][b][group][score]["value"] for b in cells] for a in cells], np.float64
        )
        for group, score in _SHOWN
        if all(group in cells[a][b] for a in cells for b in cells)
    }


def _as_markdown(names: list[str], matrices: Mapping[str, NDArray[np.float64]]) -> str:
    lines = ["# Trained on (rows), tested on (columns)", ""]
    for title, values in matrices.items():
        lines += [f"{title}:", "", f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
        lines += [
            f"| {name} | {' | '.join(f'{x:.3f}' for x in row)} |"
            for name, row in zip(names, values, strict=True)
        ]
        lines.append("")
    return "\n".join(lines)


def _draw(path: Path, names: list[str], matrices: Mapping[str, NDArray[np.float64]]) -> None:
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    panel, count = 0.9 + 0.75 * len(names), max(len(matrices), 1)
    figure = Figure(figsize=(panel * count + 1.0, panel + 1.8), dpi=110, layout="constrained")
    figure.suptitle("framed: people of the same data set, left out of the training", fontsize=9)
    panels = figure.subplots(1, count, squeeze=False, sharey=True)[0]
    for axes, (title, values) in zip(panels, matrices.items(), strict=False):
        draw_cells(axes, values, names, np.char.mod("%.1f", 100 * values), fontsize=10)
        axes.set_xlabel("tested on")
        axes.set_title(f"{title}, %", fontsize=10)
        for i in range(len(names)):
            axes.add_patch(Rectangle((i - 0.5, i - 0.5), 1, 1, fill=False, edgecolor="#c2571a", linewidth=2))
    panels[0].set_ylabel("trained on")
    save_png(figure, path)
