"""What the pictures of an evaluation have in common."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_cells(
    axes: Axes, shares: NDArray[np.float64], names: Sequence[str], texts: NDArray, fontsize: float
) -> None:
    """A square table (N, N), ``names`` on both sides: colour by share, 0 to 1, and a text in each cell."""
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    for (i, j), text in np.ndenumerate(texts):
        colour = "white" if shares[i, j] > 0.5 else "black"
        axes.text(j, i, text, ha="center", va="center", color=colour, fontsize=fontsize)


def save_png(figure: Figure, path: Path) -> None:
    """Write a figure, whole or not at all, and the same bytes for the same figure.

    Raises:
        InputError: it cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with atomic_path(path) as partial:
        FigureCanvasAgg(figure).print_png(str(partial), metadata={"Software": None})
