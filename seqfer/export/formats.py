"""The formats by name, and writing several of them for one video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from .common import VideoReport
from .config import ExportConfig, FormatName


@dataclass(frozen=True)
class Format:
    """A way to write a video's timelines.

    Attributes:
        suffix: the end of the file's name.
        place: ``module.function`` that writes it; loaded when first wanted, with the libraries it needs.
        description: what it is, or is for.
    """

    suffix: str
    place: str
    description: str

    @property
    def write(self) -> Callable[[Path, VideoReport], None]:
        """Write a report to a path."""
        module, function = self.place.split(".")
        return getattr(import_module(f".{module}", __package__), function)


#: ``json`` comes last: it carries the key, so where it stands, all the others do.
FORMATS: dict[FormatName, Format] = {
    "csv": Format(".segments.csv", "segments_csv.write", "one row a segment"),
    "transitions": Format(".transitions.csv", "transitions_csv.write", "one row a change of emotion"),
    "frames": Format(".frames.csv", "frames_csv.write", "one row a frame and track"),
    "parquet": Format(".frames.parquet", "parquet.write", "the same, for pandas, R, DuckDB"),
    "synchrony": Format(".synchrony.csv", "synchrony_csv.write", "how far two faces move together"),
    "eaf": Format(".eaf", "eaf.write", "ELAN: look at it, correct it"),
    "textgrid": Format(".TextGrid", "textgrid.write", "Praat"),
    "vtt": Format(".vtt", "captions.write_vtt", "subtitles for browsers (WebVTT)"),
    "srt": Format(".srt", "captions.write_srt", "subtitles for players (SubRip)"),
    "rttm": Format(".rttm", "rttm.write", "one line a segment, as in speech diarisation"),
    "json": Format(".json", "timeline_json.write", "segments, transitions, source and model"),
}


def output_path(folder: Path, video_id: str, format_name: FormatName) -> Path:
    """Where a format of a video goes."""
    return folder / (video_id + FORMATS[format_name].suffix)


def write_outputs(folder: Path, report: VideoReport, config: ExportConfig) -> list[Path]:
    """Write the formats asked for, and JSON, which tells all whatever the others leave out.

    Each file appears only when complete.

    Raises:
        InputError: a file cannot be written, or the library that writes it is not there.
    """
    paths = []
    selected = report.selected(config)
    for name, format in FORMATS.items():
        if name in config.to or name == "json":
            paths.append(output_path(folder, report.video_id, name))
            format.write(paths[-1], report if name == "json" else selected)
    return paths
