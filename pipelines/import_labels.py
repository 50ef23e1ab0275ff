"""``seqfer import-labels``: corrected ELAN files to a table of labels that ``seqfer train`` reads."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from seqfer.elan import emotion_labels, read_elan
from seqfer.errors import LabelError
from seqfer.files import atomic_text
from seqfer.labels import EMOTIONS, Vocabulary

from .options import Words, parsed, verb_parser

_COLUMNS = ("video", "track", "start_s", "end_s", "emotion", "subject")
_EXAMPLES = """
  seqfer export results --to eaf          then open results/clip.eaf in ELAN, correct it, save
  seqfer import-labels results/clip.eaf -o labels.csv
  seqfer train --config configs/train_cnnrnn.yaml --data.stores results --data.labels labels.csv -o my_model
  seqfer import-labels *.eaf --tier expression --map joy=happiness,talking= -o labels.csv
"""


def make_parser() -> ArgumentParser:
    """The verb's options."""
    parser = verb_parser(
        "import-labels",
        "FILES… -o LABELS.csv",
        "ELAN files (.eaf) to a table of labels for seqfer train.",
        _EXAMPLES,
    )
    parser.add_argument("files", nargs="+", type=Path, help="ELAN files, or folders of them")
    parser.add_argument("-o", "--out", type=Path, required=True, help="CSV file to write")
    parser.add_argument(
        "--tier",
        type=Words,
        default=Words(),
        metavar="NAME,…",
        help="tiers that hold emotions; default: those of kind 'emotion', and where there is none, all",
    )
    parser.add_argument(
        "--map",
        type=Words,
        default=Words(),
        metavar="THEIRS=OURS,…",
        help="what names in the files mean; THEIRS= leaves them out",
    )
    parser.add_argument("--vocabulary", type=Words, default=Words(EMOTIONS), help="emotions there are")
    parser.add_argument("--quiet", action="store_true", help="say nothing but what is wrong")
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = make_parser()
    made = parsed(parser, argv)
    try:
        vocabulary = Vocabulary(tuple(made.vocabulary))
        names = dict(_pair(text) for text in made.map)
        for ours in names.values():
            if ours:
                vocabulary.index(ours)
    except ValueError as error:
        parser.error(str(error))
    files = [read_elan(path) for path in _paths(made.files)]
    found = emotion_labels(files, vocabulary, tiers=tuple(made.tier), names=names)
    if not found:
        raise LabelError(made.out, "not written: there are no labels in these files")
    with atomic_text(made.out) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(_COLUMNS)
        for label in found:
            track = "" if label.track_id is None else label.track_id
            table.writerow(
                (label.video, track, label.start_seconds, label.end_seconds, label.emotion, label.subject)
            )
    if not made.quiet:
        print(f"{made.out}: {len(found)} labels of {len({x.video for x in found})} videos")
    return 0


def _pair(text: str) -> tuple[str, str]:
    theirs, equals, ours = text.partition("=")
    if not equals or not theirs.strip():
        raise ValueError(f"--map takes theirs=ours, got {text!r}")
    return theirs.strip(), ours.strip()


def _paths(places: Sequence[Path]) -> list[Path]:
    """The files, and those of folders, in order."""
    found: list[Path] = []
    for place in places:
        below = sorted(place.rglob("*.eaf")) if place.is_dir() else [place]
        if not below:
            raise LabelError(place, "no ELAN files (.eaf) here")
        found += below
    return found
