"""Head pose of many faces at once, from their landmarks and a generic head.

A head is small beside its distance from the camera, so its picture is nearly a scaled orthographic one:
POS, the closed form that POSIT begins with (DeMenthon & Davis 1995, Int. J. Computer Vision 15:123-141).
The best affine map from the head's points to the picture's is found for all rows by one matrix product,
and the nearest scaled rotation to it by a singular value decomposition.

The head is MediaPipe's canonical face model (Kartynnik et al. 2019, arXiv:1907.06724;
``canonical_face_model.obj``, Apache-2.0). What stays in place when a face moves is taken: eyes, nose and
mouth corners, not brows, lips and chin. Landmarks are drawn differently by each network, people's noses
differ, and five points say little of depth but by the nose: expect a few degrees of constant error,
most of it in pitch.

Signs are OpenFace's: a right-handed camera with x to the right, y down and z into the picture. Yaw is
positive where the face looks towards the left of the picture (to the person's own right), pitch where it
looks down, roll where it is turned clockwise. Roll is the outermost turn, ``Rz(roll) Ry(yaw) Rx(pitch)``,
so turning the picture changes it alone (OpenFace has the turns in the other order: the two agree where
only one angle is not zero).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Right half and middle of the canonical face: centimetres, x to the picture's right, y up, z to the viewer.
_EYE, _EYE_OUTER, _EYE_INNER = (3.182, 2.636, 3.657), (4.446, 2.664, 3.173), (1.856, 2.585, 3.758)
_NOSE_TIP, _MOUTH = (0.0, -1.127, 7.476), (2.456, -4.343, 4.284)
_BRIDGE = ((0.0, 2.872, 5.512), (0.0, 1.394, 6.546), (0.0, 0.366, 7.243))
_NOSTRILS = ((1.044, -1.465, 5.662), (0.597, -2.014, 5.866), (0.0, -2.089, 6.058))


def _left(point: tuple[float, float, float]) -> tuple[float, float, float]:
    return (-point[0], *point[1:])


def _head(*points: tuple[float, float, float]) -> NDArray[np.float64]:
    return np.array(points) * (1, -1, -1)  # to the camera's axes


#: Landmarks that are used, by number of landmarks: their rows, and where the generic head has them.
_HEADS = {
    5: (np.arange(5), _head(_left(_EYE), _EYE, _NOSE_TIP, _left(_MOUTH), _MOUTH)),
    68: (
        np.array([27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 39, 42, 45, 48, 54]),
        _head(*_BRIDGE, _NOSE_TIP,
              _left(_NOSTRILS[0]), _left(_NOSTRILS[1]), _NOSTRILS[2], _NOSTRILS[1], _NOSTRILS[0],
              _left(_EYE_OUTER), _left(_EYE_INNER), _EYE_INNER, _EYE_OUTER, _left(_MOUTH), _MOUTH),
    ),
}  # fmt: skip
_EYE_DISTANCE = 2 * _EYE[0]


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadPose:
    """How T heads are held; each attribute is float64 (T,).

    Attributes:
        yaw_degrees, pitch_degrees, roll_degrees: see the module.
        eye_distance_pixels: between the pupils if the head were seen from the front: its size, whatever
            the yaw.
        fit_error: how far the landmarks are (root mean square) from those of a generic head in the best
            pose, in distances between the eyes.
    """

    yaw_degrees: NDArray[np.float64]
    pitch_degrees: NDArray[np.float64]
    roll_degrees: NDArray[np.float64]
    eye_distance_pixels: NDArray[np.float64]
    fit_error: NDArray[np.float64]


def head_pose(landmarks_xy: ArrayLike) -> HeadPose:
    """Pose of every row of ``landmarks_xy``, (T, 5, 2) or (T, 68, 2) pixels.

    Raises:
        ValueError: another shape.
    """
    points = np.asarray(landmarks_xy, np.float64)
    if points.ndim != 3 or points.shape[1] not in _HEADS or points.shape[2] != 2:
        raise ValueError(f"landmarks_xy must be (T, 5, 2) or (T, 68, 2), got shape {points.shape}")
    rows, head = _HEADS[points.shape[1]]
    head = head - head.mean(axis=0)
    seen = points[:, rows]
    seen = seen - seen.mean(axis=1, keepdims=True)
    affine = seen.transpose(0, 2, 1) @ np.linalg.pinv(head).T  # (T, 2, 3)
    u, stretch, v = np.linalg.svd(affine, full_matrices=False)
    turn = u @ v  # the first two rows of the rotation
    scale = stretch.mean(axis=1)
    x, y = turn[:, 0], turn[:, 1]
    z_x = x[:, 1] * y[:, 2] - x[:, 2] * y[:, 1]  # first entry of the third row, their cross product
    # Of Rz Ry Rx the third row is (-sin yaw, cos yaw sin pitch, cos yaw cos pitch).
    z_y = x[:, 2] * y[:, 0] - x[:, 0] * y[:, 2]
    z_z = x[:, 0] * y[:, 1] - x[:, 1] * y[:, 0]
    misfit = (
        np.square(seen - scale[:, None, None] * (head @ turn.transpose(0, 2, 1))).sum(axis=2).mean(axis=1)
    )
    eye_distance = scale * _EYE_DISTANCE
    return HeadPose(
        yaw_degrees=np.degrees(np.arcsin(np.clip(-z_x, -1, 1))),
        pitch_degrees=np.degrees(np.arctan2(z_y, z_z)),
        roll_degrees=np.degrees(np.arctan2(y[:, 0], x[:, 0])),
        eye_distance_pixels=eye_distance,
        fit_error=np.sqrt(misfit) / np.maximum(eye_distance, 1e-9),
    )
