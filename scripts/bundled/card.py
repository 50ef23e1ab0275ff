"""The card of the bundled models, made from their metadata: in the package, and a copy in ``docs``."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

from .pictures import draw_confusion, draw_coverage, draw_curves, draw_photograph, draw_reliability

NAMES = ("cnnrnn", "convlstm")
CARD = "model_card.md"
PICTURES = "model_card"
TEXT = Path(__file__).with_name("card.md")


def write_card(bundled: Path, work: Path, docs: Path) -> None:
    """Write ``model_card.md`` and its pictures beside the models, and copies of all into ``docs``.

    Args:
        bundled: folder of the models.
        work: where their training curves lie; the curves go to ``docs``.
        docs: folder of the documentation.
    """
    notes = {name: json.loads((bundled / f"{name}.json").read_text(encoding="utf-8")) for name in NAMES}
    pictures = bundled / PICTURES
    pictures.mkdir(exist_ok=True)
    metrics = notes["cnnrnn"]["metrics"]
    curves = {name: _read(path) for name, path in _curves(work).items()}
    draw_confusion(pictures / "confusion.png", metrics["ferplus_valid"]["confusion"])
    draw_reliability(pictures / "reliability.png", metrics["reliability"])
    draw_coverage(pictures / "coverage.png", metrics["coverage"])
    draw_curves(pictures / "training.png", curves)
    draw_photograph(pictures / "photograph.png")
    text = TEXT.read_text(encoding="utf-8")
    for name, value in _parts(notes).items():
        text = text.replace("{{" + name + "}}", value)
    (bundled / CARD).write_text(text, encoding="utf-8")
    shutil.copy(bundled / CARD, docs / CARD)
    shutil.copytree(pictures, docs / PICTURES, dirs_exist_ok=True)
    for name, path in _curves(work).items():
        shutil.copy(path, docs / PICTURES / f"{name}.csv")


def _curves(work: Path) -> dict[str, Path]:
    """Those that are there, by name: an encoder may come from elsewhere."""
    curves = {stage: work / stage / "encoder.csv" for stage in ("encoder", "refined")}
    curves |= {name: work / f"{name}.csv" for name in NAMES}
    return {name: path for name, path in curves.items() if path.exists()}


def _parts(notes: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What takes the place of each name in double braces."""
    first = notes["cnnrnn"]
    training, metrics = first["training"], first["metrics"]
    return {
        "stills": f"{training['stills']['train']:,}",
        "no_face_train": str(training["stills_without_a_face_found"]["train"]),
        "no_face_valid": str(metrics["ferplus_valid_no_face_found"]),
        "digest": training["ferplus_sha256"],
        "trained_people": str(len(training["london"]["trained_on"])),
        "held_people": str(len(training["london"]["held_out"])),
        "valid_stills": f"{metrics['ferplus_valid']['stills']:,}",
        "stills_table": _stills_table(notes),
        "emotions_table": _emotions_table(metrics["ferplus_valid"]),
        "conditions": _conditions(metrics["conditions"]),
        "calibration": "; ".join(_calibration(name, n) for name, n in notes.items()),
        "coverage_table": _coverage(metrics["coverage"]),
        "sequences_table": _sequences_table(notes),
        "posed_table": _posed_table(notes),
        "posed_emotions_table": _posed_emotions(metrics["posed_rises_valid"]["emotions"]),
        "london_table": _london_table(notes),
    }


def _stills_table(notes: dict[str, dict[str, Any]]) -> str:
    rows = []
    for name, n in notes.items():
        m = n["metrics"]["ferplus_valid"]
        rows.append([f"`{name}`", *(_with_interval(m, k) for k in ("accuracy", "uar", "macro_f1"))])
    for what, key in (
        ("the encoder alone", "encoder"),
        ("`cnnrnn`, no detector, one warp for all", "no_align"),
    ):
        m = notes["cnnrnn"]["metrics"][f"ferplus_valid_{key}"]
        rows.append([what, *(f"{m[k]:.3f}" for k in ("accuracy", "uar", "macro_f1"))])
    return _table(["", "accuracy", "UAR", "macro-F1"], rows)


