"""``seqfer forget``: remove all that a run holds of a video, or of a person."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from jsonargparse import ArgumentParser

from seqfer.errors import InputError
from seqfer.export import FORMATS, find_persons, output_path, write_persons
from seqfer.export.persons import stored_embedder
from seqfer.export.run_tables import DWELL, MATRIX
from seqfer.extraction import parts_folder
from seqfer.files import atomic_text, remove_partials
from seqfer.jobs import SUMMARY_NAME, Job, RunConfig, read_summary
from seqfer.persons import Persons
from seqfer.report import INDEX_NAME, RunVideo
from seqfer.store import drop_tracks, schema, write_index
from seqfer.store.index import INDEX_NAME as TRACKS_INDEX

from .ledger import NAME as LEDGER
from .lock import locked
from .options import verb_parser
from .task import clear_logs

_STORES = {
    "tracks_path": (schema.FORMAT, schema.VERSION),
    "predictions_path": (schema.PREDICTIONS_FORMAT, schema.PREDICTIONS_VERSION),
    "embeddings_path": (schema.EMBEDDINGS_FORMAT, schema.EMBEDDINGS_VERSION),
}


_EXAMPLES = """
  seqfer forget results --video clip             all of one video
  seqfer forget results --person p001            all of one person, in every video of the run
"""


def make_parser() -> ArgumentParser:
    """The verb's options."""
    parser = verb_parser(
        "forget",
        "OUT --video NAME | --person NAME",
        "Remove all that a run's folder holds of a video or a person: faces, numbers, timelines, names. "
        "The video itself is not touched: a run that is given it again will do it again.",
        _EXAMPLES,
    )
    parser.add_argument("out", type=Path, help="the run's folder")
    parser.add_argument("--video", type=str, help="name of the video, as in summary.csv")
    parser.add_argument(
        "--person", type=str, help="person_id, as in persons.csv; with --video where persons are of one video"
    )
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = make_parser()
    args = parser.parse_args(list(argv))
    if args.video is None and args.person is None:
        parser.error("say what to forget: --video, --person, or both for a person of one video")
    with locked(args.out):
        if args.person is not None:
            return _forget_person(args.out, args.person, args.video)
        return _forget_video(args.out, args.video)


def _forget_video(out: Path, video_id: str) -> int:
    job = _job(out, video_id)
    persons = find_persons(out)
    found = _remove_files(job, (job.tracks_path, job.predictions_path, job.embeddings_path))
    found |= _forget_row(out, video_id)
    if persons is not None and video_id in persons.tracks:
        found = True
        tracks = {video: kept for video, kept in persons.tracks.items() if video != video_id}
        _write_persons(out, replace(persons, tracks=tracks))
    if not found:
        raise InputError(out, f"holds nothing of a video {video_id!r}")
    _remove_what_tells_of_all(out, {video_id})
    print(f"{out}: forgot video {video_id}")
    return 0


def _forget_person(out: Path, person_id: str, video_id: str | None) -> int:
    persons = find_persons(out)
    if persons is None:
        raise InputError(out, "its persons are not known; seqfer persons tells who is who")
    if persons.scope == "video" and video_id is None:
        raise InputError(out, "its persons are of one video each; name it too (--video)")
    theirs = {
        video: {track.track_id for track in tracks if track.person_id == person_id}
        for video, tracks in persons.tracks.items()
        if video_id in (None, video)
    }
    theirs = {video: ids for video, ids in theirs.items() if ids}
    if not theirs:
        raise InputError(out, f"holds nothing of a person {person_id!r}")
    for video, ids in theirs.items():
        job = _job(out, video)
        for name, (form, version) in _STORES.items():
            if (path := getattr(job, name)).exists():
                drop_tracks(path, ids, format=form, version=version)
        _remove_files(job, ())
    kept = {
        video: tuple(t for t in tracks if t.track_id not in theirs.get(video, ()))
        for video, tracks in persons.tracks.items()
    }
    _write_persons(out, replace(persons, tracks=kept))
    _remove_what_tells_of_all(out, set(theirs))
    print(
        f"{out}: forgot person {person_id} in {len(theirs)} videos; "
        f"seqfer export {out} makes their timelines anew"
    )
    return 0


def _remove_files(job: Job, stores: Sequence[Path]) -> bool:
    """Remove a video's timelines, its page, and these stores; whether there was any."""
    out, video_id = job.out, job.video_id
    shown = RunVideo(video_id=video_id, out=out)
    outputs = [output_path(out, video_id, name) for name in FORMATS]
    paths = [*outputs, shown.page_path, shown.overlay_path, *stores]
    found = [path for path in paths if path.exists()]
    for path in found:
        path.unlink()
    if stores:
        shutil.rmtree(parts_folder(job.tracks_path), ignore_errors=True)
    for path in paths:
        _remove_empty_folders(path.parent, out)
    return bool(found)


def _remove_empty_folders(folder: Path, out: Path) -> None:
    """Their names tell of videos, too."""
    while folder != out and folder.is_relative_to(out) and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _remove_what_tells_of_all(out: Path, video_ids: set[str]) -> None:
    """What is made of many videos is made anew at once, or by the next command that is asked for it."""
    for name in (INDEX_NAME, MATRIX, DWELL, LEDGER, TRACKS_INDEX):
        (out / name).unlink(missing_ok=True)
    clear_logs(out, video_ids)
    remove_partials(out)
    write_index(out)


def _write_persons(out: Path, persons: Persons) -> None:
    embedder = stored_embedder(out)
    kept = {video: key for video, key in persons.tracks_keys.items() if video in persons.tracks}
    write_persons(out, replace(persons, tracks_keys=kept), embedder=embedder)


def _forget_row(out: Path, video_id: str) -> bool:
    """Take a video out of the summary; whether it was there."""
    path = out / SUMMARY_NAME
    rows = read_summary(out) if path.exists() else []
    kept = [row for row in rows if row.get("video") != video_id]
    if len(kept) == len(rows):
        return False
    with atomic_text(path) as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(kept)
    return True


def _job(out: Path, video_id: str) -> Job:
    parts = Path(video_id).parts
    if not parts or Path(video_id).is_absolute() or ".." in parts:
        raise InputError(out, f"no video can be called {video_id!r}")
    return Job(video_id=video_id, path=None, out=out, stages=("export",), config=RunConfig())
