"""The tutorial runs from top to bottom, and shows what it says."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[1] / "docs" / "tutorial.ipynb"


@pytest.mark.slow
def test_the_tutorial_runs_and_timelines_show_themselves(tmp_path):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "is kept without outputs"
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [
        (kind, data)
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for kind, data in output.get("data", {}).items()
    ]
    html = "".join(data for kind, data in shown if kind == "text/html")
    assert "happiness" in html and "confidence 0" in html  # lanes, with what hovering tells
    assert "data:image/jpeg;base64," in html  # faces of a track
    assert any(kind == "image/svg+xml" for kind, _ in shown)
    text = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))
    assert "neutral → happiness" in text and "one says nothing for 0.10 s" in text
