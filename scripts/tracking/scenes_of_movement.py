"""Scenes of people who stand, move, meet, hide and leave: functions of cast, frame size and seed.

Lengths are pixels, times seconds.
"""

from __future__ import annotations

import numpy as np

from .films import Film, Size, single
from .paths import Path, hand_over, stand, through, wave
from .portraits import Cast
from .scenery import clouds, ground, hand, photograph, studio
from .stage import Actor, Pose, Prop, Shot, Sway, ease

# -- still and moving ---------------------------------------------------------------------------------


def still(cast: Cast, size: Size, seed: int) -> Film:
    w, h = size
    layers = [
        Actor(puppet=cast[0], pose=stand(0.3 * w, 0.45 * h, 0.22 * h)),
        Actor(puppet=cast[1], pose=stand(0.7 * w, 0.4 * h, 0.1 * h, turn=-6)),
    ]
    return single(Shot(ground=ground(clouds(seed), size, blur=3), layers=layers))


def swaying(cast: Cast, size: Size, seed: int) -> Film:
    w, h = size
    layers = [
        Actor(puppet=cast[2], pose=stand(0.28 * w, 0.42 * h, 0.2 * h, Sway(seed))),
        Actor(puppet=cast[3], pose=stand(0.7 * w, 0.45 * h, 0.26 * h, Sway(seed + 1, 2.0))),
    ]
    return single(Shot(ground=ground(photograph("coffee"), size, blur=4), layers=layers))


def moved(cast: Cast, size: Size, seed: int) -> Film:
    w, h = size
    ax, ay = wave(0.3 * w, 0.16 * w, 0.35), wave(0.42 * h, 0.05 * h, 0.6)
    bx, by = wave(0.75 * w, 0.12 * w, 0.5, 1), wave(0.5 * h, 0.06 * h, 0.3)
    layers = [
        Actor(
            puppet=cast[4],
            pose=lambda t: Pose(x=ax(t), y=ay(t), size=0.17 * h, turn_degrees=6 * ease(t, 0, 6)),
        ),
        Actor(puppet=cast[5], pose=lambda t: Pose(x=bx(t), y=by(t), size=0.2 * h)),
    ]
    return single(Shot(ground=ground(photograph("stereo_motorcycle"), size, blur=2), layers=layers))


def moved_fast(cast: Cast, size: Size, seed: int) -> Film:
    """Up to four and a half face widths a second, with sudden turns back."""
    w, h = size
    x = wave(0.5 * w, 0.36 * w, 0.45)

    def pose(t: float) -> Pose:
        stop = 0.25 * w * (2 * abs((1.1 * t) % 1 - 0.5) - 0.5) if t > 4 else 0.0
        return Pose(x=x(min(t, 4.0)) + stop, y=0.45 * h, size=0.22 * h)

    shot = Shot(
        ground=ground(clouds(seed + 3), size), layers=[Actor(puppet=cast[6], pose=pose)], shutter_seconds=0.01
    )
    return single(shot)


def scaled(cast: Cast, size: Size, seed: int) -> Film:
    """From 24 pixels wide until the face fills the frame, and back."""
    w, h = size
    near = 0.66 * h
    path = through((0, 0.4 * w, 0.4 * h, 24), (0.8, 0.4 * w, 0.4 * h, 24), (4, 0.5 * w, 0.52 * h, near),
                   (5, 0.5 * w, 0.52 * h, near), (8, 0.62 * w, 0.4 * h, 24))  # fmt: skip
    return single(
        Shot(ground=ground(clouds(seed + 5), size, blur=2), layers=[Actor(puppet=cast[7], pose=path)])
    )


def rotated(cast: Cast, size: Size, seed: int) -> Film:
    """Heads tilted in the plane: one held at 30 degrees, one swinging to 42 either way."""
    w, h = size
    swing = wave(0, 42, 0.3)
    layers = [
        Actor(puppet=cast[8], pose=stand(0.27 * w, 0.45 * h, 0.24 * h, Sway(seed, 0.5), turn=30)),
        Actor(
            puppet=cast[9], pose=lambda t: Pose(x=0.7 * w, y=0.45 * h, size=0.24 * h, turn_degrees=swing(t))
        ),
    ]
    return single(Shot(ground=ground(photograph("rocket"), size, blur=3), layers=layers))


# -- people in each other's way -----------------------------------------------------------------------


def crossing(cast: Cast, size: Size, seed: int) -> Film:
    """Two of nearly the same size pass each other, there and back; one hides the other."""
    w, h = size
    behind = through((0, 0.2 * w, 0.44 * h, 0.17 * h), (1, 0.2 * w, 0.44 * h, 0.17 * h),
                     (3.2, 0.8 * w, 0.46 * h, 0.17 * h), (4.5, 0.8 * w, 0.46 * h, 0.17 * h),
                     (7, 0.2 * w, 0.44 * h, 0.17 * h), (9, 0.2 * w, 0.44 * h, 0.17 * h))  # fmt: skip
    front = through((0, 0.8 * w, 0.48 * h, 0.19 * h), (1, 0.8 * w, 0.48 * h, 0.19 * h),
                    (3.2, 0.2 * w, 0.48 * h, 0.19 * h), (4.5, 0.2 * w, 0.48 * h, 0.19 * h),
                    (6.5, 0.8 * w, 0.48 * h, 0.19 * h), (9, 0.8 * w, 0.48 * h, 0.19 * h))  # fmt: skip
    layers = [Actor(puppet=cast[10], pose=behind), Actor(puppet=cast[11], pose=front)]
    return single(Shot(ground=ground(clouds(seed + 7), size, blur=2), layers=layers))


