"""``seqfer evaluate``: does a model, or a way of training one, hold for people it has never seen?"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from jsonargparse import ArgumentParser

from seqfer.data import Label, TracksDataModule
from seqfer.data.dividing import subject_of
from seqfer.errors import LabelError, SeqferError, WeightsError
from seqfer.evaluation import Tally, summarise, write_cross, write_report
from seqfer.evaluation.protocols import check_strangers, subject_folds
from seqfer.evaluation.scoring import ScoringConfig, score_faces
from seqfer.models import load_model, read_metadata
from seqfer.models.kept import KeptFeatures
from seqfer.store import RunStore, open_run

from .options import VerbParser
from .train import Trained, taught_before, train
from .train_cli import make_cli, quiet_lightning

_DESCRIPTION = """
Held against labels: a saved model (--weights), or a way of training one, anew for each group of people left
out (--protocol kfold, loso, fixed, cross; all other options are those of seqfer train).

examples:
  seqfer evaluate --weights my_model --data.stores study --data.labels study/labels.csv -o scores
  seqfer evaluate --protocol kfold --folds 5 --config configs/train_cnnrnn.yaml --data.stores ck
      --data.labels ck/labels.csv -o scores
  seqfer evaluate --protocol cross --dataset ck --dataset oulu --config configs/train_cnnrnn.yaml -o scores
      (folders that seqfer import wrote: a row for each trained on, a column for each tested on)
