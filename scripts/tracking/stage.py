"""Pictures of people and things before a moving camera, and the exact truth of where each face is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .portraits import Puppet

Picture = NDArray[np.uint8]
Matrix = NDArray[np.float64]

_EXPOSURES = 8  # pictures that a blurred one is the mean of

#: The camera that has not moved.
STILL: Matrix = np.array([[1.0, 0, 0], [0, 1.0, 0]])


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Where a face or thing is in the scene.

    Attributes:
        x, y: its middle, pixels of the frame under a camera that has not moved.
        size: width of the face's box (of the whole thing), likewise.
        turn_degrees: clockwise.
    """

    x: float
    y: float
    size: float
    turn_degrees: float = 0.0

    def matrix(self, centre_xy: Sequence[float] | NDArray, width: float) -> Matrix:
        """(2, 3): pixels of a texture, whose middle and width are given, to pixels of the scene."""
        scale = self.size / width
        c, s = np.cos(np.deg2rad(self.turn_degrees)) * scale, np.sin(np.deg2rad(self.turn_degrees)) * scale
        linear = np.array([[c, -s], [s, c]])
        return np.column_stack([linear, np.array([self.x, self.y]) - linear @ np.asarray(centre_xy)])


@dataclass(frozen=True, kw_only=True, eq=False)
class Actor:
    """A person in a shot.

    Attributes:
        puppet: what is drawn.
        pose: at a time, seconds from the start of the film; None while not there.
    """

    puppet: Puppet
    pose: Callable[[float], Pose | None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Prop:
    """A thing that is no face: ``levels`` as of a :class:`Puppet`."""

    levels: tuple[Picture, ...]
    pose: Callable[[float], Pose | None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Shot:
    """What one camera sees.

    Attributes:
        ground: the background, uint8 (H, W, 3) RGB, at a time and under a camera transform (2, 3).
        layers: people and things, the rearmost first.
        camera: at a time, (2, 3): pixels of the scene to pixels of the frame; None does not move.
        shutter_seconds: exposure; what moves in it is blurred. The truth is that of its middle.
        defocus: at a time, sigma of the blur, pixels.
        light: at a time, factor on every pixel.
    """

    ground: Callable[[float, Matrix], Picture]
    layers: Sequence[Actor | Prop] = ()
    camera: Callable[[float], Matrix] | None = None
    shutter_seconds: float = 0.0
    defocus: Callable[[float], float] | None = None
    light: Callable[[float], float] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class FaceTruth:
    """One face in one frame.

    Attributes:
        actor: its place among the layers of the shot.
        box_xyxy: float64 (4,), pixels; may reach beyond the frame.
        landmarks_xy: float64 (5, 2).
        inside: share of the face that lies in the frame, 0 to 1.
        shown: share of what lies in the frame that nothing covers, 0 to 1.
    """

    actor: int
    box_xyxy: NDArray[np.float64]
    landmarks_xy: NDArray[np.float64]
    inside: float
    shown: float


def render(shot: Shot, seconds: float, size: tuple[int, int]) -> Picture:
    """The frame at a time, uint8 (H, W, 3) RGB, ``size`` (width, height)."""
    if shot.shutter_seconds:
        offsets = ((np.arange(_EXPOSURES) + 0.5) / _EXPOSURES - 0.5) * shot.shutter_seconds
        pictures = [_exposure(shot, seconds + o, size).astype(np.float32) for o in offsets]
        picture = np.rint(np.mean(pictures, axis=0)).astype(np.uint8)
    else:
        picture = _exposure(shot, seconds, size)
    if shot.defocus and (sigma := shot.defocus(seconds)) > 0.05:
        picture = cv2.GaussianBlur(picture, (0, 0), sigma)
    if shot.light:
        picture = cv2.convertScaleAbs(picture, alpha=shot.light(seconds))
    return picture


def _exposure(shot: Shot, seconds: float, size: tuple[int, int]) -> Picture:
    camera = shot.camera(seconds) if shot.camera else STILL
    canvas = shot.ground(seconds, camera).copy()
    for layer in shot.layers:
        if (matrix := _matrix(layer, seconds, camera)) is not None:
            _draw(canvas, _levels(layer), matrix)
    return canvas


def truth(shot: Shot, seconds: float, size: tuple[int, int]) -> list[FaceTruth]:
    """Every face that is on the stage at a time, seen or not."""
    camera = shot.camera(seconds) if shot.camera else STILL
    faces = []
    for number, layer in enumerate(shot.layers):
        matrix = _matrix(layer, seconds, camera)
        if matrix is None or not isinstance(layer, Actor):
            continue
        inside, shown = _visibility(shot.layers[number + 1 :], layer, matrix, seconds, camera, size)
        faces.append(
            FaceTruth(
                actor=number,
                box_xyxy=moved_box(layer.puppet.box_xyxy, matrix),
                landmarks_xy=layer.puppet.landmarks_xy @ matrix[:, :2].T + matrix[:, 2],
                inside=inside,
                shown=shown,
            )
        )
    return faces


def moved_box(box_xyxy: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    """The upright box around the ellipse inscribed in ``box_xyxy``, moved by a (2, 3) similarity.

    A face is round: the box of its tilted rectangle would be larger than that of the tilted face.
    """
    centre, half = (box_xyxy[:2] + box_xyxy[2:]) / 2, (box_xyxy[2:] - box_xyxy[:2]) / 2
    extent = np.sqrt(((matrix[:, :2] * half) ** 2).sum(axis=1))
    middle = matrix[:, :2] @ centre + matrix[:, 2]
    return np.concatenate([middle - extent, middle + extent])


def _levels(layer: Actor | Prop) -> tuple[Picture, ...]:
    return layer.puppet.levels if isinstance(layer, Actor) else layer.levels


def _matrix(layer: Actor | Prop, seconds: float, camera: Matrix) -> Matrix | None:
    """(2, 3): pixels of the layer's texture to pixels of the frame; None while it is not there."""
    pose = layer.pose(seconds)
    if pose is None:
        return None
    if isinstance(layer, Actor):
        matrix = pose.matrix(layer.puppet.centre_xy, layer.puppet.width)
    else:
        height, width = layer.levels[0].shape[:2]
        matrix = pose.matrix(((width - 1) / 2, (height - 1) / 2), width)
    return np.column_stack([camera[:, :2] @ matrix[:, :2], camera[:, :2] @ matrix[:, 2] + camera[:, 2]])


def _warp(
    levels: tuple[Picture, ...], matrix: Matrix, size: tuple[int, int]
) -> tuple[Picture, tuple[int, int]] | None:
    """The texture warped, where it falls into the frame: RGBA and the corner it belongs at; None if nowhere.

    Reduced, it is drawn from the level of its pyramid that is nearest in size: every pixel is a mean.
    """
    scale = float(np.hypot(*matrix[:, 0]))
    level = int(np.clip(np.round(-np.log2(scale)), 0, len(levels) - 1))
    factor = 2.0**level
    # Pixel i of a level has its centre at (i + 1/2) * factor - 1/2.
    linear = matrix[:, :2] * factor
    shift = matrix[:, 2] + matrix[:, :2] @ np.full(2, (factor - 1) / 2)
    height, width = levels[level].shape[:2]
    corners = np.array([[-1, -1], [width, -1], [-1, height], [width, height]]) @ linear.T + shift
    low = np.clip(np.floor(corners.min(axis=0)), 0, size).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)) + 1, 0, size).astype(int)
    if (high <= low).any():
        return None
    how = cv2.INTER_LINEAR if scale < 1.5 else cv2.INTER_CUBIC
    span = (int(high[0] - low[0]), int(high[1] - low[1]))
    drawn = cv2.warpAffine(levels[level], np.column_stack([linear, shift - low]), span, flags=how)
    return drawn, (int(low[0]), int(low[1]))


