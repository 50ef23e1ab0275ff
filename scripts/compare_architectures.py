"""The architectures of the field on the same data: subject-independent folds, one table, one plot.

    python scripts/london_sequences.py --london LONDON -o SEQUENCES
    seqfer import ck SEQUENCES -o london --extraction.still_fps=25
    python scripts/compare_architectures.py --dataset london -o docs/architectures

and with data sets of your own, as ``seqfer import ck`` and ``seqfer import oulu`` write them:

    python scripts/compare_architectures.py --dataset ck --dataset oulu --folds 10 -o architectures

Every architecture is trained and scored by ``seqfer evaluate --protocol kfold``; what is left in WORK is not
done again. Sequences count as in the literature: whole, by the emotion at the apex.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from seqfer.pipelines.evaluate import main as evaluate

#: Accuracy of whole sequences in per cent, as published; each with its own protocol and preprocessing.
PUBLISHED = {
    "CK+": [
        ("AURF", 92.22), ("AUDN", 93.7), ("STM-ExpLet", 94.2), ("LOmo", 95.1), ("IDT+FV", 95.8),
        ("DBN", 96.7), ("Zero-bias CNN", 98.4), ("Kulkarni et al. (arXiv:1707.04061)", 98.7),
    ],
    "Oulu-CASIA": [
        ("DTAGN", 81.46), ("LOmo", 82.1), ("PPDN", 84.59), ("FN2EN", 87.71),
        ("Kulkarni et al. (arXiv:1707.04061)", 89.60),
    ],
}  # fmt: skip

_ENCODER = {"encoder": "bundled", "freeze_encoder": True, "keep_features": True, "learning_rate": 5e-3}
_TRAINED_ON = {
    **_ENCODER, "freeze_encoder": False, "keep_features": False, "learning_rate": 1e-3,
    "encoder_learning_rate": 1e-4, "layer_decay": 0.6,
}  # fmt: skip
_SOLVED = {"loss": {"class_balance": 1.0}}
_GRU = {"cell": "gru", "hidden": 64}
#: Name in the table, class, its settings. Encoders are the same one: what differs is what follows.
ARCHITECTURES: list[tuple[str, str, dict[str, Any]]] = [
    ("SVM on HOG", "HogSvm", _SOLVED),
    ("SVM on CNN features", "CnnSvm", {"encoder": "bundled", **_SOLVED}),
    ("RNN on landmark geometry (5 points)", "LandmarkRnn", {"learning_rate": 5e-3}),
    ("frame-only CNN", "FrameCnn", _ENCODER),
    ("CNN-LSTM, one direction", "CnnRnn", {**_ENCODER, **_GRU, "cell": "lstm", "bidirectional": False}),
    ("CNN-GRU, both directions", "CnnRnn", {**_ENCODER, **_GRU}),
    ("ConvLSTM", "ConvLstm", {**_ENCODER, "channels": 48, "hidden": 32}),
    ("3-D CNN, from nothing", "Cnn3d", {"learning_rate": 1e-3}),
    ("CNN-GRU, encoder trained on", "CnnRnn", {**_TRAINED_ON, **_GRU}),
]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--dataset", action="append", type=Path, required=True, help="a folder of seqfer import"
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help="stem of the table and the plot")
    parser.add_argument("--work", type=Path, default=Path("architectures_work"), help="models and scores")
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--only", default="", help="architectures whose class or name has this in it")
    parser.add_argument("--precision", default="32-true", help="bf16-mixed is faster where AMX or a GPU is")
    parser.add_argument(
        "--threads", type=int, default=1, help="more gain little, and lose much on a busy machine"
    )
    parser.add_argument("--tabulate", action="store_true", help="train nothing: what is in WORK already")
    made = parser.parse_args()
    chosen = [a for a in ARCHITECTURES if made.only.lower() in f"{a[0]} {a[1]}".lower()]
    tables = []
    for place in made.dataset:
        facts = json.loads((place / "dataset.json").read_text())
        rows = [_scored(place, name, kind, settings, made) for name, kind, settings in chosen]
        tables.append((place.name, facts, [row for row in rows if row is not None]))
    made.out.parent.mkdir(parents=True, exist_ok=True)
    made.out.with_suffix(".md").write_text(as_markdown(tables, made.folds, made.out.name), encoding="utf-8")
    draw(made.out.with_suffix(".png"), tables)
    print(made.out.with_suffix(".md").read_text(encoding="utf-8"))


def _scored(
    place: Path, name: str, kind: str, settings: dict[str, Any], made: argparse.Namespace
) -> dict[str, Any] | None:
    slug = "".join(c if c.isalnum() else "_" for c in name)
    folder = made.work / place.name / slug
    done = folder / "row.json"
    if made.tabulate and not done.exists():
        return None
    if not done.exists():
        began = time.process_time()
        model = [f"--model.init_args.{key}={_option(value)}" for key, value in settings.items()]
        code = evaluate(
            [
                "-o", str(folder), "--protocol=kfold", f"--folds={made.folds}", f"--model={kind}", *model,
                f"--data.stores={place}", f"--data.labels={place / 'labels.csv'}",
                f"--data.vocabulary={','.join(_emotions(place))}", "--data.sample_rate_hz=12.5",
                "--data.window_seconds=1.6", "--data.moment_seconds=0.13", "--data.batch_size=16",
                "--data.val_share=0.15",
                "--data.augmentation=null", f"--trainer.max_epochs={made.epochs}", "--patience=10",
                "--trainer.accelerator=auto", f"--trainer.precision={made.precision}", "--trainer.devices=1",
                f"--threads={made.threads}", "--trainer.enable_progress_bar=false",
                "--trainer.enable_model_summary=false",
            ]
        )  # fmt: skip
        if code:
            raise SystemExit(code)
        summary = json.loads((folder / "evaluation.json").read_text())
        row = {
            "name": name, "minutes": (time.process_time() - began) / 60,
            "epochs": None if kind.endswith("Svm") else made.epochs, "emotions": len(summary["vocabulary"]),
            **summary["scores"]["clips"],
        }  # fmt: skip
        done.write_text(json.dumps(row, indent=1))
    return json.loads(done.read_text())


def _option(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _emotions(place: Path) -> list[str]:
    """Those of the apexes: what the literature tells apart."""
    import csv

    with (place / "labels.csv").open(newline="") as file:
        return sorted({row["emotion"] for row in csv.DictReader(file)} - {"neutral"})


def as_markdown(tables: list[tuple[str, dict[str, Any], list[dict[str, Any]]]], folds: int, stem: str) -> str:
    """A table for each data set, and the published figures beside."""
    lines = [
        "# Architectures compared",
        "",
        f"`scripts/compare_architectures.py`: {folds} folds, nobody trained and tested on. WAR is the",
        "share of sequences named rightly, UAR the mean recall of the emotions, per cent; intervals are",
        "95 %, over people; ECE is the calibration error. Minutes are of one core, training and scoring all",
        "folds; trainings end after ten epochs without gain, or at the most epochs given.",
        "",
        f"![Accuracy of each architecture]({stem}.png)",
        "",
    ]
    for name, facts, rows in tables:
        lines += [
            f"## {name}",
            "",
            f"{facts['clips']} sequences of {facts['subjects']} people, {rows[0]['emotions']} emotions"
            f" (guessing: {100 / rows[0]['emotions']:.0f} %), imported as {facts['name']}.",
            "",
            "| architecture | WAR | | UAR | ECE | epochs, at most | minutes |",
            "|---|---:|---|---:|---:|---:|---:|",
        ]
        for row in rows:
            war, low, high = _percents(row["war"])
            lines.append(
                f"| {row['name']} | {war:.1f} | {low:.1f} to {high:.1f} | {_percents(row['uar'])[0]:.1f} "
                f"| {row['ece']['value']:.3f} | {row['epochs'] or ''} | {row['minutes']:.1f} |"
            )
        lines.append("")
    lines += [
        "## As published",
        "",
        "Accuracy of whole sequences in per cent, on the real data sets, each by its own protocol: not to be",
        "held against made-up sequences.",
        "",
    ]
    for name, published in PUBLISHED.items():
        lines += [f"| {name} | accuracy |", "|---|---:|"]
        lines += [f"| {who} | {value:g} |" for who, value in published]
        lines.append("")
    return "\n".join(lines)


def _percents(score: dict[str, float | None]) -> tuple[float, float, float]:
    """A score and its interval; of one person alone there is none."""
    value = score["value"] or 0.0
    return 100 * value, 100 * (score["low"] or value), 100 * (score["high"] or value)


def draw(path: Path, tables: list[tuple[str, dict[str, Any], list[dict[str, Any]]]]) -> None:
    """Accuracy of each architecture with its interval, the best on top; a panel for each data set."""
    height = 1.1 + 0.42 * max(len(rows) for *_, rows in tables)
    figure = Figure(figsize=(5.2 * len(tables) + 2.2, height), dpi=120, layout="constrained")
    panels = figure.subplots(1, len(tables), squeeze=False)[0]
    for axes, (name, facts, rows) in zip(panels, tables, strict=True):
        ordered = sorted(rows, key=lambda row: row["war"]["value"])
        values, lows, highs = zip(*(_percents(row["war"]) for row in ordered), strict=True)
        spans = [
            [value - low for value, low in zip(values, lows, strict=True)],
            [high - value for value, high in zip(values, highs, strict=True)],
        ]
        axes.barh(range(len(ordered)), values, height=0.62, color="#9dbfe0")
        axes.errorbar(values, range(len(ordered)), xerr=spans, fmt="none", ecolor="#1f3d5c", capsize=3)
        for place, (value, high) in enumerate(zip(values, highs, strict=True)):
            axes.text(high + 1.5, place, f"{value:.1f}", va="center", fontsize=9, color="#1f3d5c")
        chance = 100 / ordered[0]["emotions"]
        axes.axvline(chance, color="#c2571a", linestyle="--", linewidth=1)
        axes.text(chance + 1, len(ordered) - 0.42, "guessing", color="#c2571a", fontsize=8, va="bottom")
        axes.set_yticks(range(len(ordered)), [row["name"] for row in ordered])
        axes.set_xlim(0, 108)
        axes.set_xticks(range(0, 101, 20))
        axes.set_ylim(-0.6, len(ordered) - 0.05)
        axes.set_xlabel("sequences named rightly, % (95 % intervals over people)")
        axes.set_title(f"{name}: {facts['clips']} sequences, {facts['subjects']} people", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    FigureCanvasAgg(figure).print_png(str(path), metadata={"Software": None})


if __name__ == "__main__":
    main()
