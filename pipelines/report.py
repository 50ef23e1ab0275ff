"""``seqfer report``: timelines to pages that people look at."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from seqfer.errors import StoreError
from seqfer.report import (
    Faces,
    IndexEntry,
    RunVideo,
    entry_of,
    failed_entry,
    find_run_videos,
    find_video,
    read_contents,
    write_index,
    write_page,
)

from .options import verb_parser

_EPILOG = """
examples:
  seqfer report results                         # then open results/report.html
  seqfer report results --videos /mnt/archive   # the videos have moved
  seqfer report results --faces blurred         # faces that cannot be recognised
"""


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = verb_parser(
        "report", "Timelines to pages: OUT/report.html, and one page a video in OUT/report.", _EPILOG
    )
    parser.add_argument("out", type=Path, help="folder that seqfer run or export wrote to")
    parser.add_argument(
        "--videos", type=list[Path], default=[], help="folders where the videos are, if they have moved"
    )
    parser.add_argument("--faces", type=Faces, default="shown", help="in the pages' pictures")
    parser.add_argument("--quiet", action="store_true", help="errors and exit code only")
    args = parser.parse_args(list(argv))
    return report_run(args.out, places=tuple(args.videos), faces=args.faces, quiet=args.quiet)


def report_run(out: Path, *, places: tuple[Path, ...] = (), faces: Faces = "shown", quiet: bool) -> int:
    """Write the pages of all videos of a run, and the index.

    Returns:
        0, or 1 where something could not be shown; what the run itself gave up on is part of the report.

    Raises:
        InputError: there is nothing to report, or the index cannot be written.
    """
    entries, troubles = [], []
    for video in find_run_videos(out):
        entry, said = _report_video(video, places, faces)
        entries.append(entry)
        troubles += said
    path = write_index(out, entries)
    for line in troubles:
        print(f"seqfer report: {line}", file=sys.stderr)
    if not quiet:
        pages = sum(entry.page is not None for entry in entries)
        print(f"{pages} of {len(entries)} videos have a page. Open {path}")
    return int(bool(troubles))


def _report_video(video: RunVideo, places: tuple[Path, ...], faces: Faces) -> tuple[IndexEntry, list[str]]:
    if video.is_failed:
        return failed_entry(video, ""), []
    try:
        contents = read_contents(video)
        film = find_video(video, str(contents.source.get("name", "")), places=places)
        playable = film is not None and film.is_file() and faces == "shown"
        missing = write_page(contents, film=film if playable else None, faces=faces)
    except StoreError as error:
        video.page_path.unlink(missing_ok=True)  # of an earlier report, and no longer true
        return failed_entry(video, str(error)), [str(error)]
    return entry_of(contents, missing), [f"{video.video_id}: {line}" for line in missing]
