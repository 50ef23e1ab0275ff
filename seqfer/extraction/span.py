"""One span of a video: frames → shots → detections → tracks → aligned crops, in one pass and flat memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from .. import video
from ..faces import DetectorConfig, FaceDetector, ShotTracker, make_dense, make_detector, mark_shots
from ..faces.dense import DenseLandmarks
from ..faces.gradual import LONGEST
from ..faces.stitching import SpanEdges, TrackEnds
from ..store import StoreWriter
from .config import ExtractionConfig

_REPORT_FRAMES = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class SpanResult:
    """What became of one span.

    Attributes:
        times: presentation time of each frame, seconds.
        num_tracks: faces followed.
        notes: damage met on the way, in words.
        edges: what is needed to join the span with its neighbours.
    """

    times: list[float]
    num_tracks: int
    notes: tuple[str, ...]
    edges: SpanEdges


def follow_span(
    source: video.VideoSource,
    span: video.Span,
    writer: StoreWriter,
    config: ExtractionConfig,
    on_time: Callable[[float], None],
) -> SpanResult:
    """Track every shot of a span into a store; frames count from the beginning of the span.

    Args:
        on_time: called now and then with the presentation time reached, seconds.

    Raises:
        VideoError: the video cannot be read.
        WeightsError: the detector's weights are absent.
    """
    detector, dense = _networks(config.detector)
    notes: list[str] = []
    times: list[float] = []
    head: list[np.ndarray] = []
    tail: deque[np.ndarray] = deque(maxlen=LONGEST)
    opening: list[TrackEnds] | None = None
    tracker: ShotTracker | None = None
    current: tuple[int, tuple[int, int]] | None = None  # shot, and size of its pictures: both may change
    frames = video.read_frames(source, span=span, reader=config.reader, on_damage=notes.append)
    with closing(frames):
        for frame, shot, small in mark_shots(_counted(frames)):
            if tracker is None or (shot, frame.size) != current:
                first = 0
                if tracker is not None:
                    writer.add_blocks(tracker.finish())
                    opening = tracker.ends() if opening is None else opening
                    first = tracker.next_track_id
                tracker = ShotTracker(
                    detector,
                    config.tracking,
                    crop_size=config.crop_size,
                    dense=dense,
                    first_track_id=first,
                    goes_on=tracker is None and span.index > 0,
                )
                current = shot, frame.size
            writer.add_frame(frame.pts_seconds, shot, frame.is_damaged)
            times.append(frame.pts_seconds)
            tail.append(small)
            if len(head) < LONGEST:
                head.append(small)
            writer.add_blocks(tracker.feed(frame, small))
            if len(times) % _REPORT_FRAMES == 0:
                on_time(times[-1])
    ends: list[TrackEnds] = []
    if tracker is not None:
        writer.add_blocks(tracker.finish(goes_on=span.stop_tick is not None))
        ends = tracker.ends()
    edges = SpanEdges(
        opening=ends if opening is None else opening, closing=ends, head=np.array(head), tail=np.array(tail)
    )
    num_tracks = tracker.next_track_id if tracker is not None else 0
    return SpanResult(times=times, num_tracks=num_tracks, notes=tuple(notes), edges=edges)


def _counted(frames: Iterator[video.Frame]) -> Iterator[video.Frame]:
    for index, frame in enumerate(frames):
        yield frame if frame.frame_index == index else replace(frame, frame_index=index)


@lru_cache(maxsize=2)
def _networks(config: DetectorConfig) -> tuple[FaceDetector, DenseLandmarks | None]:
    return make_detector(config), make_dense(config)  # loading takes longer than a short video
