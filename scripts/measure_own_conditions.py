"""Does a small data set of one's own conditions help? Measured on conditions that are made up to differ.

    python scripts/london_sequences.py --london LONDON -o SEQUENCES --condition own --takes 2
    seqfer import ck SEQUENCES -o own --extraction.still_fps=25
    python scripts/measure_own_conditions.py own -o docs/own_conditions

Twenty short clips of ten people (two each), dark, lit from high on one side and subtle, are what there is to
train on; everybody else is tested. Three ways, each with several draws of the ten people: the bundled model
as it comes; the recipe (``configs/train_own_conditions.yaml``: it learns on, its encoder thawed in stages);
the same network from nothing. Scores are of whole sequences, by the emotion at the apex.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from seqfer.pipelines.train import train

from seqfer.data import read_labels, write_labels
from seqfer.data.dividing import by_video, subject_of
from seqfer.evaluation import Tally, bootstrap
from seqfer.evaluation.scoring import ScoringConfig, score_faces
from seqfer.labels import as_vocabulary
from seqfer.models import SequenceModel, load_model, read_metadata
from seqfer.store import open_run

RECIPE = Path(__file__).resolve().parents[1] / "configs" / "train_own_conditions.yaml"


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("study", type=Path, help="folder of seqfer import")
    parser.add_argument("-o", "--out", type=Path, required=True, help="stem of the table")
    parser.add_argument("--work", type=Path, default=Path("own_conditions_work"))
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--rate", type=float, default=25.0, help="moments a second")
    parser.add_argument("--precision", default="32-true")
    made = parser.parse_args(argv)
    table = made.study / "labels.csv"
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = sorted({row["emotion"] for row in rows} - {"neutral"})
    found: dict[str, dict[str, Tally]] = {}
    minutes: dict[str, float] = {}
    for draw in range(made.draws):
        own = _draw(rows, names, made.clips, seed=draw)
        small = made.work / f"own_{draw}.csv"
        write_labels(small, own)
        trained = {row["subject"] for row in own}
        rest = [row for row in rows if row["subject"] not in trained]
        for way in ("the bundled model", "the recipe", "from nothing"):
            began = time.process_time()
            model = _model(way, made, small, names, draw)
            minutes[way] = minutes.get(way, 0.0) + (time.process_time() - began) / 60 / made.draws
            for who, tally in _scores(model, made.study, rest, names, made.work).items():
                # The same people in another draw: one more time the same person, not one more person.
                kept = found.setdefault(way, {})
                kept[who] = kept[who] + tally if who in kept else tally
            print(draw, way, bootstrap(found[way])["clips"]["war"], flush=True)
    scores = {way: bootstrap(tallies)["clips"] for way, tallies in found.items()}
    text = as_markdown(scores, minutes, made, len(names))
    made.out.parent.mkdir(parents=True, exist_ok=True)
    made.out.with_suffix(".md").write_text(text, encoding="utf-8")
    made.out.with_suffix(".json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    print(text)


def _draw(rows: list[dict[str, str]], names: list[str], clips: int, seed: int) -> list[dict[str, str]]:
    """Labels of ``clips`` sequences, two of each of so many people, every emotion equally often."""
    rng = np.random.default_rng(seed)
    people = rng.permutation(sorted({row["subject"] for row in rows}))[: clips // 2]
    kinds = rng.permutation(np.resize(names, clips)).reshape(-1, 2)
    while any(a == b for a, b in kinds):
        kinds = rng.permutation(kinds.ravel()).reshape(-1, 2)
    wanted = {(who, kind) for who, pair in zip(people, kinds, strict=True) for kind in pair}
    videos = {row["video"] for row in rows if (row["subject"], row["emotion"]) in wanted}
    return [row for row in rows if row["video"] in videos]


def _model(way: str, made: argparse.Namespace, table: Path, names: list[str], draw: int) -> SequenceModel:
    if way == "the bundled model":
        return load_model("bundled")
    folder = made.work / f"{way.replace(' ', '_')}_{draw}"
    options = [
        f"--config={RECIPE}", f"--data.stores={made.study}", f"--data.labels={table}", f"--output={folder}",
        f"--data.vocabulary={','.join(names)}", f"--data.sample_rate_hz={made.rate}",
        "--data.window_seconds=1.6", "--data.moment_seconds=0.13", "--data.val_share=0.2",
        f"--data.seed={draw}",
        f"--trainer.max_epochs={made.epochs}", f"--trainer.precision={made.precision}",
        "--threads=1", "--trainer.devices=1", "--trainer.enable_progress_bar=false",
        "--trainer.enable_model_summary=false",
    ]  # fmt: skip
    if way == "from nothing":
        encoder = json.dumps(read_metadata("bundled")["arguments"]["encoder"])
        options += [
            f"--model.init_args.encoder={encoder}", "--model.init_args.freeze_encoder=false",
            "--model.init_args.encoder_learning_rate=0.002", "--model.init_args.layer_decay=1.0",
            "--thaw=null", "--start_from=null",
        ]  # fmt: skip
    trained = train(options)
    assert trained is not None
    return load_model(trained.model)


def _scores(
    model: SequenceModel, study: Path, rows: list[dict[str, str]], names: list[str], work: Path
) -> dict[str, Tally]:
    vocabulary = as_vocabulary(names)
    table = work / "rest.csv"
    write_labels(table, rows)
    run = open_run(study)
    videos = by_video(table, read_labels(table, vocabulary), run)
    faces = {(video, run[video].tracks[0].track_id): found for video, found in videos.items()}
    subjects = {face: subject_of(found, face[0]) for face, found in faces.items()}
    return score_faces(model, run, faces, subjects, vocabulary, config=ScoringConfig())


def as_markdown(
    scores: dict[str, Any], minutes: dict[str, float], made: argparse.Namespace, kinds: int
) -> str:
    """A table of the three ways."""
    lines = [
        "# A small data set of your own conditions",
        "",
        f"`scripts/measure_own_conditions.py`: {made.clips} clips of {made.clips // 2} people to train on,",
        f"{made.draws} draws of them, everybody else tested; {kinds} emotions to choose from. Intervals are",
        "95 %, over people.",
        "",
        "| | WAR | | UAR | minutes of the processor |",
        "|---|---:|---|---:|---:|",
    ]
    for way, found in scores.items():
        war = found["war"]
        lines.append(
            f"| {way} | {100 * war['value']:.1f} | {100 * war['low']:.1f} to {100 * war['high']:.1f} "
            f"| {100 * found['uar']['value']:.1f} | {minutes[way]:.1f} |"
        )
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
