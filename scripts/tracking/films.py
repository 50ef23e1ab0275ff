"""Films made of shots, written as H.264 with the truth beside, and kept until their recipe changes."""

from __future__ import annotations

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from seqfer.samples import film as film_writer

from . import paths, portraits, scenery, stage
from .portraits import Cast
from .scenery import Noise
from .stage import Shot, render, truth

#: How much a scorer may ask of a face in a frame.
HIDDEN, PARTIAL, VISIBLE = 0, 1, 2

_LEAST_INSIDE, _LEAST_SHOWN, _LEAST_WEIGHT = 0.6, 0.5, 0.7  # of a face that must be found
_GONE = 0.02  # as much of a face as is none
_CRF = 20

Size = tuple[int, int]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """A shot in a film.

    Attributes:
        shot: what is seen.
        weight: how strongly it is mixed into the picture at a time, 0 to 1.
    """

    shot: Shot
    weight: Callable[[float], float] = lambda _: 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Film:
    """What a scenario makes.

    Attributes:
        scenes: in order; their weighted sum is the picture.
        changes: when one shot gives way to another: start and end, seconds; the same for a hard cut.
    """

    scenes: Sequence[Scene]
    changes: Sequence[tuple[float, float]] = ()


def single(shot: Shot) -> Film:
    """A film of one shot."""
    return Film(scenes=[Scene(shot=shot)])


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One row of the table.

    Attributes:
        name: of the row.
        make: the film, from the cast, the frame's size and a number that seeds it.
        size: (width, height), pixels.
        seconds: length.
        fps: frames per second; 0 for a variable rate between 12 and 60 with some longer gaps.
        crossing: people hide each other, so that a switched identity is to be excused.
    """

    name: str
    make: Callable[[Cast, tuple[int, int], int], Film]
    size: tuple[int, int] = (1280, 720)
    seconds: float = 6.0
    fps: int = 25
    crossing: bool = False

    def times(self, seed: int) -> NDArray[np.float64]:
        """Presentation times, seconds; whole milliseconds where the rate varies."""
        if self.fps:
            return np.arange(round(self.seconds * self.fps)) / self.fps
        rng = np.random.default_rng(seed)
        steps = rng.choice([17, 33, 40, 83], size=2000, p=[0.25, 0.45, 0.2, 0.1])
        steps[rng.integers(10, 150, 3)] = 250  # frames left out
        times = np.concatenate([[0], np.cumsum(steps)])
        return times[times < 1000 * self.seconds] / 1000


@dataclass(frozen=True, kw_only=True, eq=False)
class Truth:
    """Where the faces of a film are: one row per face and frame, in order of frames.

    Attributes:
        num_frames: of the film.
        size: (width, height), pixels.
        pts_seconds: float64 (num_frames,).
        frames, ids: int64 (N,); a person has another id in every shot.
        boxes_xyxy: float64 (N, 4), pixels; may reach beyond the frame.
        landmarks_xy: float64 (N, 5, 2), pixels.
        states: int64 (N,), HIDDEN, PARTIAL or VISIBLE.
        changes: int64 (C, 2), of every change of shot the first and the last frame that may be called the
            first of the new shot.
    """

    size: tuple[int, int]
    pts_seconds: NDArray[np.float64]
    frames: NDArray[np.int64]
    ids: NDArray[np.int64]
    boxes_xyxy: NDArray[np.float64]
    landmarks_xy: NDArray[np.float64]
    states: NDArray[np.int64]
    changes: NDArray[np.int64]

    @property
    def num_frames(self) -> int:
        return len(self.pts_seconds)

    def save(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, **{name: getattr(self, name) for name in self.__dataclass_fields__})

    @classmethod
    def load(cls, path: Path) -> Truth:
        with np.load(path) as file:
            columns = {name: file[name] for name in cls.__dataclass_fields__}
        return cls(**{**columns, "size": tuple(columns["size"].tolist())})


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A film on disk: ``path``, and files of the same stem beside it."""

    scenario: Scenario
    path: Path

    @property
    def truth_path(self) -> Path:
        return self.path.with_suffix(".truth.npz")

    @property
    def detections_path(self) -> Path:
        return self.path.with_suffix(".detections.npz")


