"""The formats by name, and writing several of them for one video."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from . import frames_csv, segments_csv, timeline_json
from .common import VideoReport

FormatName = Literal["csv", "json", "frames"]


@dataclass(frozen=True)
class Format:
    """A way to write a video's timelines: the end of the file's name, and the function that writes it."""

    suffix: str
    write: Callable[[Path, VideoReport], None]
    description: str


#: ``json`` comes last: it carries the key, so where it stands, all the others do.
FORMATS: dict[str, Format] = {
    "csv": Format(".segments.csv", segments_csv.write, "one row a segment"),
    "frames": Format(".frames.csv", frames_csv.write, "one row a frame and track"),
    "json": Format(".json", timeline_json.write, "segments, transitions, source and model"),
}


def output_path(folder: Path, video_id: str, format_name: str) -> Path:
    """Where a format of a video goes."""
    return folder / (video_id + FORMATS[format_name].suffix)


def write_outputs(folder: Path, report: VideoReport, formats: Sequence[str]) -> list[Path]:
    """Write the formats asked for; each file appears only when complete.

    Raises:
        InputError: a file cannot be written.
    """
    paths = []
    for name, format in FORMATS.items():
        if name in formats:
            paths.append(output_path(folder, report.video_id, name))
            format.write(paths[-1], report)
    return paths
