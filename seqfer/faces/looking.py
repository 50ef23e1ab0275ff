"""Looking for faces in a frame: in the whole picture or part of it, or only where one must be.

A scan goes over a reduced picture, so small faces come out small and their landmarks rough (17 % of the
distance between the eyes for a face 16 pixels wide, 6 % from 64 up). So each face is looked at in a
picture of its own, in which it is always of the same size: landmarks as good for a small face as for a
large one, the same accuracy in every frame, and a second opinion on whether it is a face at all. Where a
face is known to be, that close-up alone is enough, and a tenth of the cost of a scan or less.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from .align import similarity_to_template
from .detection import Detections, FaceDetector, suppress_overlaps

_LEAST_SIDE = 160  # smaller pictures are enlarged to this
_LEAST_FACE = 12  # pixels: what detectors still find
_HUGE = 0.5  # of the picture's shorter side: faces above are found in a coarser picture
_COARSE = 4  # how much coarser
_CLOSE_UP_FACE = {5: 64, 68: 128}  # pixels, by number of landmarks: FAN was made for larger faces
_TEMPLATE_SIDE = 1.125  # of the template, in sides of a face's box
_MAX_LOG_RATIO = 0.6  # of sizes
_MAX_OVERLAP = 0.5  # of two faces of one frame

NEAR = 1.5  # side of a close-up, in sides of the face's box
WIDE = 3.0  # of a face that was not where it should have been


class PictureFrame(Protocol):
    """What is needed of a video frame (:class:`seqfer.video.Frame` has it)."""

    @property
    def frame_index(self) -> int: ...
    @property
    def pts_seconds(self) -> float: ...
    @property
    def size(self) -> tuple[int, int]: ...
    def rgb_resized(self, width: int, height: int) -> NDArray[np.uint8]: ...
    def crop(self, matrix: NDArray[np.float64], size: int) -> NDArray[np.uint8]: ...


def reduced(size: tuple[int, int], side: int, smallest_face: int) -> tuple[int, int]:
    """Width and height of the picture that a search of a whole frame looks at: see :func:`scan`."""
    longest = max(size)
    scale = 2.0 ** -np.ceil(np.log2(max(1.0, longest / side)))
    while scale / 2 * smallest_face >= _LEAST_FACE and scale / 2 * longest >= _LEAST_SIDE:
        scale /= 2
    if longest < _LEAST_SIDE:
        scale = _LEAST_SIDE / longest
    width, height = (max(1, round(length * scale)) for length in size)
    return width, height


def scan(
    frame: PictureFrame,
    detector: FaceDetector,
    *,
    side: int,
    smallest_face: int,
    region_xyxy: NDArray[np.float64] | None = None,
) -> Detections:
    """All that may be faces in a frame or a part of it, roughly, most certain first.

    The picture is reduced by a power of two, which is quick and even, as far as the smallest face allows.
    In a search of the whole, faces too large for the network at that size are found in a second, much
    smaller one.

    Args:
        side: the longer side of the reduced picture is at most this, pixels, whatever becomes of small faces.
        smallest_face: width in pixels of the frame that is to be found still.
        region_xyxy: (4,), pixels of the frame; the whole where None.
    """
    width, height = frame.size
    w, h = reduced(frame.size, side, smallest_face)
    picture = frame.rgb_resized(w, h)
    to_frame = np.array([width / w, height / h])
    if region_xyxy is not None:
        low = np.floor(region_xyxy[:2] / to_frame).astype(int)
        high = np.ceil(region_xyxy[2:] / to_frame).astype(int)
        part = picture[low[1] : high[1], low[0] : high[0]]
        return detector.detect(np.ascontiguousarray(part), faint=True).moved(*low).scaled(*to_frame)
    found = detector.detect(picture, faint=True).scaled(*to_frame)
    if min(w, h) < _COARSE * 16:
        return found
    coarse = cv2.resize(picture, (w // _COARSE, h // _COARSE), interpolation=cv2.INTER_AREA)
    huge = detector.detect(coarse).scaled(width / (w // _COARSE), height / (h // _COARSE))
    sides = huge.boxes_xyxy[:, 2:] - huge.boxes_xyxy[:, :2]
    huge = huge[sides.max(axis=1, initial=0) > _HUGE * min(width, height)]
    return together([found, huge], detector.num_landmarks)


def close_up(
    frame: PictureFrame, detector: FaceDetector, landmarks_xy: NDArray[np.float64], margin: float = NEAR
) -> Detections | None:
    """The face near given landmarks: one row, in pixels of the frame; None if there is none.

    The picture is turned, scaled and moved so that these landmarks come to lie where the template has them
    (:mod:`seqfer.faces.align`). A network errs differently for each place, size and tilt of a face: here they
    are the same in every frame, and so is the error, which is what landmarks that do not jitter need.

    Args:
        landmarks_xy: (L, 2), roughly where the face is.
        margin: side of the close-up, in those of the face's box.
    """
    face = _CLOSE_UP_FACE[detector.num_landmarks]
    side = round(face * margin)
    to_crop = similarity_to_template(landmarks_xy, round(face * _TEMPLATE_SIDE))
    to_crop[:, 2] += (side - round(face * _TEMPLATE_SIDE)) / 2
    found = detector.detect(frame.crop(to_crop, side))
    if not len(found):
        return None
    off = (found.boxes_xyxy[:, :2] + found.boxes_xyxy[:, 2:]) / 2 - (side - 1) / 2
    sizes = np.sqrt(np.prod(found.boxes_xyxy[:, 2:] - found.boxes_xyxy[:, :2], axis=1))
    far = np.where(np.abs(np.log(sizes / face)) < _MAX_LOG_RATIO, np.linalg.norm(off, axis=1) / face, np.inf)
    best = int(far.argmin())
    if far[best] > margin / 2:
        return None
    back = cv2.invertAffineTransform(to_crop)
    box = found.boxes_xyxy[best]
    centre = back[:, :2] @ ((box[:2] + box[2:]) / 2) + back[:, 2]
    # Upright in the close-up, but not in the picture: the box around the ellipse that it stands for.
    half = np.sqrt((back[:, :2] ** 2) @ (((box[2:] - box[:2]) / 2) ** 2))
    return Detections(
        boxes_xyxy=np.concatenate([centre - half, centre + half])[None].astype(np.float32),
        landmarks_xy=(found.landmarks_xy[best : best + 1] @ back[:, :2].T + back[:, 2]).astype(np.float32),
        scores=found.scores[best : best + 1],
    )


def together(faces: list[Detections], num_landmarks: int) -> Detections:
    """Several detections as one, each face once."""
    if not faces:
        return Detections.none(num_landmarks)
    every = Detections(
        boxes_xyxy=np.concatenate([f.boxes_xyxy for f in faces]),
        landmarks_xy=np.concatenate([f.landmarks_xy for f in faces]),
        scores=np.concatenate([f.scores for f in faces]),
    )
    return every[suppress_overlaps(every.boxes_xyxy, every.scores, _MAX_OVERLAP)]
