"""Random access by decord (optional): RGB frames, where decord and the container are of one mind.

decord knows neither edit lists nor transport streams, and cannot be had on every platform. So it is
asked only after its frame count and times were checked against the packets of the container, and
anything it cannot do is a :class:`DecordUnfitError`, upon which the caller reads with PyAV.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from ..errors import VideoError
from .container import open_video
from .frame import Frame
from .picture import RgbPicture

_TOLERANCE_SECONDS = 1e-3  # decord keeps its times in single precision


class DecordUnfitError(Exception):
    """decord is absent, failed, or disagrees with the container; the message says which."""


class DecordVideo:
    """One file opened by decord, checked against its packets.

    Attributes:
        pts_seconds: float64 (N,), exact, zero at the first displayed frame.

    Raises:
        VideoError: the file is no video (see :func:`seqfer.video.container.open_video`).
        DecordUnfitError: read it with PyAV.
    """

    def __init__(self, path: Path) -> None:
        times = packet_times(path)
        if times is None:
            raise DecordUnfitError("the container does not give every frame one time")
        try:
            import decord
        except Exception as error:  # a missing shared library surfaces as OSError or RuntimeError
            raise DecordUnfitError(f"decord cannot be imported ({_first_line(error)})") from error
        try:
            decord.logging.set_level(decord.logging.QUIET)
            self._reader: Any = decord.VideoReader(str(path), ctx=decord.cpu(0), num_threads=1)
            theirs = self._reader.get_frame_timestamp(range(len(self._reader)))[:, 0].astype(np.float64)
        except Exception as error:
            raise DecordUnfitError(f"decord cannot open it ({_first_line(error)})") from error
        if len(theirs) != len(times):
            raise DecordUnfitError(f"decord counts {len(theirs)} frames, the container {len(times)}")
        slack = _TOLERANCE_SECONDS + 1e-6 * times
        if np.any(np.abs((theirs - theirs[0]) - times) > slack):
            raise DecordUnfitError("decord's times are not the container's")
        self.pts_seconds = times

    def __len__(self) -> int:
        return len(self.pts_seconds)

    def rgb(self, index: int) -> NDArray[np.uint8]:
        """uint8 (H, W, 3), upright.

        Raises:
            DecordUnfitError: this frame cannot be decoded.
        """
        try:
            return self._reader[index].asnumpy()
        except Exception as error:
            raise DecordUnfitError(f"decord stops at frame {index} ({_first_line(error)})") from error

    def frames(self) -> Iterator[Frame]:
        """Every frame in order."""
        for index, seconds in enumerate(self.pts_seconds.tolist()):
            yield Frame(frame_index=index, pts_seconds=seconds, picture=RgbPicture(data=self.rgb(index)))


def packet_times(path: Path) -> NDArray[np.float64] | None:
    """Times of the displayed frames as the packets have them, without decoding: float64 (N,), sorted.

    None where packets do not tell: damaged, without a time, or two of one time.
    """
    ticks: list[int] = []
    with open_video(path) as (container, stream), suppress(av.error.FFmpegError):
        for packet in container.demux(stream):
            if packet.size == 0 or packet.is_discard:
                continue
            if packet.pts is None or packet.is_corrupt:
                return None
            ticks.append(packet.pts)
        ticks.sort()
        if not ticks or any(a == b for a, b in zip(ticks, ticks[1:], strict=False)):
            return None
        base = stream.time_base
        return np.array([float((tick - ticks[0]) * base) for tick in ticks])
    return None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120]


__all__ = ["DecordUnfitError", "DecordVideo", "VideoError", "packet_times"]
