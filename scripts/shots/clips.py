"""Clips whose cuts and gradual transitions are known to the frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np

from .scenes import Material, Picture, Scene, Shots, camera, crossed, film, lit

FPS = 25


@dataclass(frozen=True, kw_only=True)
class Transition:
    """A change of shot.

    Attributes:
        kind: cut, black, white or dissolve.
        start: first frame that is not purely the old shot.
        stop: first frame that is purely the new shot; equal to ``start`` for a cut.
    """

    kind: str
    start: int
    stop: int


@dataclass(kw_only=True)
class Clip:
    """Frames and truth, being put together."""

    name: str
    frames: list[Picture] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)

    def add(self, scene: Scene, count: int, kind: str = "cut", length: int = 0, hold: int = 0) -> None:
        """Append a scene of ``count`` pure frames after a transition of ``length`` frames.

        Args:
            kind: see :class:`Transition`; does not matter for the first scene.
            length: of a dissolve, or of each half of a fade.
            hold: frames of pure black or white between the halves of a fade.
        """
        views = list(scene(count + length))
        if self.frames and kind == "cut":
            self.transitions.append(Transition(kind=kind, start=len(self.frames), stop=len(self.frames)))
        elif self.frames:
            # The old shot goes on under the transition: its last frames are what is mixed.
            old, self.frames = self.frames[-length:], self.frames[:-length]
            start = len(self.frames)
            weights = (np.arange(length) + 1) / (length + 1)
            if kind == "dissolve":
                self.frames += [_mix(a, b, w) for a, b, w in zip(old, views[:length], weights, strict=True)]
            else:
                plain = np.full_like(views[0], {"black": 0, "white": 255}[kind])
                self.frames += [_mix(a, plain, w) for a, w in zip(old, weights, strict=True)]
                self.frames += [plain] * hold
                self.frames += [_mix(plain, b, w) for b, w in zip(views[:length], weights, strict=True)]
            self.transitions.append(Transition(kind=kind, start=start, stop=len(self.frames)))
            views = views[length:]
        self.frames += views


def _mix(a: Picture, b: Picture, weight: float) -> Picture:
    return np.rint((1 - weight) * a + weight * b).astype(np.uint8)


def make_clips(material: Material, rng: np.random.Generator) -> Iterator[Clip]:
    """Clips of every kind, one after the other (each holds its frames in memory)."""
    yield _sequence("cuts", material, rng, lambda: {"kind": "cut"}, 20)
    yield _sequence(
        "fades", material, rng,
        lambda: {
            "kind": str(rng.choice(["black", "black", "white"])),
            "length": int(rng.integers(6, 40)), "hold": int(rng.integers(0, 20)),
        }, 12,
    )  # fmt: skip
    yield _sequence(
        "dissolves", material, rng, lambda: {"kind": "dissolve", "length": int(rng.integers(6, 60))}, 14
    )

    def any_kind() -> dict:
        kind = str(rng.choice(["cut", "cut", "black", "white", "dissolve"]))
        return {"kind": kind} if kind == "cut" else {"kind": kind, "length": int(rng.integers(6, 40))}

    yield _sequence("mixed", material, rng, any_kind, 20)
    if material.portraits:
        portraits = Clip(name="portraits")
        for number in rng.permutation(len(material.portraits)):
            kind, length = ("cut", 0) if rng.random() < 0.5 else ("dissolve", int(rng.integers(8, 40)))
            portraits.add(
                camera(material.portraits[number], str(rng.choice(["still", "handheld"])), rng),
                int(rng.integers(45, 80)), kind, length,
            )  # fmt: skip
        yield portraits
    yield _sequence(
        "camera", material, rng, lambda: {"kind": "cut"}, 12, ("fast pan", "fast zoom", "whip", "pan")
    )
    yield _flashes(material, rng)
    yield _lights(material, rng)
    passers = Clip(name="passers")
    for still in material.stills[:5]:
        scene = camera(still, "handheld", rng)
        passers.add(crossed(scene, material.stills[rng.integers(len(material.stills))], rng), 150)
    yield passers
    if material.films:
        films = Clip(name="films")
        for frames in material.films:
            films.add(film(frames, 0), len(frames))
        yield films


def _sequence(
    name: str,
    material: Material,
    rng: np.random.Generator,
    transition: Callable[[], dict],
    count: int,
    motions: tuple[str, ...] | None = None,
) -> Clip:
    clip, shots = Clip(name=name), Shots(material, rng)
    for _ in range(count):
        how = transition()
        clip.add(shots.next(motions), int(rng.integers(70, 130)), **how)
    return clip


def _flashes(material: Material, rng: np.random.Generator) -> Clip:
    """Photographers: flashes of one to three frames, with and without an afterglow."""
    clip, shots = Clip(name="flashes"), Shots(material, rng)
    for _ in range(6):
        scene = shots.next(("still", "handheld", "pan"))
        power = np.ones(120)
        for at in rng.choice(np.arange(10, 110, 12), 4, replace=False):
            glow = [[1.0], [1.0, 0.3], [1.0, 1.0], [1.0, 0.5, 0.2]][rng.integers(4)]
            power[at : at + len(glow)] += rng.uniform(1, 4) * np.array(glow)
        clip.add(lit(scene, lambda i, _, power=power: power[i]), 120)
    return clip


def _lights(material: Material, rng: np.random.Generator) -> Clip:
    """Lights switched on and off, dimmed, flickering; an exposure that follows."""
    clip, shots = Clip(name="lights"), Shots(material, rng)
    laws: list[Callable[[int, int], float]] = [
        lambda i, n: 0.35 if n // 3 <= i < 2 * n // 3 else 1.0,
        lambda i, n: 1 - 0.7 * np.sin(np.pi * i / n),
        lambda i, n: 1 + 0.15 * (-1) ** (i // 2),
        lambda i, n: 0.4 + 0.6 * min(1.0, i / (0.8 * n)),
        lambda i, n: 1.6 - 0.6 * min(1.0, max(0, i - 40) / 8),
    ]
    for law in laws:
        clip.add(lit(shots.next(("still", "handheld", "pan")), law), 120)
    return clip


def write(clip: Clip, path: Path) -> Path:
    """Encode a clip as H.264, as cameras and sites do: lossy, with key frames where the encoder likes."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=FPS)
        stream.height, stream.width = clip.frames[0].shape[:2]
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "25", "preset": "veryfast"}
        for picture in clip.frames:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    return path