def make_clip(scenario: Scenario, cast: Cast, cast_digest: str, folder: Path, seed: int) -> Clip:
    """Write a scenario's film and truth into ``folder``, unless they are there from the same recipe."""
    limits = _LEAST_INSIDE, _LEAST_SHOWN, _LEAST_WEIGHT, _GONE, _CRF
    settings = f"{cast_digest} {seed} {scenario.size} {scenario.seconds} {scenario.fps} {limits}"
    recipe = (
        portraits,
        stage,
        scenery,
        paths,
        film_writer,
        truth_of,
        _mixed,
        _state,
        Scenario.times,
        scenario.make,
    )
    digest = hashlib.sha256(settings.encode())
    for part in recipe:
        # The tree, not the text: it is the same however the lines are broken.
        digest.update(ast.dump(ast.parse(textwrap.dedent(inspect.getsource(part)))).encode())
    clip = Clip(scenario=scenario, path=folder / f"{scenario.name}-{digest.hexdigest()[:12]}.mp4")
    if clip.path.exists() and clip.truth_path.exists():
        return clip
    folder.mkdir(parents=True, exist_ok=True)
    film = scenario.make(cast, scenario.size, seed)
    times = scenario.times(seed)
    truth_of(film, times, scenario.size).save(clip.truth_path)
    noise = Noise(scenario.size, seed)
    pictures = (noise(_mixed(film, t, scenario.size)) for t in times.tolist())
    film_writer.write_film(
        clip.path,
        pictures,
        fps=scenario.fps or 30,
        crf=_CRF,
        times_milliseconds=None if scenario.fps else np.rint(times * 1000).astype(int).tolist(),
    )
    return clip


def _mixed(film: Film, seconds: float, size: tuple[int, int]) -> stage.Picture:
    weighted = [(w, s.shot) for s in film.scenes if (w := s.weight(seconds)) > 0]
    if len(weighted) == 1 and weighted[0][0] == 1:
        return render(weighted[0][1], seconds, size)
    total = np.zeros((size[1], size[0], 3), np.float32)
    for weight, shot in weighted:
        total += np.float32(weight) * render(shot, seconds, size)
    return cv2.convertScaleAbs(total)


def truth_of(film: Film, pts_seconds: NDArray[np.float64], size: tuple[int, int]) -> Truth:
    """The faces of every frame."""
    frames, ids, states, boxes, points = [], [], [], [], []
    for index, seconds in enumerate(pts_seconds.tolist()):
        for number, scene in enumerate(film.scenes):
            weight = scene.weight(seconds)
            if weight <= 0:
                continue
            for face in truth(scene.shot, seconds, size):
                frames.append(index)
                ids.append(100 * number + face.actor)
                states.append(_state(face.inside, face.shown, weight))
                boxes.append(face.box_xyxy)
                points.append(face.landmarks_xy)
    changes = [np.searchsorted(pts_seconds, np.array(change) - 1e-6) for change in film.changes]
    return Truth(
        size=size,
        pts_seconds=pts_seconds,
        frames=np.array(frames, np.int64),
        ids=np.array(ids, np.int64),
        boxes_xyxy=np.array(boxes, np.float64).reshape(-1, 4),
        landmarks_xy=np.array(points, np.float64).reshape(-1, 5, 2),
        states=np.array(states, np.int64),
        changes=np.array(changes, np.int64).reshape(-1, 2),
    )


def _state(inside: float, shown: float, weight: float) -> int:
    if min(inside, inside * shown, weight) < _GONE:
        return HIDDEN
    enough = inside >= _LEAST_INSIDE and shown >= _LEAST_SHOWN and weight >= _LEAST_WEIGHT
    return VISIBLE if enough else PARTIAL
