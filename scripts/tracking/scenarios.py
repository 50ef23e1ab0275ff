"""The scenes: each a function of the cast, the frame's size and a seed. Lengths are pixels, times seconds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .films import Film, Scenario, Scene
from .portraits import Cast
from .scenery import PICTURES, camera, clouds, ground, hand, photograph, studio
from .stage import Actor, Pose, Prop, Shot, Sway, ease

Size = tuple[int, int]
Path = Callable[[float], Pose | None]


def stand(x: float, y: float, size: float, sway: Sway | None = None, turn: float = 0.0) -> Path:
    """Somebody who stays where he is."""
    pose = Pose(x=x, y=y, size=size, turn_degrees=turn)
    return lambda t: sway(pose, t) if sway else pose


def through(
    *marks: tuple[float, float, float, float], turn: Callable[[float], float] = lambda _: 0.0
) -> Path:
    """Smoothly from mark to mark, each (seconds, x, y, size); there from the first to the last."""

    def at(t: float) -> Pose | None:
        if not marks[0][0] <= t <= marks[-1][0]:
            return None
        for (t0, *a), (t1, *b) in zip(marks, marks[1:], strict=False):
            if t <= t1:
                w = ease(t, t0, t1)
                x, y, size = ((1 - w) * np.array(a) + w * np.array(b)).tolist()
                return Pose(x=x, y=y, size=size, turn_degrees=turn(t))
        return None

    return at


def during(start: float, end: float, fade: float = 0.0) -> Callable[[float], float]:
    """Weight of a scene from ``start`` to ``end``, faded in and out over ``fade``, centred on those."""
    if not fade:
        return lambda t: float(start - 1e-6 <= t < end - 1e-6)
    return lambda t: float(np.clip((t - start) / fade + 0.5, 0, 1) * np.clip((end - t) / fade + 0.5, 0, 1))


def wave(middle: float, reach: float, hertz: float, phase: float = 0.0) -> Callable[[float], float]:
    return lambda t: middle + reach * float(np.sin(2 * np.pi * hertz * t + phase))


def single(shot: Shot) -> Film:
    return Film(scenes=[Scene(shot=shot)])


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
    a = through((0, 0.25 * w, 0.45 * h, 0.2 * h), (2, 0.46 * w, 0.45 * h, 0.2 * h),
                (3.5, 0.46 * w, 0.45 * h, 0.2 * h), (5.5, 0.25 * w, 0.45 * h, 0.2 * h), (7, 0.25 * w, 0.45 * h, 0.2 * h))  # fmt: skip
    b = through((0, 0.75 * w, 0.45 * h, 0.2 * h), (2, 0.53 * w, 0.45 * h, 0.2 * h),
                (3.5, 0.53 * w, 0.45 * h, 0.2 * h), (5.5, 0.75 * w, 0.45 * h, 0.2 * h), (7, 0.75 * w, 0.45 * h, 0.2 * h))  # fmt: skip
    layers = [Actor(puppet=cast[12], pose=a), Actor(puppet=cast[13], pose=b)]
    return single(Shot(ground=ground(studio(seed), size), layers=layers))


def passing_before(cast: Cast, size: Size, seed: int) -> Film:
    """Somebody near walks past somebody far who stands, and hides him for about 0.7 s."""
    w, h = size
    passer = through((1, -0.3 * w, 0.5 * h, 0.36 * h), (4, 1.3 * w, 0.5 * h, 0.36 * h))
    layers = [
        Actor(puppet=cast[14], pose=stand(0.5 * w, 0.42 * h, 0.14 * h, Sway(seed))),
        Actor(puppet=cast[15], pose=passer),
    ]
    return single(Shot(ground=ground(photograph("coffee"), size, blur=2), layers=layers))


# -- hidden and away ----------------------------------------------------------------------------------


def _hand_over(x: float, y: float, face: float, h: float, *visits: tuple[float, float]) -> Path:
    """A hand that is before a face from each visit's start to its end, and comes and goes in 0.2 s."""

    def at(t: float) -> Pose | None:
        up = max(ease(t, a - 0.2, a) - ease(t, b, b + 0.2) for a, b in visits)
        # The fingers' middle is above the middle of the picture of hand and forearm.
        size = 1.5 * face
        return (
            Pose(x=x + 0.3 * face * (1 - up), y=y + 0.72 * size + (1 - up) * h, size=size) if up > 0 else None
        )

    return at


