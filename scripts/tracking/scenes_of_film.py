"""Scenes with cuts, fades, bad pictures, a moving camera, crowds, and nobody; see ``scenes_of_movement``."""

from __future__ import annotations

import numpy as np

from .films import Film, Scene, Size, single
from .paths import during, stand, wave
from .portraits import Cast
from .scenery import PICTURES, camera, clouds, ground, hand, photograph, studio
from .stage import Actor, Pose, Prop, Shot, Sway, ease

# -- shots --------------------------------------------------------------------------------------------


def cut(cast: Cast, size: Size, seed: int) -> Film:
    """Hard cuts: elsewhere, to somebody else before the same wall, closer on the same person, to nobody."""
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
    scenery = [
        ground(clouds(seed + 12), size, blur=2),
        ground(photograph("coffee"), size, blur=2),
        ground(studio(seed + 1), size),
        ground(photograph("stereo_motorcycle"), size, blur=3),
    ]
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
