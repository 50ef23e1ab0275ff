"""``<video>.eaf``: a tier per face track, to look at and correct in ELAN (``seqfer import-labels`` reads it).

The media is linked by its relative path, so the folders can be moved together.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import ElementTree

from pympi.Elan import Eaf, to_adocument

from ..elan import EMOTION_TYPE, VIDEO_PROPERTY
from ..files import atomic_path
from .common import VideoReport, milliseconds, plain_text, xml_text

_LANGUAGE = "und"  # ELAN's code for none in particular


def write(path: Path, report: VideoReport) -> None:
    """Write the file. Times are whole milliseconds, which is all that ELAN keeps."""
    eaf = Eaf(author="seqfer")
    eaf.adocument["DATE"] = "1970-01-01T00:00:00+00:00"  # the same input gives the same bytes, at any time
    eaf.remove_tier("default")
    eaf.header["TIME_UNITS"] = "milliseconds"
    eaf.header["MEDIA_FILE"] = ""
    eaf.add_property(VIDEO_PROPERTY, plain_text(report.video_id))
    if (link := report.source.get("link")) is not None:
        link = xml_text(link)
        eaf.add_linked_file(link, relpath=link, mimetype=_mime(link))
    _add_vocabulary(eaf, report)
    for timeline in report.timelines:
        name, person = report.lane(timeline.track_id), report.persons.get(timeline.track_id)
        eaf.add_tier(name, ling=EMOTION_TYPE, part=plain_text(person) if person else None)
        latest = 0
        for s in timeline:
            start = max(latest, milliseconds(s.start_seconds))
            latest = max(start + 1, milliseconds(s.end_seconds))
            eaf.add_annotation(name, start, latest, plain_text(s.emotion))
    with atomic_path(path) as partial:
        ElementTree(to_adocument(eaf)).write(partial, xml_declaration=True, encoding="UTF-8")


def _add_vocabulary(eaf: Eaf, report: VideoReport) -> None:
    """Emotions as a controlled vocabulary: correcting one is choosing from a list."""
    eaf.add_language(_LANGUAGE, "http://cdb.iso.org/lg/CDB-00130975-001", "undetermined (und)")
    eaf.add_controlled_vocabulary(EMOTION_TYPE)
    names = [*report.model["vocabulary"], *(s.emotion for t in report.timelines for s in t)]
    for n, name in enumerate(dict.fromkeys(names)):
        eaf.add_cv_entry(EMOTION_TYPE, f"cveid_{n}", [(plain_text(name), _LANGUAGE, "")])
    facts = {
        "LINGUISTIC_TYPE_ID": EMOTION_TYPE,
        "TIME_ALIGNABLE": "true",
        "GRAPHIC_REFERENCES": "false",
        "CONTROLLED_VOCABULARY_REF": EMOTION_TYPE,
    }
    eaf.add_linguistic_type(EMOTION_TYPE, param_dict=facts)


def _mime(link: str) -> str:
    """What ELAN chooses a player by."""
    kind = mimetypes.guess_type(PurePosixPath(link).name)[0] or ""
    return kind if kind.startswith(("video/", "image/")) else "video/*"
