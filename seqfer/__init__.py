"""seqfer: video in, emotion timelines out, at batch scale.

>>> import seqfer
>>> timelines = seqfer.analyze("clip.mp4")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version as _version
from typing import TYPE_CHECKING, Any

from .errors import SeqferError
from .labels import EMOTIONS, PHASES, Vocabulary
from .timeline import Segment, Timeline, Transition
from .timelines import Timelines

if TYPE_CHECKING:
    from .export.timeline_json import read_timelines
    from .jobs import RunConfig
    from .measures import compare
    from .stages import analyze

__version__ = _version("seqfer")

__all__ = [
    "EMOTIONS",
    "PHASES",
    "RunConfig",
    "Segment",
    "SeqferError",
    "Timeline",
    "Timelines",
    "Transition",
    "Vocabulary",
    "analyze",
    "compare",
    "read_timelines",
]

_LATER = {
    "RunConfig": "jobs",
    "analyze": "stages",
    "compare": "measures",
    "read_timelines": "export.timeline_json",
}


def __getattr__(name: str) -> Any:
    # PyTorch and OpenCV take seconds to import; those who only handle timelines need neither.
    if name in _LATER:
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module 'seqfer' has no attribute {name!r}")
