"""The sample videos: what is in each, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage import data

from ..errors import InputError
from .film import write_film
from .portrait import Portrait
from .scenes import Camera, Pose, Sway, backdrop, pan, place, ramp

Event = tuple[float, str]
Scene = NDArray[np.uint8]

_SIZE = (640, 360)
_FPS = 25
_GREY = (176, 178, 176), (112, 116, 120)
_BLUE = (128, 150, 168), (64, 82, 104)
_WARM = (192, 172, 148), (120, 100, 84)
_BROAD = 1.08  # a smile somewhat broader than the photograph's
_ONSET_SECONDS = 0.5  # from rest to full smile; posed smiles take 0.4 to 0.7 s

_ABOUT = """\
SYNTHETIC sample videos, written by seqfer.

Every face in them is one photograph: NASA's portrait of the astronaut Eileen Collins, a work in the public
domain, as the Python package scikit-image ships it. She was cut out of her background and set before painted
ones. Changes of expression are warps of that one photograph, computed: nobody felt or posed them, and nothing
about the person can be learnt from them. Pictures without a face also come with scikit-image. Times of events
are seconds from the first frame.
"""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One sample file and what is known about it.

    Attributes:
        path: the file.
        description: one line for people.
        expected_faces: face tracks that a faultless run finds; a cut ends a track, so the same face on
            either side of a cut counts twice.
        events: what happens when, (seconds from the first frame, words), in order of time.
    """

    path: Path
    description: str
    expected_faces: int
    events: tuple[Event, ...] = ()


