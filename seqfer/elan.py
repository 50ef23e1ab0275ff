"""Reading ELAN's annotation files (``.eaf``), whoever wrote them.

ELAN (Max Planck Institute for Psycholinguistics, The Language Archive) is where researchers look at and
correct annotations of video. A file that comes from elsewhere is XML from a stranger: document types and
entities, which no ELAN file needs, are refused.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from xml.etree.ElementTree import ParseError

import defusedxml.ElementTree
from defusedxml import DefusedXmlException
from pympi.Elan import Eaf

from .errors import LabelError
from .labels import UNCERTAIN, Vocabulary

#: What ``seqfer export --to eaf`` calls the kind of its tiers, and the property that names the video.
EMOTION_TYPE = "emotion"
VIDEO_PROPERTY = "seqfer.video"

_MAX_LISTED = 20


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """A stretch of time with what somebody said of it.

    Attributes:
        start_seconds, end_seconds: half-open, seconds; to the millisecond, as ELAN keeps them.
        text: as it stands, without blanks around it; may be empty.
    """

    start_seconds: float
    end_seconds: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Tier:
    """One lane of an ELAN file.

    Attributes:
        name: unique in its file.
        kind: its "linguistic type".
        participant: whom it is about; empty if it does not say.
        annotations: by start. Those of a tier that refers to another have the times of what they refer to.
    """

    name: str
    kind: str
    participant: str
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True, kw_only=True)
class ElanFile:
    """What is in an ELAN file.

    Attributes:
        path: where it is.
        media: names of the linked media files, without their folders.
        properties: of the file as a whole, by name.
        tiers: in the order of the file.
    """

    path: Path
    media: tuple[str, ...]
    properties: dict[str, str]
    tiers: tuple[Tier, ...]


def read_elan(path: Path | str) -> ElanFile:
    """Read an ELAN annotation file.

    Raises:
        LabelError: absent, not XML, with a document type, or not as ELAN writes it.
    """
    path = Path(path)
    try:
        root = defusedxml.ElementTree.parse(path, forbid_dtd=True).getroot()
    except OSError as error:
        raise LabelError(path, f"cannot be read ({error.strerror or error})") from error
    except DefusedXmlException as error:
        raise LabelError(path, "declares a document type or entities, which no ELAN file does") from error
    except (ParseError, ValueError, LookupError) as error:
        raise LabelError(path, f"not a readable XML file ({error})") from error
    if root.tag != "ANNOTATION_DOCUMENT":
        raise LabelError(path, f"not an ELAN file: it holds <{root.tag}>, not <ANNOTATION_DOCUMENT>")
    try:
        with warnings.catch_warnings():  # ELAN changes the number of its format more often than the format
            warnings.simplefilter("ignore")
            eaf = Eaf(str(path))
        _check_parents(eaf)
        return ElanFile(
            path=path,
            media=tuple(_name(m.get("RELATIVE_MEDIA_URL") or m["MEDIA_URL"]) for m in eaf.media_descriptors),
            properties={str(k): str(v or "") for k, v in eaf.properties},
            tiers=tuple(_tier(eaf, name) for name in eaf.get_tier_names()),
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise LabelError(path, f"not an ELAN file that can be understood ({error!r})") from error


def _check_parents(eaf: Eaf) -> None:
    """Raise ValueError where tiers are each other's parents: following them would never end."""
    for name in eaf.get_tier_names():
        seen = {name}
        while parent := eaf.get_parameters_for_tier(name).get("PARENT_REF"):
            if parent in seen:
                raise ValueError(f"tier {parent!r} is its own parent")
            seen.add(parent)
            name = parent


