"""One video → one store of face tracks.

A long video is extracted in spans, each into a store of its own, a part; the parts are then joined. They are
made one after the other here, or were made by others before: either way the result is the same.
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from .. import video
from ..errors import VideoError, readable
from ..faces.stitching import pack, unpack
from ..files import link_to
from ..keys import key_of, plain
from ..store import EDGES, StoreWriter, append_parts, create_store, read_part, stored_key
from ..store.schema import FORMAT, PARTS_SUFFIX, VERSION
from .config import ExtractionConfig, extraction_key
from .joining import number_parts
from .span import SpanResult, follow_span

Progress = Callable[[float], None]
_SOFTWARE = ("seqfer", "av", "h5py", "onnxruntime", "opencv-python")


@dataclass(frozen=True, kw_only=True)
class ExtractionResult:
    """What became of one video.

    Attributes:
        num_frames: frames read.
        duration_seconds: from the first frame's time to the end of the last.
        num_tracks: faces followed.
        notes: damage met on the way, in words.
    """

    num_frames: int
    duration_seconds: float
    num_tracks: int
    notes: tuple[str, ...]


def extract_video(
    path: Path | str,
    store_path: Path | str,
    *,
    video_id: str,
    config: ExtractionConfig | None = None,
    on_progress: Progress | None = None,
) -> ExtractionResult:
    """Find, follow and align the faces of one video, and store them.

    Args:
        path: a video file, or a folder of numbered stills.
        store_path: where the HDF5 store goes; it appears there only when complete.
        video_id: name of the video within its run.
        config: settings; the defaults where None.
        on_progress: called now and then with the fraction of the video that is done, 0 to 1.

    Raises:
        VideoError: the video cannot be read at all.
        WeightsError: the detector's weights are absent.
        StoreError: the store cannot be written.
    """
    return _Extraction(path, store_path, video_id, config).all(on_progress or (lambda _: None))


def missing_spans(
    path: Path | str, store_path: Path | str, *, video_id: str, config: ExtractionConfig
) -> tuple[video.Span, ...]:
    """The spans of a long video that are still to be extracted, for who wants to have them done elsewhere.

    None of a video that is extracted in one go.

    Raises:
        VideoError: the video cannot be read at all.
    """
    return _Extraction(path, store_path, video_id, config).missing()


def extract_span(
    path: Path | str,
    store_path: Path | str,
    span: video.Span,
    *,
    video_id: str,
    config: ExtractionConfig,
    on_progress: Progress | None = None,
) -> None:
    """Extract one of the :func:`missing_spans`, to be joined by :func:`extract_video`.

    Raises:
        SeqferError: as :func:`extract_video`.
    """
    _Extraction(path, store_path, video_id, config).part(span, on_progress or (lambda _: None))


def parts_folder(store_path: Path) -> Path:
    """Where the parts of a store wait to be joined."""
    return store_path.with_name(store_path.name + PARTS_SUFFIX)


class _Extraction:
    """One video on its way into a store. What is slow to find out is found out when it is first needed:
    a worker that makes one span need not plan them all, and a short video needs no key to be told as one.
    """

    def __init__(
        self, path: Path | str, store_path: Path | str, video_id: str, config: ExtractionConfig | None
    ) -> None:
        self.path, self.store_path = Path(path), Path(store_path)
        self.config = config or ExtractionConfig()
        self.video_id = video_id
        self.source = video.probe(self.path, video_id=video_id, still_fps=self.config.still_fps)

    @cached_property
    def fingerprint(self) -> str:
        return video.fingerprint(self.path)

    @cached_property
    def key(self) -> str:
        return extraction_key(self.fingerprint, self.config)

    @cached_property
    def spans(self) -> tuple[video.Span, ...]:
        return video.plan_spans(self.source, self.config.span_seconds, reader=self.config.reader)

    def all(self, on_progress: Progress) -> ExtractionResult:
        if len(self.spans) == 1:
            with self._store(self.store_path, self.key) as writer:
                found = self._follow(self.spans[0], writer, on_progress)
                result = self._result(found.times, found.num_tracks, found.notes)
                writer.source = self._described(result)
            return result
        missing = self.missing()
        for done, span in enumerate(missing, start=len(self.spans) - len(missing)):
            self.part(span, _share(on_progress, done, len(self.spans)))
        result = self._join()
        shutil.rmtree(parts_folder(self.store_path), ignore_errors=True)
        return result

    def missing(self) -> tuple[video.Span, ...]:
        if len(self.spans) == 1:
            return ()
        return tuple(
            span
            for span in self.spans
            if stored_key(self._part_path(span), format=FORMAT, version=VERSION, intact=True)
            != self._part_key(span)
        )

    def part(self, span: video.Span, on_progress: Progress) -> None:
        with self._store(self._part_path(span), self._part_key(span)) as writer:
            found = self._follow(span, writer, on_progress)
            writer.keep(EDGES, pack(found.edges))
            writer.source = {"notes": list(found.notes)}
        gc.collect()  # a frame of PyAV with side data refers to itself, and holds its decoder's pictures

    def _join(self) -> ExtractionResult:
        parts = [read_part(self._part_path(span)) for span in self.spans]
        numbering = number_parts(parts, [unpack(p.edges) for p in parts], self.config.tracking)
        times = np.concatenate([p.frame_pts_seconds for p in parts]).tolist()
        notes = [note for part in parts for note in part.notes]
        result = self._result(times, numbering.num_tracks, notes)
        with self._store(self.store_path, self.key) as writer:
            append_parts(writer, parts, numbering.track_ids, numbering.first_shots)
            writer.source = self._described(result)
        return result

    def _follow(self, span: video.Span, writer: StoreWriter, on_progress: Progress) -> SpanResult:
        seconds = (span.stop_seconds or self.source.duration_seconds or 0.0) - span.start_seconds

        def on_time(now: float) -> None:
            if seconds > 0:
                on_progress(min(1.0, (now - span.start_seconds) / seconds))

        return follow_span(self.source, span, writer, self.config, on_time)

    def _result(self, times: Sequence[float], num_tracks: int, notes: Sequence[str]) -> ExtractionResult:
        if not times:
            raise VideoError(self.path, "holds no picture that can be decoded")
        steps = np.diff(times)
        last = float(np.median(steps)) if len(steps) else 0.0
        return ExtractionResult(
            num_frames=len(times),
            duration_seconds=times[-1] - times[0] + last,
            num_tracks=num_tracks,
            notes=tuple(notes),
        )

    def _described(self, result: ExtractionResult) -> dict[str, Any]:
        return {
            "name": readable(self.path.name),
            "link": link_to(self.path, self.store_path.parent),
            "fingerprint": self.fingerprint,
            "kind": self.source.kind,
            "width": self.source.width,
            "height": self.source.height,
            "average_fps": self.source.average_fps,
            "num_frames": result.num_frames,
            "duration_seconds": result.duration_seconds,
            "notes": list(result.notes),
        }

    def _store(self, path: Path, key: str) -> AbstractContextManager[StoreWriter]:
        return create_store(
            path,
            video_id=self.video_id,
            key=key,
            config=plain(self.config),
            software=_software(),
            crop_codec=self.config.crop_codec,
            jpeg_quality=self.config.jpeg_quality,
        )

    def _part_path(self, span: video.Span) -> Path:
        return parts_folder(self.store_path) / f"{span.index:05d}.h5"

    def _part_key(self, span: video.Span) -> str:
        return key_of(whole=self.key, span=span)


@lru_cache
def _software() -> dict[str, str]:
    return {name: version(name) for name in _SOFTWARE}


def _share(on_progress: Progress, done: int, total: int) -> Progress:
    """Progress of one span of many as progress of all."""
    return lambda fraction: on_progress((done + fraction) / total)
