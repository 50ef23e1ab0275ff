"""``report.html``: the index of a run, with what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from markupsafe import Markup

from ..colours import colours_of
from ..errors import readable
from ..files import atomic_text
from ..labels import EMOTIONS, Vocabulary
from .contents import VideoContents
from .markup import render
from .packing import packed_json
from .page import relative_address
from .run import INDEX_NAME, RunVideo
from .wording import chips, counted, span

_SCRIPTS = ("base.js", "table.js", "index.js")
_STATUS_WORDS = {"": "All", "ok": "With a page", "failed": "Failed", "unfinished": "Unfinished"}


@dataclass(frozen=True, kw_only=True)
class IndexEntry:
    """A row of the index.

    Attributes:
        video_id: name of the video within its run.
        page: its page; None where there is none.
        status: ``ok`` has a page, ``failed`` cannot have one, ``unfinished`` has no timeline yet.
        duration_seconds, num_faces, num_segments: None where there is no timeline.
        emotion_seconds: how long each emotion was shown.
        remark: why it failed, or what is missing.
    """

    video_id: str
    page: Path | None = None
    status: Literal["ok", "failed", "unfinished"] = "ok"
    duration_seconds: float | None = None
    num_faces: int | None = None
    num_segments: int | None = None
    emotion_seconds: dict[str, float] = field(default_factory=dict)
    remark: str = ""


def entry_of(contents: VideoContents, missing: Sequence[str]) -> IndexEntry:
    """The row of a video that has a page."""
    video = contents.video
    return IndexEntry(
        video_id=video.video_id,
        page=video.page_path,
        duration_seconds=contents.duration_seconds,
        num_faces=len(contents.lanes),
        num_segments=contents.num_segments,
        emotion_seconds=contents.emotion_seconds,
        remark="; ".join(note for note in (video.error, video.notes, *missing) if note),
    )


def failed_entry(video: RunVideo, reason: str) -> IndexEntry:
    """The row of a video that can have no page."""
    began = not video.error and not video.timeline_path.exists()
    return IndexEntry(
        video_id=video.video_id, status="unfinished" if began else "failed", remark=video.error or reason
    )


def write_index(out: Path, entries: Sequence[IndexEntry]) -> Path:
    """Write the index of a run's folder; where it is.

    Raises:
        InputError: it cannot be written.
    """
    path = out / INDEX_NAME
    vocabulary = _vocabulary(entries)
    colours = colours_of(vocabulary)
    totals = {name: sum(e.emotion_seconds.get(name, 0.0) for e in entries) for name in vocabulary}
    failures = [e for e in entries if e.status != "ok"]
    shown = chips(totals, colours)
    data = {
        "emotions": list(vocabulary),
        "colours": list(colours.values()),
        "videos": [_row(entry, vocabulary, out) for entry in entries],
    }
    text = render(
        "index.html",
        _SCRIPTS,
        "startIndex",
        name=readable(out.resolve().name) or "Run",
        facts=_facts(entries),
        chips=shown,
        overall_words=", ".join(f"{c['name']} {c['words']}" for c in shown),
        failures=[{"name": e.video_id, "reason": e.remark} for e in failures],
        failures_words=f"{counted(len(failures), 'video')} without a page",
        statuses=_statuses(entries),
        made_by=f"Made by seqfer {version('seqfer')}. Durations are summed over all faces.",
        data=Markup(packed_json(data)),
    )
    with atomic_text(path) as file:
        file.write(text)
    return path


def _row(entry: IndexEntry, vocabulary: Vocabulary, out: Path) -> dict[str, object]:
    return {
        "id": entry.video_id,
        "href": None if entry.page is None else relative_address(entry.page, out),
        "status": entry.status,
        "duration": entry.duration_seconds,
        "faces": entry.num_faces,
        "segments": entry.num_segments,
        "seconds": [round(entry.emotion_seconds.get(name, 0.0), 3) for name in vocabulary],
        "remark": entry.remark,
    }


def _vocabulary(entries: Iterable[IndexEntry]) -> Vocabulary:
    """All names met, those of the seven first and in their order; models of a run may differ."""
    met = dict.fromkeys(name for entry in entries for name in entry.emotion_seconds)
    names = [n for n in EMOTIONS if n in met] + [n for n in met if n not in EMOTIONS]
    return Vocabulary(tuple(names or EMOTIONS))


def _facts(entries: Sequence[IndexEntry]) -> list[str]:
    done = [e for e in entries if e.status == "ok"]
    facts = [
        counted(len(entries), "video"),
        span(sum(e.duration_seconds or 0 for e in done)),
        counted(sum(e.num_faces or 0 for e in done), "face"),
        counted(sum(e.num_segments or 0 for e in done), "segment"),
    ]
    failed = len(entries) - len(done)
    return [*facts, f"{failed:,} without a page"] if failed else facts


def _statuses(entries: Sequence[IndexEntry]) -> list[dict[str, str]]:
    present = {entry.status for entry in entries}
    if len(present) < 2:
        return []
    return [{"key": key, "words": words} for key, words in _STATUS_WORDS.items() if not key or key in present]
