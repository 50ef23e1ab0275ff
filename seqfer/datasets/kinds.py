"""The data sets that are understood, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import InputError
from .filenames import list_afew, list_cremad, list_ravdess
from .listing import Listing
from .lists import list_dfew, list_elan, list_table
from .sequences import list_ck, list_oulu
from .stills import list_fer

KindName = Literal["ck", "oulu", "fer", "ravdess", "cremad", "dfew", "afew", "labels", "eaf"]


@dataclass(frozen=True, kw_only=True)
class ListingOptions:
    """What some kinds need to be told.

    Attributes:
        still_fps: stills per second of sequences of stills.
        fold: which division of DFEW, 1 to 5.
        videos: folder of the videos that a label table or ELAN files name.
    """

    still_fps: float = 30.0
    fold: int = 1
    videos: Path | None = None


_Lister = Callable[[Path, ListingOptions], Listing]
#: What each kind is, and how it is listed.
KINDS: dict[str, tuple[str, _Lister]] = {
    "ck": ("Cohn-Kanade (CK, CK+)", lambda p, o: list_ck(p, o.still_fps)),
    "oulu": ("Oulu-CASIA", lambda p, o: list_oulu(p, o.still_fps)),
    "fer": ("FER2013, FER+ (CSV, HDF5)", lambda p, o: list_fer(p)),
    "ravdess": ("RAVDESS", lambda p, o: list_ravdess(p)),
    "cremad": ("CREMA-D", lambda p, o: list_cremad(p)),
    "dfew": ("DFEW, or lists like its own", lambda p, o: list_dfew(p, o.fold)),
    "afew": ("folders named by emotion, as AFEW", lambda p, o: list_afew(p)),
    "labels": ("a label table of your own (CSV)", lambda p, o: list_table(p, o.videos)),
    "eaf": ("ELAN files of your own (.eaf)", lambda p, o: list_elan(p, o.videos)),
}


def list_dataset(kind: str, source: Path, options: ListingOptions | None = None) -> Listing:
    """What is in a downloaded data set.

    Args:
        kind: a key of :data:`KINDS`.
        source: its folder, or its table.
        options: what some kinds need to be told.

    Raises:
        InputError: it is not there, or not as that kind ships.
        LabelError: its labels cannot be understood.
    """
    if not source.exists():
        raise InputError(source, "no such file or folder")
    return KINDS[kind][1](source, options or ListingOptions())