def _draw(canvas: Picture, levels: tuple[Picture, ...], matrix: Matrix) -> None:
    warped = _warp(levels, matrix, (canvas.shape[1], canvas.shape[0]))
    if warped is None:
        return
    drawn, (x, y) = warped
    region = canvas[y : y + drawn.shape[0], x : x + drawn.shape[1]]
    uncovered = cv2.cvtColor(255 - drawn[..., 3], cv2.COLOR_GRAY2RGB)
    cv2.add(
        cv2.multiply(region, uncovered, scale=1 / 255), cv2.cvtColor(drawn, cv2.COLOR_RGBA2RGB), dst=region
    )


def _visibility(
    before: Sequence[Actor | Prop],
    actor: Actor,
    matrix: Matrix,
    seconds: float,
    camera: Matrix,
    size: tuple[int, int],
) -> tuple[float, float]:
    """Share of the face's ellipse inside the frame, and share of that which no layer ``before`` covers."""
    box = actor.puppet.box_xyxy
    centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    grid = np.linspace(-1, 1, 41)
    u = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    points = (centre + half * u[(u**2).sum(axis=1) <= 1]) @ matrix[:, :2].T + matrix[:, 2]
    within = ((points >= -0.5) & (points < np.array(size) - 0.5)).all(axis=1)
    if not within.any():
        return 0.0, 0.0
    places = np.clip(np.rint(points[within]), 0, np.array(size) - 1).astype(int)
    shown = np.ones(len(places))
    for layer in before:
        other = _matrix(layer, seconds, camera)
        warped = _warp(_levels(layer), other, size) if other is not None else None
        if warped is None:
            continue
        drawn, corner = warped
        at = places - np.array(corner)
        over = ((at >= 0) & (at < np.array(drawn.shape[1::-1]))).all(axis=1)
        shown[over] *= 1 - drawn[at[over, 1], at[over, 0], 3] / 255
    return float(within.mean()), float(shown.mean())


def ease(seconds: float, start: float, end: float) -> float:
    """0 before ``start``, 1 after ``end``, smooth in between."""
    u = float(np.clip((seconds - start) / (end - start), 0, 1))
    return u * u * (3 - 2 * u)


class Sway:
    """Small movements of somebody who stands, in face widths and degrees; the same for the same seed."""

    def __init__(self, seed: int, amount: float = 1.0) -> None:
        rng = np.random.default_rng(seed)
        self._hertz, self._phase = rng.uniform(0.1, 0.6, (3, 3)), rng.uniform(0, 2 * np.pi, (3, 3))
        self._amount = amount

    def __call__(self, pose: Pose, seconds: float) -> Pose:
        waves = self._amount * np.sin(2 * np.pi * self._hertz * seconds + self._phase).mean(axis=1)
        return replace(
            pose,
            x=pose.x + 0.12 * waves[0] * pose.size,
            y=pose.y + 0.08 * waves[1] * pose.size,
            turn_degrees=pose.turn_degrees + 4 * waves[2],
        )