def _tier(eaf: Eaf, name: str) -> Tier:
    facts = eaf.get_parameters_for_tier(name)
    found = []
    for start, end, text, *_ in eaf.get_annotation_data_for_tier(name):
        if start is None or end is None:
            raise ValueError(f"tier {name!r} has an annotation without a time")
        found.append(Annotation(start_seconds=start / 1000, end_seconds=end / 1000, text=text.strip()))
    return Tier(
        name=name,
        kind=facts.get("LINGUISTIC_TYPE_REF") or "",
        participant=(facts.get("PARTICIPANT") or "").strip(),
        annotations=tuple(sorted(found, key=lambda a: (a.start_seconds, a.end_seconds))),
    )


def _name(url: str) -> str:
    """The file's own name, whichever way the slashes lean."""
    return PurePosixPath(PureWindowsPath(url).as_posix()).name


@dataclass(frozen=True, kw_only=True)
class ElanLabel:
    """What an ELAN file says of a face.

    Attributes:
        video: id of the video, or its file name.
        track_id: number of the face track; None where the file does not tell of tracks: every track.
        start_seconds, end_seconds: half-open, seconds.
        emotion: a name of the vocabulary.
        subject: the tier's participant, if it was not seqfer that named it; may be empty.
    """

    video: str
    track_id: int | None
    start_seconds: float
    end_seconds: float
    emotion: str
    subject: str


def emotion_labels(
    files: Sequence[ElanFile],
    vocabulary: Vocabulary,
    *,
    tiers: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
) -> list[ElanLabel]:
    """The labels in ELAN files: those that seqfer wrote and somebody corrected, or files of other makes.

    Annotations without a text, and those that are ``uncertain``, say nothing.

    Args:
        tiers: names of the tiers that count; where empty, those of the kind that seqfer writes, and in a
            file that has none, all.
        names: what names in the files mean (any case); an empty meaning leaves them out.

    Raises:
        LabelError: names that the vocabulary does not have (all are listed); no such tiers; a tier of
            seqfer's kind that does not name its face track.
    """
    meaning = {theirs.strip().lower(): ours for theirs, ours in (names or {}).items()}
    found: list[ElanLabel] = []
    unknown: dict[str, None] = {}
    for file in files:
        video = file.properties.get(VIDEO_PROPERTY)
        for tier in _chosen(file, tiers):
            track_id = _track_of(file, tier) if video is not None else None
            for a in tier.annotations:
                text = meaning.get(a.text.lower(), a.text)
                if not text or text == UNCERTAIN:
                    continue
                try:
                    emotion = vocabulary.names[vocabulary.index(text)]
                except ValueError:
                    unknown[a.text] = None
                    continue
                found.append(
                    ElanLabel(
                        video=video or (file.media[0] if file.media else file.path.stem),
                        track_id=track_id,
                        start_seconds=a.start_seconds,
                        end_seconds=a.end_seconds,
                        emotion=emotion,
                        subject="" if video is not None else tier.participant,
                    )
                )
    if unknown:
        listed = ", ".join(map(repr, [*unknown][:_MAX_LISTED]))
        more = f" and {len(unknown) - _MAX_LISTED} more" if len(unknown) > _MAX_LISTED else ""
        where = files[0].path if len(files) == 1 else f"{len(files)} files"
        raise LabelError(
            where, f"unknown emotions: {listed}{more}; the vocabulary is {', '.join(vocabulary)}"
        )
    return found


def _chosen(file: ElanFile, names: Sequence[str]) -> list[Tier]:
    if names:
        chosen = [tier for tier in file.tiers if tier.name in names]
        if not chosen:
            there = ", ".join(repr(tier.name) for tier in file.tiers) or "none"
            raise LabelError(file.path, f"no tier called {' or '.join(map(repr, names))}; there are {there}")
        return chosen
    return [tier for tier in file.tiers if tier.kind == EMOTION_TYPE] or list(file.tiers)


def _track_of(file: ElanFile, tier: Tier) -> int:
    number = re.search(r"\bface (\d+)$", tier.name)
    if number is None:
        raise LabelError(file.path, f"tier {tier.name!r} does not say which face it is of: call it 'face 0'")
    return int(number[1])
