"""What is counted over a whole run, once its videos are exported."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from seqfer.errors import SeqferError
from seqfer.export import ExportConfig, find_persons, output_path
from seqfer.export.run_tables import write_run_tables
from seqfer.export.timeline_json import parse_timelines, read_document
from seqfer.timeline import Timeline

from .batch import Batch


def count_run(batch: Batch, out: Path, config: ExportConfig, *, verb: str) -> Batch:
    """Write the run's tables where transitions are asked for; the batch, with what went wrong."""
    if "transitions" not in config.to or batch.interrupted:
        return batch
    timelines: list[Timeline] = []
    names: dict[str, None] = {}
    try:
        for outcome in batch.outcomes:
            if outcome.status == "ok":
                path = output_path(out, outcome.video_id, "json")
                document = read_document(path)
                timelines += parse_timelines(path, document)
                names.update(dict.fromkeys(document["vocabulary"]))
        persons = find_persons(out)
        across = persons is not None and persons.scope == "run"
        write_run_tables(out, timelines, list(names), config, across=across)
    except SeqferError as error:
        print(f"seqfer {verb}: {error}", file=sys.stderr)
        return replace(batch, errors=(*batch.errors, str(error)))
    return batch
