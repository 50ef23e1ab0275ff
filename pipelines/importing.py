"""``seqfer import``: a downloaded data set to face tracks and one table of labels."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentParser

from seqfer.data import write_labels
from seqfer.datasets import KINDS, KindName, Listing, ListingOptions, label_rows, list_dataset
from seqfer.errors import InputError, LabelError, SeqferError
from seqfer.export import find_persons
from seqfer.extraction import ExtractionConfig, extract_stills
from seqfer.files import atomic_text
from seqfer.jobs import Job, RunConfig
from seqfer.store import open_store, store_path, write_index

from .batch import run_batch
from .options import ClusterConfig, add_cluster, parsed, verb_parser
from .run import preflight

_DESCRIPTION = (
    "A data set as downloaded to face tracks (OUT/tracks) and one table (OUT/labels.csv).\n\nkinds:\n"
    + "\n".join(f"  {name:<8} {what}" for name, (what, _) in KINDS.items())
)
_EXAMPLES = """
  seqfer import ck /data/CK+ -o ck
  seqfer import oulu /data/Oulu/B_OriginalImg --include 'VL/Strong/*' -o oulu
  seqfer import labels clips/labels.csv --emotion_map '{"smile": "happiness", "other": null}' -o study
Then: seqfer train --data.stores ck --data.labels ck/labels.csv …
"""


def make_parser() -> ArgumentParser:
    """The verb's options."""
    parser = verb_parser("import", "KIND SOURCE -o OUT", _DESCRIPTION, _EXAMPLES)
    parser.add_argument("kind", type=KindName, help="what it is, see below")
    parser.add_argument("source", type=Path, help="its folder, or its table")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--include", type=str, default="*", help="only clips whose ids match this pattern")
    parser.add_argument(
        "--emotion_map",
        type=dict[str, str | None],
        default={},
        help="other names for emotions; null: leave out",
    )
    parser.add_argument("--fold", type=int, default=1, help="which division of DFEW")
    parser.add_argument(
        "--videos", type=Path | None, default=None, help="folder that a label table speaks of"
    )
    parser.add_argument("--extraction", type=ExtractionConfig, default=ExtractionConfig())
    add_cluster(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = make_parser()
    made = parsed(parser, argv)
    preflight(parser, made.cluster, model=None, detector=made.extraction.detector)
    options = ListingOptions(still_fps=made.extraction.still_fps, fold=made.fold, videos=made.videos)
    try:
        listing = list_dataset(made.kind, made.source, options).chosen(made.include)
        listing = listing.renamed(made.emotion_map, made.source)
    except (InputError, LabelError) as error:
        parser.error(str(error))
    return import_listing(listing, made.source, made.out, made.extraction, made.cluster, quiet=made.quiet)


def import_listing(
    listing: Listing,
    source: Path,
    out: Path,
    extraction: ExtractionConfig,
    cluster: ClusterConfig,
    *,
    quiet: bool,
) -> int:
    """Extract what is listed, and write ``labels.csv`` and ``dataset.json``.

    Returns:
        0; 1 where some clips failed, which are then not in the table; 130 where it was interrupted.
    """
    if not listing.clips and not listing.stills:
        raise InputError(source, "no labelled clips are left to import")
    code = 0
    if listing.clips:
        config = RunConfig(extraction=extraction)
        jobs = [
            Job(video_id=clip.video_id, path=clip.path, out=out, stages=("extract",), config=config)
            for clip in listing.clips
        ]
        code = run_batch(jobs, out, cluster, quiet=quiet, verb="import").exit_code
        if code == 130:
            return code
    for stills in listing.stills:
        path = store_path(out, "tracks", stills.video_id)
        extract_stills(stills.pictures, path, video_id=stills.video_id, config=extraction)
    write_index(out)
    rows, faceless, failed = _rows(listing, source, out)
    write_labels(out / "labels.csv", rows)
    notes = list(listing.notes)
    if faceless:
        notes.append(f"no face was found in {faceless} of {len(listing.clips)} clips")
    _write_facts(out / "dataset.json", replace(listing, notes=tuple(notes)), rows)
    if not quiet:
        counts = Counter(row["emotion"] for row in rows)
        told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        who = f"{len(listing.subjects)} subjects" if listing.subjects else "no subjects named"
        print(f"{out / 'labels.csv'}: {len(rows)} labels ({told}), {who}")
        for note in notes:
            print(f"seqfer import: {note}", file=sys.stderr)
    return 1 if failed else code


def _rows(listing: Listing, source: Path, out: Path) -> tuple[list[dict[str, Any]], int, int]:
    """The table's rows; clips without a face; clips without a store."""
    persons = find_persons(out)
    rows: list[dict[str, Any]] = []
    faceless = failed = 0
    for clip in listing.clips:
        try:
            with open_store(store_path(out, "tracks", clip.video_id)) as store:
                known = persons.of_video(clip.video_id, store.key) if persons is not None else None
                rows += label_rows(clip, store, known, source)
                faceless += not store.tracks
        except LabelError:
            raise
        except SeqferError:
            failed += 1  # run_batch has told why
    for stills in listing.stills:
        for index, row in enumerate(stills.rows):
            # Stills are kept a second apart.
            rows.append({"video": stills.video_id, "start_s": index, "end_s": index, **row})
    return rows, faceless, failed


def _write_facts(path: Path, listing: Listing, rows: Sequence[dict[str, Any]]) -> None:
    facts = {
        "format": "seqfer.dataset", "version": 1, **asdict(listing.facts), "clips": len(listing.clips),
        "stills": sum(len(s.rows) for s in listing.stills), "labels": len(rows),
        "subjects": len(listing.subjects), "notes": list(listing.notes),
    }  # fmt: skip
    with atomic_text(path) as file:
        file.write(json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
