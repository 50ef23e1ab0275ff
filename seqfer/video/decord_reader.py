"""Reading by decord (optional): RGB frames, where decord and the container are of one mind.

decord knows neither edit lists nor transport streams, and cannot be had on every platform. So it is
trusted only after its frame count and times were checked against the packets of the container, and
whatever it cannot do is a :class:`DecordUnfitError`, upon which the caller reads with PyAV.

However fast its frames are fetched, decord decodes ahead up to the next key frame and keeps all of that
as RGB. Where key frames lie so far apart that this would fill memory, it is not used.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import first_line
from .frame import Frame
from .packets import index_packets
from .picture import RgbPicture

_TOLERANCE_SECONDS = 1e-3  # decord keeps its times in single precision
_MAX_QUEUE_BYTES = 1 << 30


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
        index = index_packets(path)
        if index is None:
            raise DecordUnfitError("the container does not give every frame one time")
        if index.may_reset_clock:  # where it loses a frame it shows its neighbour again, and tells nobody
            raise DecordUnfitError("decord does not read transport and program streams rightly")
        if index.pixel_aspect != 1:
            raise DecordUnfitError("decord does not make pixels square")
        self.pts_seconds = index.pts_seconds
        try:
            import decord
        except Exception as error:  # a missing shared library surfaces as OSError or RuntimeError
            raise DecordUnfitError(f"decord cannot be imported ({_gist(error)})") from error
        try:
            decord.logging.set_level(decord.logging.QUIET)
            self._reader: Any = decord.VideoReader(str(path), ctx=decord.cpu(0), num_threads=1)
            theirs = self._reader.get_frame_timestamp(range(len(self._reader)))[:, 0].astype(np.float64)
        except Exception as error:
            raise DecordUnfitError(f"decord cannot open it ({_gist(error)})") from error
        if len(theirs) != len(index):
            raise DecordUnfitError(f"decord counts {len(theirs)} frames, the container {len(index)}")
        slack = _TOLERANCE_SECONDS + 1e-6 * self.pts_seconds
        if np.any(np.abs((theirs - theirs[0]) - self.pts_seconds) > slack):
            raise DecordUnfitError("decord's times are not the container's")
        queue_bytes = index.longest_run * self.rgb(0).nbytes
        if queue_bytes > _MAX_QUEUE_BYTES:
            gap = index.longest_run
            raise DecordUnfitError(
                f"decord would hold {queue_bytes / 1e9:.1f} GB: key frames lie {gap} frames apart"
            )

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
            raise DecordUnfitError(f"decord stops at frame {index} ({_gist(error)})") from error

    def frame(self, index: int) -> Frame:
        """One frame; see :meth:`rgb`."""
        picture = RgbPicture(data=self.rgb(index))
        return Frame(frame_index=index, pts_seconds=float(self.pts_seconds[index]), picture=picture)


def _gist(error: Exception) -> str:
    """The message without the C++ it comes wrapped in."""
    return first_line(error).rsplit(".cc:", 1)[-1].split(": ", 1)[-1][:80]