def occluded_short(cast: Cast, size: Size, seed: int) -> Film:
    w, h = size
    face = 0.2 * h
    layers = [
        Actor(puppet=cast[16], pose=stand(0.5 * w, 0.42 * h, face, Sway(seed))),
        Prop(
            levels=hand(seed),
            pose=_hand_over(0.5 * w, 0.42 * h, face, h, (1.5, 1.6), (3.0, 3.2), (4.6, 4.75)),
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
        Prop(levels=hand(seed), pose=_hand_over(0.3 * w, 0.42 * h, face, h, (1.2, 2.7), (4.5, 7.0))),
        Prop(
            levels=hand(seed + 1),
            pose=_hand_over(0.72 * w, 0.42 * h + 1.05 * face, 0.8 * face, h, (3.0, 5.0)),
        ),
    ]
    return single(Shot(ground=ground(photograph("grass"), size, blur=2), layers=layers))


def leaving_returning(cast: Cast, size: Size, seed: int) -> Film:
    """Away for about 1 s and back on the same side; away for about 2.5 s and back on the other."""
    w, h = size
    face, y = 0.2 * h, 0.45 * h
    path = through((0, 0.3 * w, y, face), (1, 0.3 * w, y, face), (2, -0.25 * w, y, face), (2.6, -0.25 * w, y, face),
                   (3.6, 0.3 * w, y, face), (4.2, 0.3 * w, y, face), (5.4, -0.3 * w, y, face))  # fmt: skip
    back = through((7.2, 1.3 * w, y, face), (8.4, 0.75 * w, y, face), (10, 0.7 * w, y, face))
    layers = [
        Actor(puppet=cast[19], pose=stand(0.52 * w, 0.4 * h, 0.13 * h, Sway(seed))),
        Actor(puppet=cast[20], pose=lambda t: path(t) or (back(t) if t > 7 else Pose(x=-w, y=y, size=face))),
    ]
    return single(Shot(ground=ground(clouds(seed + 9), size, blur=2), layers=layers))


def appearing(cast: Cast, size: Size, seed: int) -> Film:
    """In an otherwise still picture a face is there from one frame to the next, for 1.5 s; another for 0.5 s."""
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


# -- shots --------------------------------------------------------------------------------------------


def cut(cast: Cast, size: Size, seed: int) -> Film:
    """Hard cuts: to another place, to another person before the same wall, closer on the same person, to none."""
    w, h = size
    wall, other = ground(clouds(seed + 11), size, blur=3), ground(photograph("coffee"), size, blur=3)
    nobody = ground(photograph("rocket"), size, drift_xy=(12, 0))

    def one(who: int, x: float, face: float, scenery) -> Shot:
        actor = Actor(puppet=cast[who], pose=stand(x * w, 0.45 * h, face * h, Sway(seed + who)))
        return Shot(ground=scenery, layers=[actor])

    shots = [
        one(27, 0.4, 0.25, wall),
        one(28, 0.6, 0.3, other),
        one(29, 0.4, 0.27, wall),
        one(30, 0.4, 0.27, wall),  # in the very same place as the one before
        one(30, 0.5, 0.5, wall),  # closer
        Shot(ground=nobody),
        one(27, 0.4, 0.25, wall),
        one(28, 0.6, 0.3, other),
    ]
    cuts = [1.2, 2.4, 3.6, 4.8, 6.0, 7.2, 7.6]
    edges = [0.0, *cuts, 99.0]
    scenes = [Scene(shot=s, weight=during(a, b)) for s, a, b in zip(shots, edges, edges[1:], strict=False)]
    return Film(scenes=scenes, changes=[(c, c) for c in cuts])


def fades(cast: Cast, size: Size, seed: int) -> Film:
    """A dissolve of 0.5 s, one of 1 s, a fade through black of 1 s."""
    w, h = size
    scenery = [ground(clouds(seed + 12), size, blur=2), ground(photograph("coffee"), size, blur=2),
               ground(studio(seed + 1), size), ground(photograph("stereo_motorcycle"), size, blur=3)]  # fmt: skip
    places = [(0.35, 0.24), (0.65, 0.3), (0.5, 0.26), (0.4, 0.3)]
    shots = [
        Shot(
            ground=scenery[i],
            layers=[Actor(puppet=cast[31 + i], pose=stand(x * w, 0.45 * h, face * h, Sway(seed + i)))],
        )
        for i, (x, face) in enumerate(places)
    ]

    def last(t: float) -> float:
        return ease(t, 6.5, 7.0)

    def third(t: float) -> float:
        return during(4.0, 99, 1.0)(t) * (1 - ease(t, 6.0, 6.5))

    weights = [during(-9, 2.0, 0.5), lambda t: during(2.0, 99, 0.5)(t) * during(-9, 4.0, 1.0)(t), third, last]
    scenes = [Scene(shot=s, weight=weight) for s, weight in zip(shots, weights, strict=True)]
    return Film(scenes=scenes, changes=[(1.75, 2.25), (3.5, 4.5), (6.0, 7.0)])


# -- bad pictures -------------------------------------------------------------------------------------


def blurred(cast: Cast, size: Size, seed: int) -> Film:
    """Motion blur of half a frame's time at two to three faces a second; then out of focus and back."""
    w, h = size
    x = wave(0.5 * w, 0.2 * w, 0.5)
    actor = Actor(puppet=cast[35], pose=lambda t: Pose(x=x(min(t, 4.0)), y=0.45 * h, size=0.2 * h))
    shot = Shot(
        ground=ground(clouds(seed + 13), size),
        layers=[actor],
        shutter_seconds=0.02,
        defocus=lambda t: 6 * (ease(t, 4.2, 5.2) - ease(t, 6.2, 7.2)),
    )
    return single(shot)


def darkened(cast: Cast, size: Size, seed: int) -> Film:
    """Down to a fifth of the light and back, then a lamp that flickers and two flashes."""
    w, h = size

    def light(t: float) -> float:
        flicker = 0.15 * np.sin(2 * np.pi * 3 * t) if 4 < t < 6 else 0.0
        flash = 1.5 if any(abs(t - f) < 0.03 for f in (6.48, 7.28)) else 0.0
        return 1 - 0.8 * (ease(t, 0.5, 1.7) - ease(t, 2.7, 3.7)) + flicker + flash

    layers = [
        Actor(puppet=cast[36], pose=stand(0.35 * w, 0.45 * h, 0.2 * h, Sway(seed))),
        Actor(puppet=cast[37], pose=stand(0.68 * w, 0.42 * h, 0.13 * h, Sway(seed + 1))),
    ]
    return single(Shot(ground=ground(clouds(seed + 14), size, blur=2), layers=layers, light=light))


# -- camera -------------------------------------------------------------------------------------------


def camera_pan(cast: Cast, size: Size, seed: int) -> Film:
    """The camera sweeps over three people, and zooms in on the last."""
    w, h = size
    layers = [
        Actor(puppet=cast[38], pose=stand(0.1 * w, 0.42 * h, 0.17 * h, Sway(seed))),
        Actor(puppet=cast[39], pose=stand(0.6 * w, 0.46 * h, 0.2 * h, Sway(seed + 1))),
        Actor(puppet=cast[40], pose=stand(1.1 * w, 0.44 * h, 0.18 * h, Sway(seed + 2))),
    ]
    look = camera(
        size, lambda t: (w * (-0.35 + 0.95 * ease(t, 0.8, 4.5)), 0.0), lambda t: 1 + 0.8 * ease(t, 4.8, 6.5)
    )
    return single(
        Shot(ground=ground(photograph("stereo_motorcycle"), size, blur=2), layers=layers, camera=look)
    )


def camera_shake(cast: Cast, size: Size, seed: int) -> Film:
    """A camera in the hand of somebody who walks."""
    w, h = size
    layers = [
        Actor(puppet=cast[0], pose=stand(0.35 * w, 0.45 * h, 0.22 * h)),
        Actor(puppet=cast[4], pose=stand(0.68 * w, 0.42 * h, 0.18 * h)),
    ]
    rng = np.random.default_rng(seed)
    hertz, phase = rng.uniform(0.8, 4.0, (2, 3)), rng.uniform(0, 6, (2, 3))

    def shift(t: float) -> tuple[float, float]:
        x, y = (np.sin(2 * np.pi * hertz * t + phase) / hertz).sum(axis=1)
        return 0.03 * h * x, 0.03 * h * y

    look = camera(size, shift, turn_degrees=wave(0, 2.5, 0.9))
    return single(
        Shot(
            ground=ground(photograph("coffee"), size, blur=1),
            layers=layers,
            camera=look,
            shutter_seconds=0.008,
        )
    )


# -- many and small -----------------------------------------------------------------------------------


def ten_faces(cast: Cast, size: Size, seed: int) -> Film:
    w, h = size
    layers = []
    for i in range(10):
        row, column = divmod(i, 5)
        x, y = (0.1 + 0.2 * column + 0.04 * row) * w * 0.95, (0.22 + 0.42 * row) * h
        face = (0.075 + 0.03 * row + 0.004 * column) * h
        layers.append(Actor(puppet=cast[5 + i], pose=stand(x, y, face, Sway(seed + i, 1.5))))
    return single(Shot(ground=ground(clouds(seed + 16), size, blur=2), layers=layers))


def small_faces(cast: Cast, size: Size, seed: int) -> Film:
    """24, 32 and 48 pixels wide, standing and walking."""
    w, h = size
    layers = []
    for i, face in enumerate((24, 32, 48)):
        x = wave(0.25 * w + 0.22 * i * w, 0.05 * w, 0.2, i)
        y = 0.66 * h

        def walk(t: float, x=x, y=y, face=face) -> Pose:
            return Pose(x=x(t), y=y, size=face)

        layers.append(
            Actor(puppet=cast[15 + i], pose=stand((0.2 + 0.28 * i) * w, 0.25 * h, face, Sway(seed + i)))
        )
        layers.append(Actor(puppet=cast[20 + i], pose=walk))
    return single(Shot(ground=ground(clouds(seed + 17), size, blur=2), layers=layers))


def conversation(cast: Cast, size: Size, seed: int) -> Film:
    """Two people near, one far behind them."""
    w, h = size
    layers = [
        Actor(puppet=cast[25], pose=stand(0.5 * w, 0.36 * h, 56, Sway(seed + 2))),
        Actor(puppet=cast[26], pose=stand(0.24 * w, 0.45 * h, 0.25 * h, Sway(seed, 1.5), turn=6)),
        Actor(puppet=cast[27], pose=stand(0.76 * w, 0.45 * h, 0.26 * h, Sway(seed + 1, 1.5), turn=-5)),
    ]
    return single(Shot(ground=ground(photograph("coffee"), size, blur=5), layers=layers))


def no_face(cast: Cast, size: Size, seed: int) -> Film:
    """Textures, photographs and hands under a moving camera, five seconds each."""
    w, h = size
    scenes, cuts = [], []
    for i, name in enumerate([*PICTURES, "clouds", "studio"]):
        picture = {"clouds": clouds(seed), "studio": studio(seed)}.get(name)
        picture = photograph(name) if picture is None else picture
        x, y = 0.3 * w + 0.05 * i * w, 0.7 * h

        def wander(t: float, x=x, y=y, i=i) -> Pose:
            return Pose(x=x + 0.2 * w * np.sin(t + i), y=y + 0.2 * h * np.sin(1.7 * t), size=0.25 * h)

        look = camera(
            size, lambda t, i=i: (0.1 * w * np.sin(0.8 * t + i), 0.0), lambda t: 1.1 + 0.1 * np.sin(t)
        )
        layers = [Prop(levels=hand(seed + i % 4), pose=wander)] if i % 2 else []
        shot = Shot(ground=ground(picture, size, blur=i % 3), layers=layers, camera=look)
        scenes.append(Scene(shot=shot, weight=during(5 * i, 5 * i + 5)))
        cuts.append((5.0 * i, 5.0 * i))
    return Film(scenes=scenes, changes=cuts[1:])


_SMALL, _FULL = (640, 360), (1920, 1080)

SCENARIOS = (
    Scenario(name="still", make=still),
    Scenario(name="swaying", make=swaying, size=_SMALL, fps=30),
    Scenario(name="moved", make=moved, size=_SMALL, fps=30),
    Scenario(name="moved_fast", make=moved_fast),
    Scenario(name="scaled", make=scaled, fps=30, seconds=8),
    Scenario(name="rotated", make=rotated, size=_SMALL),
    Scenario(name="crossing", make=crossing, seconds=8, crossing=True),
    Scenario(name="turning_back", make=turning_back, size=_SMALL, fps=30, seconds=6.5, crossing=True),
    Scenario(name="passing_before", make=passing_before, size=_SMALL, seconds=6, crossing=True),
    Scenario(name="occluded_short", make=occluded_short),
    Scenario(name="occluded_long", make=occluded_long, size=_SMALL, fps=30, seconds=8.5),
    Scenario(name="leaving_returning", make=leaving_returning, seconds=9.5),
    Scenario(name="appearing", make=appearing, fps=30),
    Scenario(name="walking_through", make=walking_through, seconds=6.5),
    Scenario(name="cut", make=cut, size=_SMALL, seconds=9),
    Scenario(name="fades", make=fades, size=_SMALL, fps=30, seconds=8.5),
    Scenario(name="blurred", make=blurred, seconds=7.5),
    Scenario(name="darkened", make=darkened, seconds=8),
    Scenario(name="camera_pan", make=camera_pan, fps=30, seconds=7),
    Scenario(name="camera_shake", make=camera_shake, size=_SMALL, fps=30),
    Scenario(name="ten_faces", make=ten_faces, size=_FULL, seconds=4),
    Scenario(name="small_faces", make=small_faces),
    Scenario(name="conversation", make=conversation, size=_FULL, fps=30, seconds=4),
    Scenario(name="fps_12", make=moved, size=_SMALL, fps=12),
    Scenario(name="fps_60", make=moved, fps=60, seconds=5),
    Scenario(name="variable_rate", make=moved, size=_SMALL, fps=0),
    Scenario(name="no_face", make=no_face, size=_SMALL, seconds=75),
)
