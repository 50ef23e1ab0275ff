"""Where the time of one extraction goes, by stage: each function's own time, without others listed."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

from seqfer.extraction import extract, extract_video, span
from seqfer.faces import centerface, rows, shots, tracker
from seqfer.store import writer
from seqfer.video import frame

_STAGES: tuple[tuple[Any, str, str], ...] = (
    (frame.Frame, "grey", "thumbnails"),
    (shots, "_judged", "shots"),
    (frame.Frame, "rgb_resized", "scale"),
    (centerface.CenterFace, "detect", "detect"),
    (frame.Frame, "crop", "crop"),
    (rows, "measure", "quality"),
    (tracker.ShotTracker, "feed", "link and interpolate"),
    (tracker.ShotTracker, "finish", "link and interpolate"),
    (writer.StoreWriter, "_encoded", "encode"),
    (writer.StoreWriter, "append_track", "write"),
    (writer.StoreWriter, "append_frames", "write"),
    (span.video, "read_frames", "decode"),
    (extract.video, "probe", "probe, fingerprint"),
    (extract.video, "fingerprint", "probe, fingerprint"),
)


def stage_table(path: Path, store: Path) -> str:
    """Markdown table of one extraction, after one that warms up."""
    extract_video(path, store, video_id="warm")
    spent: dict[str, float] = {}
    inner: list[float] = []  # of each listed function that is running, time in others that it called

    def timed(step: Any, stage: str) -> Any:
        inner.append(0.0)
        began = time.perf_counter()
        try:
            return step()
        finally:
            took = time.perf_counter() - began
            spent[stage] = spent.get(stage, 0.0) + took - inner.pop()
            if inner:
                inner[-1] += took

    def stepped(steps: Iterator[Any], stage: str) -> Iterator[Any]:
        while True:
            try:
                item = timed(lambda: next(steps), stage)
            except StopIteration:
                return
            yield item

    def watched(function: Any, stage: str) -> Any:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            result = timed(lambda: function(*args, **kwargs), stage)
            return stepped(result, stage) if isinstance(result, Iterator) else result

        return call

    with ExitStack() as stack:
        for owner, name, stage in _STAGES:
            stack.enter_context(mock.patch.object(owner, name, watched(getattr(owner, name), stage)))
        began = time.perf_counter()
        result = extract_video(path, store, video_id="timed")
        total = time.perf_counter() - began
    spent["rest"] = total - sum(spent.values())
    lines = ["| stage | ms/frame | share |", "|---|---:|---:|"]
    for stage, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        lines.append(f"| {stage} | {1000 * seconds / result.num_frames:.2f} | {seconds / total:.0%} |")
    return "\n".join(lines)