def _emotions_table(m: dict[str, Any]) -> str:
    rows = []
    for name, e in m["emotions"].items():
        low, high = e["recall_95"] or (float("nan"), float("nan"))
        rows.append(
            [name, str(e["stills"]), f"{e['recall']:.2f} ({low:.2f} to {high:.2f})", _two(e["precision"])]
        )
    return _table(["", "stills", "recall (95 %)", "precision"], rows)


def _conditions(found: dict[str, list[dict[str, Any]]]) -> str:
    rows = [
        [name, ", ".join(f"{b['bin']}: **{b['accuracy']:.2f}** ({b['stills']})" for b in bins)]
        for name, bins in found.items()
    ]
    return _table(["by", "accuracy (stills)"], rows)


def _calibration(name: str, notes: dict[str, Any]) -> str:
    m = notes["metrics"]
    return (
        f"`{name}` {m['calibration_error_of_stills_not_fitted_on']:.3f} on the stills the temperature "
        f"({notes['temperature']:.2f}) was not fitted on, "
        f"{m['ferplus_valid']['calibration_error']:.3f} on all"
    )


def _coverage(points: list[dict[str, float]]) -> str:
    chosen = [p for p in points if p["min_confidence"] in (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)]
    rows = [[f"{p['min_confidence']:.1f}", f"{p['coverage']:.2f}", f"{p['accuracy']:.3f}"] for p in chosen]
    return _table(["min_confidence", "stills that keep a name", "accuracy on those"], rows)


def _sequences_table(notes: dict[str, dict[str, Any]]) -> str:
    rows = []
    for name, n in notes.items():
        m = n["metrics"]["drawn_sequences_valid"]
        said = [
            " / ".join(f"{m[f'{who}_{what}']:.2f}" for who in ("model", "frame", "median"))
            for what in ("war", "uar", "switches")
        ]
        rows.append([f"`{name}`", *said, f"{m['true_switches']:.2f}", f"{m['phase_accuracy']:.2f}",
                     f"{m['intensity_mae']:.2f}"])  # fmt: skip
    return _table(
        ["model / frames / frames filtered", "WAR", "UAR", "changes a second", "true", "phase accuracy",
         "intensity error"], rows
    )  # fmt: skip


def _posed_table(notes: dict[str, dict[str, Any]]) -> str:
    rows = []
    for name, n in notes.items():
        m = n["metrics"]["posed_rises_valid"]
        pairs = [f"{m[k]:.2f} / {m[f'median_{k}']:.2f}" for k in ("apex", "neutral_first", "exact")]
        rows.append([f"`{name}` / frames filtered", *pairs])
    return _table(["", "right at the apex", "neutral first", "exactly neutral, then it"], rows)


def _posed_emotions(found: dict[str, dict[str, float]]) -> str:
    rows = [[name, f"{m['apex']:.2f} / {m['median_apex']:.2f}", f"{m['exact']:.2f} / {m['median_exact']:.2f}"]
            for name, m in found.items()]  # fmt: skip
    return _table(["`cnnrnn` / frames filtered", "right at the apex", "exactly neutral, then it"], rows)


def _london_table(notes: dict[str, dict[str, Any]]) -> str:
    lines = {
        "neutral stills called neutral (encoder)": "stills_neutral_called_neutral",
        "smiling stills called happiness (encoder)": "stills_smiling_called_happiness",
        "morphs: begin with neutral": "morphs_begin_neutral",
        "morphs: end with happiness": "morphs_end_happiness",
        "morphs: exactly neutral, then happiness": "morphs_exactly_neutral_then_happiness",
        "share of the way at which the name changes (median)": "morphs_change_share_of_rise",
        "rank correlation of intensity with the way (mean)": "intensity_spearman_mean",
        "the same, lowest of all people": "intensity_spearman_lowest",
    }
    rows = [
        [what, *(f"{n['metrics']['london'][key]:.2f}" for n in notes.values())] for what, key in lines.items()
    ]
    return _table(["", *(f"`{name}`" for name in notes)], rows)


def _with_interval(m: dict[str, Any], name: str) -> str:
    low, high = m[f"{name}_95"]
    return f"{m[name]:.3f} ({low:.3f} to {high:.3f})"


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(r) + " |" for r in [head, ["---"] * len(head), *rows])


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _read(path: Path) -> dict[str, list[float]]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(r[name]) for r in rows] for name in rows[0]}
