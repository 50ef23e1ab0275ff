"""What a run's folder holds: its videos, what became of them, where they are now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..export.timeline_json import FORMAT
from ..jobs import SUMMARY_NAME, read_summary
from ..store import store_path, stores_by_video
from ..video.discover import natural_key

INDEX_NAME = "report.html"
_REPORT_FOLDER = "report"
_NOT_TIMELINES = frozenset({"persons.json"})


@dataclass(frozen=True, kw_only=True)
class RunVideo:
    """One video of a run.

    Attributes:
        video_id: its name within the run.
        out: the run's folder.
        error: why the run gave up on it, in one line; empty where it did not.
        notes: damage that was met and read around.
        named_path: the path by which the user named the video; empty where no summary tells.
    """

    video_id: str
    out: Path
    error: str = ""
    notes: str = ""
    named_path: str = ""

    @property
    def timeline_path(self) -> Path:
        return self.out / f"{self.video_id}.json"

    @property
    def predictions_path(self) -> Path:
        return store_path(self.out, "predictions", self.video_id)

    @property
    def tracks_path(self) -> Path:
        return store_path(self.out, "tracks", self.video_id)

    @property
    def page_path(self) -> Path:
        """Where its page goes."""
        return self.out / _REPORT_FOLDER / f"{self.video_id}.html"

    @property
    def overlay_path(self) -> Path:
        """Where its film with boxes goes."""
        return self.out / _REPORT_FOLDER / f"{self.video_id}.overlay.mp4"

    @property
    def is_failed(self) -> bool:
        """The run gave up on it, and nothing of an earlier run is left."""
        return bool(self.error) and not self.timeline_path.exists()


def find_run_videos(out: Path) -> list[RunVideo]:
    """The videos of a run's folder, in natural order: those of ``summary.csv``, and those with results.

    Raises:
        InputError: no such folder, no videos in it, or a ``summary.csv`` that cannot be read.
    """
    if not out.is_dir():
        raise InputError(out, "no such folder")
    told = {video.video_id: video for video in _summary(out)}
    found = {*told, *_timelines(out), *stores_by_video(out, "tracks"), *stores_by_video(out, "predictions")}
    if not found:
        raise InputError(out, "nothing to report: neither timelines nor a summary.csv of seqfer run here")
    return [told.get(name) or RunVideo(video_id=name, out=out) for name in sorted(found, key=natural_key)]


def find_video(video: RunVideo, source: Mapping[str, Any], *, places: tuple[Path, ...] = ()) -> Path | None:
    """Where the video is now: below ``places``, as its timeline links it, as it was named, or by the results.

    Args:
        source: what its timeline tells of it: ``name``, and ``link`` where that is known.
        places: folders that hold videos, or are their roots.
    """
    name, inner = Path(str(source.get("name") or "")).name, Path(video.video_id).parent
    candidates = [path for place in places for path in (place / inner / name, place / name)]
    if source.get("link"):
        candidates.append(video.timeline_path.parent / str(source["link"]))
    if video.named_path:
        candidates.append(Path(video.named_path))
    candidates += [place / part for place in (video.out, video.out.parent) for part in (inner / name, name)]
    return next((path for path in candidates if path.name == name and _exists(path)), None)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _summary(out: Path) -> Iterator[RunVideo]:
    if not (out / SUMMARY_NAME).exists():
        return
    for row in read_summary(out):
        if name := _safe(row.get("video") or ""):
            yield RunVideo(
                video_id=name,
                out=out,
                error=row.get("error") or "" if row.get("status") == "failed" else "",
                notes=row.get("notes") or "",
                named_path=row.get("path") or "",
            )


def _safe(video_id: str) -> str:
    """A name that leads nowhere out of the run's folder, or nothing: a summary may have been edited."""
    parts = Path(video_id).parts
    return "" if "\0" in video_id or ".." in parts or Path(video_id).is_absolute() else video_id


def _timelines(out: Path) -> Iterator[str]:
    """Names of the JSON files that are timelines, or cannot be told not to be."""
    for path in out.rglob("*.json"):
        inner = path.relative_to(out)
        hidden = any(part.startswith(".") for part in inner.parts)
        if not hidden and inner.as_posix() not in _NOT_TIMELINES and _may_be_timeline(path):
            yield inner.with_suffix("").as_posix()


def _may_be_timeline(path: Path) -> bool:
    """By its first bytes, which name the format: a whole document is read once, later."""
    try:
        with path.open("rb") as file:
            head = file.read(200).lstrip()
    except OSError:
        return True
    if FORMAT.encode() in head:
        return True
    try:
        json.loads(path.read_bytes())
    except (OSError, ValueError):
        return True  # damaged: it is said when it is read
    return False
