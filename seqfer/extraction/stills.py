"""Stills that have nothing to do with each other, aligned as faces in a video are."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..faces.align import similarity_to_template
from ..faces.detectors import make_detector
from ..faces.rows import TrackRows
from ..keys import key_of
from ..store import create_store, stored_key
from ..store.schema import FORMAT, VERSION
from .config import ExtractionConfig

STILL_SECONDS = 1.0  # apart: further than what counts as the same stretch of a face
_SMALL = 128
_BLOCK = 256


def extract_stills(
    pictures: NDArray[np.uint8], store_path: Path, *, video_id: str, config: ExtractionConfig
) -> bool:
    """Store the face of each still as a frame of one track, :data:`STILL_SECONDS` apart.

    Small stills, which are all face, are shown to the detector enlarged and with a dark frame around: it has
    not learnt faces that fill the picture. Stills without a face found have no row.

    Args:
        pictures: uint8 (N, H, W), grey.
        store_path: where the store goes; kept where it is there already, of the same stills and settings.
        video_id: what to call them.
        config: settings.

    Returns:
        whether there was anything to do.

    Raises:
        WeightsError: the detector's weights are absent.
        StoreError: the store cannot be written.
    """
    digest = hashlib.sha256(np.ascontiguousarray(pictures).data).hexdigest()
    key = key_of(stage="stills", format=VERSION, pictures=digest, shape=pictures.shape, config=config)
    if stored_key(store_path, format=FORMAT, version=VERSION) == key:
        return False
    detector = make_detector(config.detector)
    height, width = pictures.shape[1:]
    scale = max(1.0, _SMALL / 2 / min(height, width)) if min(height, width) < _SMALL else 1.0
    frame = round(scale * min(height, width) / 2) if min(height, width) < _SMALL else 0
    with create_store(
        store_path, video_id=video_id, key=key, config={"stills": True}, software={},
        crop_codec=config.crop_codec, jpeg_quality=config.jpeg_quality,
    ) as writer:  # fmt: skip
        writer.source |= {
            "name": video_id, "kind": "stills", "digest": digest, "num_frames": len(pictures),
            "average_fps": 1 / STILL_SECONDS, "width": width, "height": height,
            "duration_seconds": len(pictures) * STILL_SECONDS, "notes": [],
        }  # fmt: skip
        for start in range(0, len(pictures), _BLOCK):
            found = []
            for index in range(start, min(start + _BLOCK, len(pictures))):
                writer.add_frame(index * STILL_SECONDS, index)
                rgb = cv2.cvtColor(pictures[index], cv2.COLOR_GRAY2RGB)
                shown = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
                faces = detector.detect(
                    cv2.copyMakeBorder(shown, *(frame,) * 4, cv2.BORDER_CONSTANT, value=(0, 0, 0))
                )
                if len(faces):
                    found.append((index, rgb, faces.moved(-frame, -frame), faces.scores[0]))
            if found:
                writer.add_rows(_rows(found, scale, config.crop_size, (width, height)))
    return True


def _rows(found: list, scale: float, size: int, frame_size: tuple[int, int]) -> TrackRows:
    crops, points, boxes = [], [], []
    for _, rgb, faces, _ in found:
        # Pixel centres sit half a pixel in.
        landmarks = (faces.landmarks_xy[0].astype(np.float64) + 0.5) / scale - 0.5
        warp = similarity_to_template(landmarks, size)
        crops.append(
            cv2.warpAffine(rgb, warp, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        )
        points.append(landmarks)
        boxes.append((faces.boxes_xyxy[0] + 0.5) / scale - 0.5)
    indices = np.array([index for index, *_ in found])
    return TrackRows.build(
        track_id=0, frame_indices=indices, pts_seconds=indices * STILL_SECONDS, boxes_xyxy=boxes,
        landmarks_xy=points, scores=[score for *_, score in found], interpolated=np.zeros(len(found), bool),
        crops=crops, frame_size=frame_size,
    )  # fmt: skip
