"""Data sets whose file names and folders say it all: RAVDESS, CREMA-D, and those like AFEW."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import InputError
from ..video import VideoInput, find_videos
from .listing import Clip, Facts, Listing

_RAVDESS = {
    "01": "neutral", "02": "calm", "03": "happy", "04": "sad", "05": "angry", "06": "fearful",
    "07": "disgust", "08": "surprised",
}  # fmt: skip
_CREMAD = {
    "ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "happiness", "NEU": "neutral", "SAD": "sadness",
}  # fmt: skip
_SPLITS = (("train", "train"), ("val", "valid"), ("test", "test"))


def videos_below(root: Path) -> list[VideoInput]:
    """Videos and folders of stills in a folder.

    Raises:
        InputError: none.
    """
    found = [v for v in find_videos([root]) if v.error is None]
    if not found:
        raise InputError(root, "no videos here")
    return found


def list_ravdess(root: Path) -> Listing:
    """RAVDESS: ``Actor_01/01-01-03-01-02-01-12.mp4`` (Livingstone & Russo 2018).

    Of a recording that is there with sound and without, the one with sound is taken; "calm" counts as neutral
    unless it is mapped to something else.

    Raises:
        InputError: no such files.
    """
    clips: dict[str, Clip] = {}
    for video in videos_below(root):
        match = re.fullmatch(r"(\d\d)-(\d\d-(\d\d)-(\d\d)-\d\d-\d\d-(\d\d))", video.path.stem)
        if match is None or match[1] not in ("01", "02") or match[3] not in _RAVDESS:
            continue
        row = dict(emotion=_RAVDESS[match[3]], subject=f"Actor_{match[5]}")
        if match[1] == "01" or match[2] not in clips:
            clips[match[2]] = Clip(video_id=video.video_id, path=video.path, rows=(row,))
    if not clips:
        raise InputError(root, "no files like 01-01-03-01-02-01-12.mp4 here: not RAVDESS as it ships")
    facts = Facts(
        name="RAVDESS",
        expressions="acted",
        label_source="the emotion that the actor was asked for",
        citation="Livingstone & Russo 2018, doi 10.1371/journal.pone.0196391",
    )
    return Listing(facts=facts, clips=tuple(clips.values()))


def list_cremad(root: Path) -> Listing:
    """CREMA-D: ``VideoFlash/1001_DFA_ANG_XX.flv`` (Cao et al. 2014).

    Raises:
        InputError: no such files.
    """
    clips = []
    for video in videos_below(root):
        match = re.fullmatch(r"(\d{4})_[A-Z]{3}_([A-Z]{3})_[A-Z]{1,2}", video.path.stem)
        if match is not None and match[2] in _CREMAD:
            row = dict(emotion=_CREMAD[match[2]], subject=match[1])
            clips.append(Clip(video_id=video.video_id, path=video.path, rows=(row,)))
    if not clips:
        raise InputError(root, "no files like 1001_DFA_ANG_XX.flv here: not CREMA-D as it ships")
    facts = Facts(
        name="CREMA-D",
        expressions="acted",
        label_source="the emotion that the actor was asked for",
        citation="Cao et al. 2014, doi 10.1109/TAFFC.2014.2336244",
    )
    return Listing(facts=facts, clips=tuple(clips))


def list_afew(root: Path) -> Listing:
    """Folders named by emotion, within folders named by split or not: ``Train/Angry/000046280.avi``.

    As AFEW (Dhall et al. 2012) and many others ship. Nobody says who is in a clip: each is its own subject,
    and only the splits keep people apart.

    Raises:
        InputError: videos that lie in no folder of the data set.
    """
    clips = []
    for video in videos_below(root):
        parts = video.path.relative_to(root).parts
        if len(parts) < 2:
            raise InputError(video.path, "lies in no folder that names its emotion")
        above = [part.lower() for part in parts[:-2]]
        splits = [split for part in above for word, split in _SPLITS if word in part]
        row = dict(emotion=parts[-2], split=splits[-1] if splits else None)
        clips.append(Clip(video_id=video.video_id, path=video.path, rows=(row,)))
    facts = Facts(name=root.resolve().name, label_source="names of the folders")
    return Listing(facts=facts, clips=tuple(clips))