"""


class _Options(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"seqfer evaluate: {message} (see seqfer evaluate --help)", file=sys.stderr)
        raise SystemExit(2)


@dataclass(frozen=True, kw_only=True)
class _Set:
    """A data set to train or test on: its stores, its table, who is in it."""

    name: str
    run: RunStore
    data: TracksDataModule
    faces: Mapping[tuple[str, int], list[Label]]
    subjects: Mapping[tuple[str, int], str]
    table: Path

    @property
    def everybody(self) -> set[str]:
        return set(self.subjects.values())


def make_parser() -> argparse.ArgumentParser:
    """The verb's own options."""
    parser = _Options(
        prog="seqfer evaluate", description=_DESCRIPTION, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for the scores (and models)")
    parser.add_argument("--weights", help="score this saved model; nothing is trained")
    parser.add_argument("--protocol", choices=("kfold", "loso", "fixed", "cross"), default="kfold")
    parser.add_argument("--folds", type=int, default=5, help="of kfold (and within a set, of cross)")
    parser.add_argument("--dataset", action="append", default=[], help="of cross: a folder of seqfer import")
    parser.add_argument("--same_names_differ", action="store_true",
                        help="people of two data sets are different even where names are not")  # fmt: skip
    parser.add_argument(
        "--tolerance_seconds", type=float, default=0.5, help="how far off a change may be told"
    )
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = make_parser()
    made, rest = parser.parse_known_args(list(argv))
    if made.folds < 2:
        parser.error(f"folds must be at least 2, got {made.folds}")
    scoring = ScoringConfig(tolerance_seconds=made.tolerance_seconds)
    try:
        with quiet_lightning():
            if made.weights is not None:
                _score_saved(made, rest, scoring)
            elif made.protocol == "cross":
                _cross(made, rest, scoring)
            else:
                _rounds(made, rest, scoring)
    except (SeqferError, ValueError) as error:
        print(f"seqfer evaluate: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


def _score_saved(made: argparse.Namespace, rest: Sequence[str], scoring: ScoringConfig) -> None:
    notes = read_metadata(made.weights)
    model = load_model(made.weights)
    parser = VerbParser(prog="seqfer evaluate")
    parser.add_class_arguments(TracksDataModule, "data")
    given = parser.parse_args(list(rest), defaults=False)
    if "data" not in given or "vocabulary" not in given.data:
        rest = [*rest, f"--data.vocabulary={json.dumps(list(model.vocabulary))}"]
    tested = _set_of(_data_of(parser, rest), "")
    if tested.data.split_by_column:
        tested = _only(tested, tested.data.of_side("test"))
    if not made.same_names_differ:
        check_strangers(tested.table, set(notes.get("training_subjects", ())), tested.everybody)
    tallies = _tallies(model, tested, scoring, None)
    _write(made.output, tallies, tested, protocol="a saved model", model=str(notes.get("name", made.weights)))


def _rounds(made: argparse.Namespace, rest: Sequence[str], scoring: ScoringConfig) -> None:
    fixed = made.protocol == "fixed"
    if fixed:
        rest = [*rest, "--data.split=column"]
    cli = make_cli([*rest, f"--output={made.output}"])
    whole = _set_of(cli.datamodule, "")
    tested = _only(whole, whole.data.of_side("test")) if fixed else whole
    if not made.same_names_differ:
        check_strangers(whole.table, taught_before(cli.config), tested.everybody)
    if fixed:
        rounds: list[list[str] | None] = [None]
    else:
        folds = 0 if made.protocol == "loso" else made.folds
        rounds = list(subject_folds(whole.subjects, whole.faces, folds, seed=1, table=whole.table))
    tallies: dict[str, Tally] = {}
    scores = []
    kept = KeptFeatures()
    for n, people in enumerate(rounds):
        more = [] if people is None else [f"--data.test_subjects={json.dumps(people)}"]
        folder = made.output / ("model" if people is None else f"fold_{n + 1}")
        trained = _train([*rest, *more, f"--output={folder}"], kept)
        own = trained.data.of_side("test")
        if not own:
            raise LabelError(whole.table, "no face is left to test on: a split test is needed")
        tested = _only(whole, own)
        fold = _tallies(load_model(trained.model), tested, scoring, trained.data, trained.kept)
        tallies |= fold
        scores.append(_brief(fold, tested))
        print(f"{folder}: {len(fold)} subjects, {scores[-1]}", flush=True)
    kind = type(cli.model).__name__
    _write(made.output, tallies, whole, protocol=made.protocol, model=kind, folds=scores)


def _cross(made: argparse.Namespace, rest: Sequence[str], scoring: ScoringConfig) -> None:
    """Train on each, test on all: on itself, on people left out; on the others, on everybody."""
    if len(made.dataset) < 2:
        raise ValueError("cross needs two data sets or more: --dataset A --dataset B")
    places = [Path(name) for name in made.dataset]
    options = {p: [f"--data.stores={p}", f"--data.labels={p / 'labels.csv'}"] for p in places}
    sets = {}
    for place in places:
        cli = make_cli([*rest, *options[place], f"--output={made.output}"])
        sets[place] = _set_of(cli.datamodule, place.name)
        if not made.same_names_differ:
            check_strangers(sets[place].table, taught_before(cli.config), sets[place].everybody)
    if not made.same_names_differ:
        for n, a in enumerate(places):
            for b in places[n + 1 :]:
                both = sorted(sets[a].everybody & sets[b].everybody)
                if both:
                    raise LabelError(
                        sets[a].table,
                        f"shares subjects with {sets[b].table}: {', '.join(both[:5])}; say "
                        "--same_names_differ if they are different people",
                    )
    cells: dict[str, dict[str, Any]] = {}
    kept = {place: KeptFeatures() for place in places}
    for a in places:
        home = sets[a]
        people = subject_folds(home.subjects, home.faces, made.folds, seed=1, table=home.table)[0]
        folder = made.output / f"trained_on_{a.name}"
        trained = _train(
            [*rest, *options[a], f"--data.test_subjects={json.dumps(people)}", f"--output={folder}"],
            kept[a],
        )
        model = load_model(trained.model)
        for b in places:
            tested = _only(home, trained.data.of_side("test")) if b == a else sets[b]
            tallies = _tallies(
                model, tested, scoring, trained.data if b == a else None,
                kept[b] if trained.kept is not None else None,
            )  # fmt: skip
            summary = summarise(tallies, tested.data.vocabulary.names, model=type(model).__name__,
                                protocol=f"trained on {a.name}, tested on {b.name}")  # fmt: skip
            write_report(folder, summary, f"tested_on_{b.name}")
            cells.setdefault(a.name, {})[b.name] = summary["scores"]
            print(f"{a.name} -> {b.name}: {_brief(tallies, tested)}", flush=True)
    write_cross(made.output, cells)
    print((made.output / "evaluation.md").read_text(encoding="utf-8"), end="")


def _train(argv: list[str], kept: KeptFeatures) -> Trained:
    trained = train(argv, kept)
    if trained is None:
        raise ValueError("evaluate trains in one process: set trainer.devices to 1")
    return trained


def _data_of(parser: ArgumentParser, argv: Sequence[str]) -> TracksDataModule:
    return parser.instantiate(parser.parse_args(list(argv))).data


def _set_of(data: TracksDataModule, name: str) -> _Set:
    run = open_run(data.stores)
    faces = data.faces(run)
    subjects = {face: subject_of(rows, face[0]) for face, rows in faces.items()}
    return _Set(name=name, run=run, data=data, faces=faces, subjects=subjects, table=data.table)


def _only(whole: _Set, faces: set[tuple[str, int]]) -> _Set:
    return _Set(
        name=whole.name, run=whole.run, data=whole.data, table=whole.table,
        faces={f: rows for f, rows in whole.faces.items() if f in faces},
        subjects={f: who for f, who in whole.subjects.items() if f in faces},
    )  # fmt: skip


def _tallies(
    model: Any,
    tested: _Set,
    scoring: ScoringConfig,
    data: TracksDataModule | None,
    kept: KeptFeatures | None = None,
) -> dict[str, Tally]:
    windows = data.test_windows if data is not None else None
    try:
        return score_faces(
            model, tested.run, tested.faces, tested.subjects, tested.data.vocabulary, config=scoring,
            windows=windows, kept=kept,
        )  # fmt: skip
    except ValueError as error:
        raise WeightsError(type(model).__name__, str(error)) from error


def _brief(tallies: Mapping[str, Tally], tested: _Set) -> dict[str, float | None]:
    scores = summarise(tallies, tested.data.vocabulary.names)["scores"]
    return {
        f"{g}_{n}": scores[g][n]["value"] for g in ("clips", "frames") if g in scores for n in ("war", "uar")
    }


def _write(output: Path, tallies: Mapping[str, Tally], tested: _Set, **about: Any) -> None:
    summary = summarise(tallies, tested.data.vocabulary.names, data=str(tested.table), **about)
    write_report(output, summary)
    print((output / "evaluation.md").read_text(encoding="utf-8"), end="")
    print(f"\n{output / 'evaluation.json'}")
