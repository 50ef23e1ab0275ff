"""``seqfer report``: timelines to pages, and films, that people look at."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jsonargparse import ArgumentParser

from seqfer.errors import InputError, StoreError
from seqfer.jobs import Outcome
from seqfer.report import (
    Faces,
    IndexEntry,
    RunVideo,
    VideoContents,
    entry_of,
    failed_entry,
    find_run_videos,
    find_video,
    has_overlay,
    read_contents,
    write_index,
    write_overlay,
    write_page,
)

from .options import verb_parser
from .progress import BatchProgress

_EXAMPLES = """
  seqfer report results                                # then open results/report.html
  seqfer report results --videos /mnt/archive          # the videos have moved
  seqfer report results --overlay                      # films with boxes, too: results/report/*.overlay.mp4
  seqfer report results --overlay --faces blurred      # nobody to be recognised
"""


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """What to write.

    Attributes:
        videos: folders where the videos are, if they have moved.
        faces: in the pages' pictures and in overlays: shown, blurred, or none.
        overlay: whether to write films with boxes.
    """

    videos: tuple[Path, ...] = ()
    faces: Faces = "shown"
    overlay: bool = False


def make_parser() -> ArgumentParser:
    """The verb's options."""
    parser = verb_parser(
        "report", "OUT", "Timelines to pages: OUT/report.html, and one page a video in OUT/report.", _EXAMPLES
    )
    parser.add_argument("out", type=Path, help="folder that seqfer run or export wrote to")
    parser.add_argument(
        "--videos", type=Path, nargs="+", default=[], help="folders where the videos are, if they have moved"
    )
    parser.add_argument("--faces", type=Faces, default="shown", help="in pictures of pages, and in overlays")
    parser.add_argument(
        "--overlay", action="store_true", help="write films with boxes, names, emotions and lanes, too (MP4)"
    )
    parser.add_argument("--quiet", action="store_true", help="errors and exit code only")
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    args = make_parser().parse_args(list(argv))
    options = ReportOptions(videos=tuple(args.videos), faces=args.faces, overlay=args.overlay)
    return report_run(args.out, options, quiet=args.quiet)


def report_run(out: Path, options: ReportOptions | None = None, *, quiet: bool) -> int:
    """Write the pages of all videos of a run, and the index.

    Returns:
        0, or 1 where something could not be shown; what the run itself gave up on is part of the report.

    Raises:
        InputError: there is nothing to report, or the index cannot be written.
    """
    videos = find_run_videos(out)
    entries, troubles = [], []
    with BatchProgress(len(videos), "report", enabled=not quiet) as progress:
        for n, video in enumerate(videos):
            entry, said = _report_video(
                video, options or ReportOptions(), functools.partial(progress.fraction, n)
            )
            entries.append(entry)
            troubles += said
            progress.done(n, Outcome(video_id=video.video_id, path=str(video.timeline_path)))
    path = write_index(out, entries)
    for line in troubles:
        print(f"seqfer report: {line}", file=sys.stderr)
    if not quiet:
        pages = sum(entry.page is not None for entry in entries)
        print(f"{pages} of {len(entries)} videos have a page. Open {path}")
    return int(bool(troubles))


def _report_video(
    video: RunVideo, options: ReportOptions, on_progress: Callable[[float], None]
) -> tuple[IndexEntry, list[str]]:
    if video.is_failed:
        return failed_entry(video, ""), []
    faces = options.faces
    try:
        contents = read_contents(video)
        film = find_video(video, contents.source, places=options.videos)
        said = _overlay(contents, film, options, on_progress) if options.overlay else []
        overlay = video.overlay_path if has_overlay(contents, faces=faces) else None
        if faces != "shown" and overlay is None and video.overlay_path.exists():
            said.append(f"{video.overlay_path} still shows faces: make it anew with --overlay, or remove it")
        playable = film if film is not None and film.is_file() else None
        missing = write_page(contents, film=playable, overlay=overlay, faces=faces)
    except StoreError as error:
        video.page_path.unlink(missing_ok=True)  # of an earlier report, and no longer true
        return failed_entry(video, str(error)), [str(error)]
    missing = (*missing, *said)
    return entry_of(contents, missing), [f"{video.video_id}: {line}" for line in missing]


def _overlay(
    contents: VideoContents,
    film: Path | None,
    options: ReportOptions,
    on_progress: Callable[[float], None],
) -> list[str]:
    """Write the overlay; what of it could not be, a line each."""
    if film is None:
        return ["no film with boxes: the video is not found; --videos FOLDER tells where it is"]
    try:
        _, lost = write_overlay(contents, film, faces=options.faces, on_progress=on_progress)
    except InputError as error:
        return [f"no film with boxes: {error}"]
    return list(lost)
