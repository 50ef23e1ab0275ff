"""Extraction: frames → shots → detections → tracks → aligned crops → HDF5, in one pass and flat memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import numpy as np

from .. import video
from ..errors import VideoError, readable
from ..faces import DetectorConfig, FaceDetector, ShotTracker, TrackingConfig, make_detector, mark_shots
from ..faces.align import TEMPLATE_NAME
from ..keys import key_of, plain
from ..store import StoreWriter, create_store
from ..store.schema import VERSION


@dataclass(frozen=True, kw_only=True)
class ExtractionConfig:
    """Everything that decides what is in a track store.

    Attributes:
        reader: ``auto`` reads with PyAV in the video's own colour planes; ``decord`` asks for decord,
            with PyAV where decord fails or disagrees with the container.
        crop_size: side of the aligned crops, pixels.
        crop_codec: ``jpeg`` (about a fifth of the size) or ``raw``.
        jpeg_quality: 1 to 100.
        still_fps: frames per second that a folder of numbered stills is declared to have.
        detector: which network finds faces.
        tracking: how faces are looked for and followed.
    """

    reader: Literal["auto", "pyav", "decord"] = "auto"
    crop_size: int = 112
    crop_codec: Literal["jpeg", "raw"] = "jpeg"
    jpeg_quality: int = 95
    still_fps: float = 30.0
    detector: DetectorConfig = field(default_factory=DetectorConfig)
    tracking: TrackingConfig = field(default_factory=TrackingConfig)

    def __post_init__(self) -> None:
        if not 16 <= self.crop_size <= 1024:
            raise ValueError(f"crop_size must lie between 16 and 1024 pixels, got {self.crop_size}")
        if not 1 <= self.jpeg_quality <= 100:
            raise ValueError(f"jpeg_quality must lie between 1 and 100, got {self.jpeg_quality}")
        if not self.still_fps > 0:
            raise ValueError(f"still_fps must be above 0, got {self.still_fps}")


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


def extraction_key(fingerprint: str, config: ExtractionConfig) -> str:
    """Digest of all that a store's content depends on; see :mod:`seqfer.keys`."""
    return key_of(stage="extract", format=VERSION, template=TEMPLATE_NAME, source=fingerprint, config=config)


def extract_video(
    path: Path,
    store_path: Path,
    *,
    video_id: str,
    config: ExtractionConfig | None = None,
    on_progress: Callable[[float], None] | None = None,
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
    config = config or ExtractionConfig()
    source = video.probe(path, video_id=video_id, still_fps=config.still_fps)
    fingerprint = video.fingerprint(path)
    detector = _detector(config.detector)
    notes: list[str] = []
    frames: Iterator[video.Frame] = video.read_frames(source, reader=config.reader, on_damage=notes.append)
    with create_store(
        store_path,
        video_id=video_id,
        key=extraction_key(fingerprint, config),
        config=plain(config),
        software={name: version(name) for name in ("seqfer", "av", "h5py", "onnxruntime", "opencv-python")},
        crop_codec=config.crop_codec,
        jpeg_quality=config.jpeg_quality,
    ) as writer:
        if on_progress and source.num_frames:
            frames = _reported(frames, source.num_frames, on_progress)
        times, num_tracks = _follow(frames, writer, detector, config)
        if not times:
            raise VideoError(path, "holds no picture that can be decoded")
        steps = np.diff(times)
        duration = times[-1] - times[0] + (float(np.median(steps)) if len(steps) else 0.0)
        result = ExtractionResult(
            num_frames=len(times), duration_seconds=duration, num_tracks=num_tracks, notes=tuple(notes)
        )
        writer.source = {
            "name": readable(Path(path).name),
            "fingerprint": fingerprint,
            "kind": source.kind,
            "width": source.width,
            "height": source.height,
            "average_fps": source.average_fps,
            "num_frames": result.num_frames,
            "duration_seconds": result.duration_seconds,
            "notes": notes,
        }
    return result


def _follow(
    frames: Iterable[video.Frame],
    writer: StoreWriter,
    detector: FaceDetector,
    config: ExtractionConfig,
) -> tuple[list[float], int]:
    """Track every shot into the store; times of all frames, and how many tracks there were."""
    times: list[float] = []
    tracker: ShotTracker | None = None
    current = -1
    for frame, shot, _ in mark_shots(frames):
        if tracker is None or shot != current:
            first = 0
            if tracker is not None:
                for rows in tracker.finish():
                    writer.add_rows(rows)
                first = tracker.next_track_id
            tracker = ShotTracker(detector, config.tracking, crop_size=config.crop_size, first_track_id=first)
            current = shot
        writer.add_frame(frame.pts_seconds, shot, frame.is_damaged)
        times.append(frame.pts_seconds)
        for rows in tracker.feed(frame):
            writer.add_rows(rows)
    if tracker is None:
        return times, 0
    for rows in tracker.finish():
        writer.add_rows(rows)
    return times, tracker.next_track_id


def _reported(
    frames: Iterable[video.Frame], num_frames: int, on_progress: Callable[[float], None]
) -> Iterator[video.Frame]:
    for frame in frames:
        yield frame
        if frame.frame_index % 16 == 0:
            on_progress(min(1.0, frame.frame_index / num_frames))


@lru_cache(maxsize=2)
def _detector(config: DetectorConfig) -> FaceDetector:
    return make_detector(config)  # loading takes longer than a short video
