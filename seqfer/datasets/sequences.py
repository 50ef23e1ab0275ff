"""Sequences of stills from a neutral face to the apex: Cohn-Kanade (CK, CK+) and Oulu-CASIA."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import InputError, LabelError, VideoError
from ..labels import NEUTRAL
from ..video.discover import natural_key
from ..video.stills import still_paths
from .listing import Clip, Facts, Listing, Row

_CK = ("neutral", "anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")
_OULU = ("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise")


def list_ck(root: Path, still_fps: float) -> Listing:
    """Cohn-Kanade: ``…/S005/001/S005_001_00000001.png``, ``Emotion/S005/001/…_emotion.txt``.

    Lucey et al. 2010. A sequence begins neutral and ends with the apex; sequences without an emotion are
    left out.

    Raises:
        LabelError: an emotion file that holds no number from 0 to 7.
        InputError: no emotion files, or none with its sequence.
    """
    emotions: dict[tuple[str, str], Path] = {}
    folders: dict[tuple[str, str], Path] = {}
    for path in sorted(root.rglob("*"), key=lambda p: natural_key(str(p))):
        if path.name.lower().endswith("_emotion.txt"):
            subject, sequence = path.name.split("_")[:2]
            emotions[subject, sequence] = path
        elif re.search(r"/S\d+/\d+$", path.as_posix()) and path.is_dir() and _stills(path):
            folders[path.parent.name, path.name] = path
    if not emotions:
        raise InputError(
            root, "no emotion files (Emotion/S…/…/*_emotion.txt) here: not Cohn-Kanade as it ships"
        )
    clips = []
    absent = 0
    for (subject, sequence), path in emotions.items():
        folder = folders.get((subject, sequence))
        if folder is None:
            absent += 1
            continue
        rows = _to_apex(_CK[_ck_code(path)], folder, still_fps, subject)
        clips.append(Clip(video_id=f"{subject}/{sequence}", path=folder, rows=rows))
    if not clips:
        raise InputError(root, "no folders of stills (S…/…/*.png) beside the emotion files")
    notes = []
    if unnamed := len(folders.keys() - emotions.keys()):
        notes.append(f"{unnamed} sequences without an emotion left out")
    if absent:
        notes.append(f"{absent} emotion files without their stills")
    facts = Facts(
        name="Cohn-Kanade",
        expressions="posed",
        label_source="FACS coders, checked against the emotion asked for",
        citation="Lucey et al. 2010, The Extended Cohn-Kanade Dataset (CK+)",
    )
    return Listing(facts=facts, clips=tuple(clips), notes=tuple(notes))


def list_oulu(root: Path, still_fps: float) -> Listing:
    """Oulu-CASIA: ``…/VL/Strong/P001/Anger/000.jpeg``, illumination by camera; neutral to apex.

    Zhao et al. 2011. All that is there is taken; choose with ``--include 'VL/Strong/*'``.

    Raises:
        InputError: no such folders.
    """
    clips = []
    names = {name.lower(): name for name in _OULU}
    for path in sorted(root.rglob("*"), key=lambda p: natural_key(str(p))):
        if not path.is_dir() or path.name.lower() not in names or not _stills(path):
            continue
        parts = path.relative_to(root).parts
        if len(parts) < 2 or not re.fullmatch(r"P\d+", parts[-2]):
            continue
        # Camera and light, from below the folder that says what was done to the pictures.
        light = [p for p in parts[:-2] if p.lower() in ("ni", "vl", "dark", "strong", "weak")]
        video_id = "/".join([*light, parts[-2], names[path.name.lower()]])
        rows = _to_apex(path.name, path, still_fps, parts[-2])
        clips.append(Clip(video_id=video_id, path=path, rows=rows))
    if not clips:
        raise InputError(
            root, "no folders like VL/Strong/P001/Anger with stills here: not Oulu-CASIA as it ships"
        )
    twice = {c.video_id for c in clips if sum(d.video_id == c.video_id for d in clips) > 1}
    if twice:
        raise InputError(
            root, f"several versions of {min(twice)}: name the folder of one (B_OriginalImg, say)"
        )
    facts = Facts(
        name="Oulu-CASIA",
        expressions="posed",
        label_source="the emotion that was asked for",
        citation="Zhao et al. 2011, Facial expression recognition from near-infrared videos",
    )
    return Listing(facts=facts, clips=tuple(clips))


def _to_apex(emotion: str, folder: Path, still_fps: float, subject: str) -> tuple[Row, ...]:
    """The two moments that are known: the first still is neutral, the last the apex."""
    last = (len(_stills(folder)) - 1) / still_fps
    first = dict(start_s=0.0, end_s=0.0, emotion=NEUTRAL, phase="neutral", intensity=0, subject=subject)
    if emotion == NEUTRAL:
        return (first,)
    apex = dict(start_s=last, end_s=last, emotion=emotion, phase="apex", intensity=1, subject=subject)
    return (first, apex)


def _stills(folder: Path) -> list[Path]:
    try:
        return still_paths(folder)
    except VideoError:
        return []


def _ck_code(path: Path) -> int:
    try:
        code = float(path.read_text(encoding="utf-8", errors="replace").split()[0])
    except (OSError, ValueError, IndexError):
        code = float("nan")
    if code not in range(len(_CK)):
        raise LabelError(path, "holds no emotion number from 0 to 7")
    return int(code)
