"""Random access by PyAV: to the key frame before, and on from there to the very time stamp."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from .container import UNREADABLE, open_video
from .frame import Frame
from .packets import PacketIndex, index_packets
from .pyav_reader import Orientations, picture_of


def frames_by_seeking(path: Path, wanted: set[int]) -> list[Frame] | None:
    """The wanted frames, in order; those beyond the end are left out.

    None where single frames cannot be told apart by time, or where what is decoded is not what the
    packets promised: then only a reading from the start is right.

    Raises:
        VideoError: see :func:`seqfer.video.container.open_video`.
    """
    index = index_packets(path)
    if index is None:
        return None
    try:
        with open_video(path) as (container, stream):
            return list(_fetch(container, stream, index, sorted(i for i in wanted if 0 <= i < len(index))))
    except UNREADABLE:
        return None


def _fetch(
    container: av.container.InputContainer, stream: av.VideoStream, index: PacketIndex, wanted: list[int]
) -> Iterator[Frame]:
    keys = np.flatnonzero(index.is_key)
    times = index.pts_seconds
    orientations = Orientations(stream)
    position = -1  # of the last frame decoded
    decoding: Iterator[av.VideoFrame] = iter(())
    for target in wanted:
        before = keys[keys <= target]
        key = int(before[-1]) if len(before) else 0
        if position < 0 or key > position:
            container.seek(int(index.ticks[key]), stream=stream)
            decoding = container.decode(stream)
        for decoded in decoding:
            if decoded.pts == index.ticks[target]:
                break
            if decoded.pts is None or decoded.pts > index.ticks[target]:
                raise LookupError(f"frame {target} is not where its packet says")
        else:
            raise LookupError(f"frame {target} does not come")
        position = target
        yield Frame(
            frame_index=target,
            pts_seconds=float(times[target]),
            picture=picture_of(decoded),
            orientation=orientations.of(decoded),
        )