def turning_back(cast: Cast, size: Size, seed: int) -> Film:
    """Two walk up to each other until one is half hidden, stay, and go back the way they came."""
    w, h = size

    def approach(far: float, near: float) -> Path:
        xs = ((0.0, far), (2.0, near), (3.5, near), (5.5, far), (7.0, far))
        return through(*[(t, x * w, 0.45 * h, 0.2 * h) for t, x in xs])

    layers = [
        Actor(puppet=cast[12], pose=approach(0.25, 0.46)),
        Actor(puppet=cast[13], pose=approach(0.75, 0.53)),
    ]
    return single(Shot(ground=ground(studio(seed), size), layers=layers))


def passing_before(cast: Cast, size: Size, seed: int) -> Film:
    """Somebody near walks past somebody far who stands, and hides him for a third of a second."""
    w, h = size
    passer = through((1, -0.3 * w, 0.5 * h, 0.36 * h), (4, 1.3 * w, 0.5 * h, 0.36 * h))
    layers = [
        Actor(puppet=cast[14], pose=stand(0.5 * w, 0.42 * h, 0.14 * h, Sway(seed))),
        Actor(puppet=cast[15], pose=passer),
    ]
    return single(Shot(ground=ground(photograph("coffee"), size, blur=2), layers=layers))


# -- hidden and away ----------------------------------------------------------------------------------


def occluded_short(cast: Cast, size: Size, seed: int) -> Film:
    w, h = size
    face = 0.2 * h
    layers = [
        Actor(puppet=cast[16], pose=stand(0.5 * w, 0.42 * h, face, Sway(seed))),
        Prop(
            levels=hand(seed),
            pose=hand_over(0.5 * w, 0.42 * h, face, h, (1.5, 1.6), (3.0, 3.2), (4.6, 4.75)),
        ),
    ]
    return single(Shot(ground=ground(clouds(seed + 8), size, blur=3), layers=layers))


def occluded_long(cast: Cast, size: Size, seed: int) -> Film:
    """Hidden for 1.5 s and for 2.5 s; beside, somebody whose mouth is covered for two seconds."""
    w, h = size
    face = 0.22 * h
    layers = [
        Actor(puppet=cast[17], pose=stand(0.3 * w, 0.42 * h, face, Sway(seed))),
        Actor(puppet=cast[18], pose=stand(0.72 * w, 0.42 * h, face, Sway(seed + 1))),
        Prop(levels=hand(seed), pose=hand_over(0.3 * w, 0.42 * h, face, h, (1.2, 2.7), (4.5, 7.0))),
        Prop(
            levels=hand(seed + 1),
            pose=hand_over(0.72 * w, 0.42 * h + 1.05 * face, 0.8 * face, h, (3.0, 5.0)),
        ),
    ]
    return single(Shot(ground=ground(photograph("grass"), size, blur=2), layers=layers))


def leaving_returning(cast: Cast, size: Size, seed: int) -> Film:
    """Away for about 1 s and back on the same side; away for about 2.5 s and back on the other."""
    w, h = size
    face, y = 0.2 * h, 0.45 * h
    xs = ((0, 0.3), (1, 0.3), (2, -0.25), (2.6, -0.25), (3.6, 0.3), (4.2, 0.3), (5.4, -0.3))
    path = through(*[(t, x * w, y, face) for t, x in xs])
    back = through((7.2, 1.3 * w, y, face), (8.4, 0.75 * w, y, face), (10, 0.7 * w, y, face))
    layers = [
        Actor(puppet=cast[19], pose=stand(0.52 * w, 0.4 * h, 0.13 * h, Sway(seed))),
        Actor(puppet=cast[20], pose=lambda t: path(t) or (back(t) if t > 7 else Pose(x=-w, y=y, size=face))),
    ]
    return single(Shot(ground=ground(clouds(seed + 9), size, blur=2), layers=layers))


def appearing(cast: Cast, size: Size, seed: int) -> Film:
    """In an otherwise still picture a face is suddenly there, for 1.5 s; later another, for 0.5 s."""
    w, h = size
    layers = [
        Actor(puppet=cast[21], pose=stand(0.25 * w, 0.45 * h, 0.2 * h)),
        Actor(
            puppet=cast[22],
            pose=through((1.57, 0.6 * w, 0.4 * h, 0.12 * h), (3.07, 0.6 * w, 0.4 * h, 0.12 * h)),
        ),
        Actor(
            puppet=cast[23],
            pose=through((4.23, 0.8 * w, 0.5 * h, 0.16 * h), (4.73, 0.8 * w, 0.5 * h, 0.16 * h)),
        ),
    ]
    return single(Shot(ground=ground(photograph("brick"), size, blur=1.5), layers=layers))


def walking_through(cast: Cast, size: Size, seed: int) -> Film:
    """Three people walk through an empty picture: in 2 s, 1.2 s and 0.8 s; the last is in view for 0.4 s."""
    w, h = size

    def walk(start: float, seconds: float, side: int, y: float, face: float) -> Path:
        def at(t: float) -> Pose | None:
            u = (t - start) / seconds
            x = -0.2 * w + 1.4 * w * (u if side > 0 else 1 - u)
            return Pose(x=x, y=y + 0.04 * face * np.sin(9 * t), size=face) if 0 <= u <= 1 else None

        return at

    layers = [
        Actor(puppet=cast[24], pose=walk(0.5, 2.4, 1, 0.42 * h, 0.16 * h)),
        Actor(puppet=cast[25], pose=walk(3.2, 1.5, -1, 0.45 * h, 0.22 * h)),
        Actor(puppet=cast[26], pose=walk(5.1, 0.9, 1, 0.4 * h, 0.25 * h)),
    ]
    shot = Shot(ground=ground(photograph("gravel"), size, blur=2), layers=layers, shutter_seconds=0.008)
    return single(shot)
