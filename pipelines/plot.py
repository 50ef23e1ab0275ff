"""``seqfer plot``: figures for papers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from jsonargparse import ArgumentParser, Namespace

from seqfer.errors import InputError
from seqfer.export import ExportConfig
from seqfer.export.timeline_json import documents_below, parse_timelines, read_document
from seqfer.figures import SUFFIXES, Lane, draw_onsets, draw_timelines, draw_transitions, save_figure
from seqfer.store import read_predictions, store_path

from .options import Words, parsed, verb_parser

_EXAMPLES = """
  seqfer plot results/clip.json -o figure.svg                       a lane for each face
  seqfer plot results/clip.json --from 60 --until 90 -o figure.pdf  half a minute of it
  seqfer plot results --kind transitions -o figure.pdf              which emotion follows which, in all videos
  seqfer plot results --kind onsets --emotion happiness -o smile.png
"""


def make_parser() -> ArgumentParser:
    """The verb's options."""
    parser = verb_parser(
        "plot", "PLACE -o FILE", "Figures for papers, of one video's timelines or of a run's.", _EXAMPLES
    )
    parser.add_argument("place", type=Path, help="a timeline (OUT/<video>.json), or a run's folder")
    parser.add_argument("-o", "--out", type=Path, required=True, help=f"file to write: {', '.join(SUFFIXES)}")
    parser.add_argument(
        "--kind",
        type=Literal["timeline", "transitions", "onsets"],
        default="timeline",
        help="lanes coloured by emotion; the transition matrix; the mean course around onsets",
    )
    parser.add_argument(
        "--emotion", type=Words, default=Words(), metavar="NAME,…", help="of onsets: only these"
    )
    parser.add_argument("--person", type=Words, default=Words(), metavar="NAME,…", help="only these")
    parser.add_argument(
        "--min-duration", type=float, default=0.0, metavar="SECONDS", help="leave out shorter segments"
    )
    parser.add_argument("--from", type=float, default=0.0, metavar="SECONDS", help="where to begin")
    parser.add_argument("--until", type=float, default=float("inf"), metavar="SECONDS", help="where to end")
    parser.add_argument("--title", type=str, default="", help="over the figure")
    parser.add_argument("--dpi", type=int, default=300, help="of PNG")
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the verb; see :func:`seqfer.pipelines.__main__.main` for the exit code."""
    parser = make_parser()
    made = parsed(parser, argv)
    if made.out.suffix.lower() not in SUFFIXES:
        parser.error(f"{made.out}: a figure's name ends in {', '.join(SUFFIXES)}")
    if not made["from"] < made.until:
        parser.error(f"--from {made['from']} is not before --until {made.until}")
    try:
        chosen = ExportConfig(min_duration_seconds=made.min_duration, persons=tuple(made.person))
    except ValueError as error:
        parser.error(str(error))
    lanes = _lanes(made, chosen)
    try:
        if made.kind == "timeline":
            figure = draw_timelines(lanes, title=made.title)
        elif made.kind == "transitions":
            figure = draw_transitions([timeline for timeline, _ in lanes], title=made.title)
        else:
            figure = draw_onsets(lanes, tuple(made.emotion), title=made.title)
    except ValueError as error:
        raise InputError(made.place, str(error)) from error
    save_figure(made.out, figure, dpi=made.dpi)
    return 0


def _lanes(made: Namespace, chosen: ExportConfig) -> list[Lane]:
    """The faces of a document or of a run, with their predictions where a figure shows curves."""
    lanes: list[Lane] = []
    for path in documents_below(made.place) if made.place.is_dir() else [made.place]:
        document = read_document(path)
        timelines = parse_timelines(path, document)
        tracks = {}
        if made.kind != "transitions" and timelines:
            root = path.parents[timelines[0].video_id.count("/")]
            store = store_path(root, "predictions", timelines[0].video_id)
            if made.kind == "onsets" or store.is_file():
                tracks = {track.track_id: track for track in read_predictions(store).tracks}
        for timeline in timelines:
            if chosen.wants(timeline.track_id, timeline.person_id):
                cut = timeline.crop(made["from"], made.until).lasting(chosen.min_duration_seconds)
                lanes += [(cut, tracks.get(timeline.track_id))] if len(cut) else []
    return lanes
