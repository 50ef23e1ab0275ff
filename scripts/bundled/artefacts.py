"""Stills as they come out of a video: through H.264, at several sizes and rates, as predicted frames."""

from __future__ import annotations

import io

import av
import cv2
import numpy as np
from numpy.typing import NDArray

_GROUP = 256  # stills that share a rate and a size
_SIDES = (56, 80, 112)


def through_h264(crops: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """Grey crops uint8 (N, S, S) after a lossy video: moved predicted frames, small faces enlarged."""
    rng = np.random.default_rng(seed)
    side = crops.shape[1]
    out = np.empty_like(crops)
    for start in range(0, len(crops), _GROUP):
        small, crf = int(rng.choice(_SIDES)), int(rng.integers(22, 37))
        stills = [cv2.resize(c, (small, small), interpolation=cv2.INTER_AREA) for c in crops[start:][:_GROUP]]
        frames = []
        for still in stills:
            shift = np.float32([[1, 0, rng.uniform(-1.5, 1.5)], [0, 1, rng.uniform(-1.5, 1.5)]])
            moved = cv2.warpAffine(still, shift, (small, small), borderMode=cv2.BORDER_REPLICATE)
            frames += [moved, still]
        for i, picture in enumerate(_coded(frames, crf)[1::2]):
            out[start + i] = cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR)
    return out


def _coded(frames: list[NDArray[np.uint8]], crf: int) -> list[NDArray[np.uint8]]:
    """The frames, coded and decoded; every other one is a key frame."""
    blob = io.BytesIO()
    height, width = frames[0].shape
    with av.open(blob, "w", format="mp4") as container:
        stream = container.add_stream(
            "libx264", rate=25, options={"crf": str(crf), "preset": "veryfast", "g": "2", "threads": "1"}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
        container.mux(stream.encode())
    blob.seek(0)
    with av.open(blob) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
