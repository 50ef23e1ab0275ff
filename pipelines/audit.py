"""``seqfer audit``: the questions to ask of a data set, answered on a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from seqfer.datasets.audit import audit, read_facts
from seqfer.datasets.audit_page import write_audit_page
from seqfer.files import atomic_text
from seqfer.store import open_run

from .options import parsed, verb_parser

_EXAMPLES = """
  seqfer audit ck                        a folder of seqfer import, with its labels.csv and dataset.json
  seqfer audit study --labels labels.csv -o audit.html
"""


def make_parser() -> ArgumentParser:
    """The verb's options."""
    parser = verb_parser(
        "audit", "FOLDER", "What is in a data set: a page (HTML) and the same in numbers (JSON).", _EXAMPLES
    )
    parser.add_argument("stores", type=Path, help="folder of a run or of seqfer import")
    parser.add_argument(
        "--labels", type=Path | None, default=None, help="label table; default: the folder's own"
    )
    parser.add_argument(
        "-o", "--out", type=Path | None, default=None, help="page to write; default: audit.html there"
    )
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    made = parsed(make_parser(), argv)
    own = made.stores / "labels.csv"
    table = made.labels or (own if own.is_file() else None)
    out = made.out or made.stores / "audit.html"
    found = audit(open_run(made.stores), table, read_facts(made.stores))
    name = found.numbers["declared"].get("name") or made.stores.resolve().name
    write_audit_page(out, found, f"Audit of {name}")
    with atomic_text(out.with_suffix(".json")) as file:
        file.write(json.dumps(found.numbers, indent=1, ensure_ascii=False) + "\n")
    alike = len(found.pairs)
    print(
        f"{out}: {found.numbers['videos']} videos, {found.numbers['labels']} labels, {alike} near-duplicates"
    )
    return 0