def write_samples(folder: Path, *, seed: int = 0) -> list[Sample]:
    """Write the sample videos and a README.txt into ``folder``, made where it is absent.

    Args:
        folder: existing files of the same names are replaced, others left alone.
        seed: of the small movements and the sensor noise; the same seed gives the same bytes.

    Returns:
        The files in order of writing; the last is deliberately broken.

    Raises:
        InputError: the folder or a file in it cannot be written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        samples = [
            write_portrait(folder / "expression_change.mp4", seed=seed),
            _two_faces(folder / "two_faces.mp4", seed),
            _leaves_and_returns(folder / "leaves_and_returns.mp4", seed),
            _hard_cut(folder / "hard_cut.mp4", seed),
            _no_face(folder / "no_face.mp4", seed),
        ]
        samples.append(_broken(folder / "broken.mp4", samples[0].path))
        (folder / "README.txt").write_text(_readme(samples), encoding="utf-8")
    except OSError as error:
        raise InputError(
            error.filename or folder, f"cannot be written ({error.strerror or error})"
        ) from error
    return samples


def write_portrait(
    path: Path,
    *,
    seconds: float = 6.0,
    width: int = _SIZE[0],
    height: int = _SIZE[1],
    fps: int = _FPS,
    crf: int = 21,
    seed: int = 0,
) -> Sample:
    """Write a video of one face, relaxed, that breaks into a smile for 2.5 s of every 6.

    Args:
        path: the MP4 file to write.
        seconds: length.
        width, height: of the frame, pixels, even.
        fps: frames per second.
        crf: x264's rate factor: lower is better and larger.
        seed: of movements and noise.

    Raises:
        VideoError: the file cannot be written.
    """
    portrait, sway = Portrait(), Sway(seed)
    scenery = backdrop((width, height), *_GREY, seed)
    smiles = [(start, start + 2.5) for start in np.arange(1.5, seconds - 3.0, 6.0).tolist()]

    def scenes() -> Iterator[Scene]:
        for time in _times(seconds, fps):
            smile = _BROAD * sum(_smiling(time, *when) for when in smiles)
            yield place(scenery, portrait, smile, sway(Pose(eyes_xy=(0.02, -0.1), size=0.5), time))

    write_film(path, Camera((width, height), seed).film(scenes()), fps=fps, crf=crf)
    events: list[Event] = []
    for start, end in smiles:
        events += [
            (start, "smile: onset"),
            (start + _ONSET_SECONDS, "smile: apex reached"),
            (end, "smile: offset begins"),
            (end + _ONSET_SECONDS, "relaxed again"),
        ]
    return Sample(
        path=path,
        description="SYNTHETIC: one face, relaxed, smiling, relaxed (a warped photograph)",
        expected_faces=1,
        events=tuple(events),
    )


def _two_faces(path: Path, seed: int) -> Sample:
    left, right = Portrait(), Portrait(mirrored=True, recoloured=True)
    sways = Sway(seed + 1), Sway(seed + 2)
    scenery = backdrop(_SIZE, *_BLUE, seed + 1)

    def scenes() -> Iterator[Scene]:
        for time in _times(4.0):
            pose = sways[1](Pose(eyes_xy=(0.46, -0.08), size=0.31, turn_degrees=3), time)
            canvas = place(scenery, right, 0.0, pose)
            pose = sways[0](Pose(eyes_xy=(-0.44, -0.14), size=0.36, turn_degrees=-4), time)
            yield place(canvas, left, 1.0, pose)

    write_film(path, Camera(_SIZE, seed + 1).film(scenes()), fps=_FPS)
    return Sample(
        path=path,
        description="SYNTHETIC: two faces side by side, one smiling, one relaxed (one photograph twice)",
        expected_faces=2,
    )


def _leaves_and_returns(path: Path, seed: int) -> Sample:
    portrait, sway = Portrait(), Sway(seed + 3)
    scenery = backdrop(_SIZE, *_WARM, seed + 3)
    leaves, away, returns, back, end = 1.2, 2.4, 2.5, 3.7, 5.2

    def pose(time: float) -> Pose:
        aside = 1.6 * (ramp(time, leaves, away) - ramp(time, returns, back))
        return sway(Pose(eyes_xy=(0.12 + aside, -0.12), size=0.4), time)

    def scenes() -> Iterator[Scene]:
        for time in _times(end):
            yield place(scenery, portrait, 0.9, pose(time))

    write_film(path, Camera(_SIZE, seed + 3).film(scenes()), fps=_FPS)
    outside = [time for time in _times(end) if pose(time).eyes_xy[0] > _SIZE[0] / _SIZE[1] / 2]
    return Sample(
        path=path,
        description="SYNTHETIC: one face that leaves the frame to the right and comes back",
        expected_faces=1,
        events=(
            (leaves, "begins to move"),
            (outside[0], "leaves: middle of the face at the edge"),
            (outside[-1] + 1 / _FPS, "returns: middle of the face at the edge"),
            (back, "is back"),
        ),
    )


def _hard_cut(path: Path, seed: int) -> Sample:
    first, second = Portrait(), Portrait(mirrored=True, recoloured=True)
    sways = Sway(seed + 4), Sway(seed + 5)
    walls = backdrop(_SIZE, *_GREY, seed + 4), backdrop(_SIZE, *_WARM, seed + 5)
    cup = data.coffee()
    cut, faceless, end = 2.0, 3.6, 4.8

    def scenes() -> Iterator[Scene]:
        for time in _times(end):
            if time < cut:
                yield place(walls[0], first, 0.0, sways[0](Pose(eyes_xy=(-0.3, -0.1), size=0.42), time))
            elif time < faceless:
                yield place(walls[1], second, 1.0, sways[1](Pose(eyes_xy=(0.34, -0.04), size=0.56), time))
            else:
                yield pan(cup, _SIZE, (time - faceless) / (end - faceless))

    write_film(path, Camera(_SIZE, seed + 4).film(scenes()), fps=_FPS)
    return Sample(
        path=path,
        description="SYNTHETIC: a face, a hard cut to the same face elsewhere, a hard cut to a cup of coffee",
        expected_faces=2,
        events=((cut, "cut to another shot"), (faceless, "cut to a shot without a face")),
    )


def _no_face(path: Path, seed: int) -> Sample:
    rocket, end = data.rocket(), 3.0

    def scenes() -> Iterator[Scene]:
        for time in _times(end):
            yield pan(rocket, _SIZE, time / end)

    write_film(path, Camera(_SIZE, seed + 6).film(scenes()), fps=_FPS)
    return Sample(path=path, description="SYNTHETIC: a rocket on its pad, no face", expected_faces=0)


def _broken(path: Path, whole: Path) -> Sample:
    """The first bytes of a good file: what an interrupted copy leaves behind."""
    path.write_bytes(whole.read_bytes()[:2048])
    return Sample(path=path, description="broken on purpose: the first 2 kB of a video", expected_faces=0)


def _smiling(time: float, start: float, end: float) -> float:
    return ramp(time, start, start + _ONSET_SECONDS) - ramp(time, end, end + _ONSET_SECONDS)


def _times(seconds: float, fps: int = _FPS) -> Iterator[float]:
    """Presentation times of the frames, seconds."""
    return (index / fps for index in range(round(seconds * fps)))


def _readme(samples: list[Sample]) -> str:
    lines = [_ABOUT]
    for sample in samples:
        lines.append(
            f"{sample.path.name}\n    {sample.description}. Face tracks to find: {sample.expected_faces}."
        )
        lines += [f"    {time:5.2f} s  {what}" for time, what in sample.events]
        lines.append("")
    return "\n".join(lines)
