"""Looking for faces in a frame: everywhere, or only where they must be.

A scan looks at the whole picture, reduced, so small faces come out small and their landmarks rough
(17 % of the distance between the eyes for a face 16 pixels wide, 6 % from 64 up). So each face found is
looked at once more in a picture of its own, in which it is always of the same size: landmarks as good
for a small face as for a large one, the same accuracy in every frame, and a second opinion on whether
it is a face at all. Where a face is known to be, that second look alone is enough, and an eighth of the
cost of a scan.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .detection import Detections, FaceDetector, iou, suppress_overlaps

_SMALLEST_SIDE = 160  # smaller pictures are enlarged to this
_MARGIN = 2.0  # side of the close-up, in sides of the face's box
_CLOSE_UP_SIDE = {5: 128, 68: 256}  # pixels, by number of landmarks: FAN was made for larger faces
_SAME_FACE = 0.3  # least overlap of the box looked for and the one found
_UNCONFIRMED = 0.5  # a score is lowered by this where the close-up shows no face …
_FAINTEST = 0.35  # … and below this it is none, as a sliver of a face at the picture's edge
_HARDLY_MOVED = 0.5  # least overlap of a face's box with that of a known one
_MAX_OVERLAP = 0.5  # of two faces of one frame
_SIZES_PER_OCTAVE = 4  # of close-ups …
_PLACES = 16  # … and their places, to the side of one
_NOWHERE = np.zeros((0, 4))


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


def scan(
    frame: PictureFrame, detector: FaceDetector, side: int, known_xyxy: NDArray[np.float64] = _NOWHERE
) -> Detections:
    """All faces of a frame, each confirmed in a close-up.

    Args:
        side: longer side of the reduced picture, pixels.
        known_xyxy: (N, 4), boxes of faces seen shortly before. The close-up of a face that has hardly
            moved is taken there: a better place than the reduced picture's rough one, and for a still
            face the same as last time.
    """
    width, height = frame.size
    scale = min(1.0, side / max(width, height))
    if max(width, height) < _SMALLEST_SIDE:
        scale = _SMALLEST_SIDE / max(width, height)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    rough = detector.detect(frame.rgb_resized(w, h)).scaled(width / w, height / h)
    faces = []
    for i in range(len(rough)):
        overlap = iou(rough.boxes_xyxy[i : i + 1], known_xyxy)[0]
        still = overlap.size and overlap.max() >= _HARDLY_MOVED
        box = known_xyxy[overlap.argmax()] if still else rough.boxes_xyxy[i]
        face = close_up(frame, detector, box)
        if face is None and rough.scores[i] * _UNCONFIRMED >= _FAINTEST:
            alone = rough[np.array([i])]
            face = replace(alone, scores=alone.scores * _UNCONFIRMED)
        if face is not None:
            faces.append(face)
    return together(faces, detector.num_landmarks)


def look(frame: PictureFrame, detector: FaceDetector, boxes_xyxy: NDArray[np.float64]) -> Detections | None:
    """The faces near ``boxes_xyxy`` (N, 4), in close-ups only; None if one of them is not there."""
    faces = []
    for box in boxes_xyxy:
        face = close_up(frame, detector, box)
        if face is None:
            return None
        faces.append(face)
    found = together(faces, detector.num_landmarks)
    return found if len(found) == len(boxes_xyxy) else None  # two boxes, one face: one of them went


def close_up(frame: PictureFrame, detector: FaceDetector, box_xyxy: NDArray) -> Detections | None:
    """The face near one box, seen at a fixed size: one row, in pixels of the frame; None if there is none."""
    box = np.asarray(box_xyxy, np.float64)
    side = _CLOSE_UP_SIDE[detector.num_landmarks]
    # On a coarse grid of places and sizes, so that a box that trembles gives the same picture.
    zoom = 2 ** (
        round(_SIZES_PER_OCTAVE * np.log2(side / _MARGIN / (box[2:] - box[:2]).max())) / _SIZES_PER_OCTAVE
    )
    step = side / zoom / _PLACES
    corner = np.round((box[:2] + box[2:]) / 2 / step) * step - side / zoom / 2
    # Pixel centres are at integers, so edges are half a pixel further out in either picture.
    shift = zoom * (0.5 - corner) - 0.5
    matrix = np.array([[zoom, 0.0, shift[0]], [0.0, zoom, shift[1]]])
    found = detector.detect(frame.crop(matrix, side))
    if not len(found):
        return None
    boxes = (found.boxes_xyxy - np.tile(shift, 2)) / zoom
    overlap = iou(box[None], boxes)[0]
    best = int(overlap.argmax())
    if overlap[best] < _SAME_FACE:
        return None
    return Detections(
        boxes_xyxy=boxes[best : best + 1].astype(np.float32),
        landmarks_xy=((found.landmarks_xy[best : best + 1] - shift) / zoom).astype(np.float32),
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
