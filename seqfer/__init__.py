"""seqfer: video in, emotion timelines out, at batch scale.

>>> import seqfer
>>> timelines = seqfer.analyze("clip.mp4")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib.metadata import version as _version
from typing import TYPE_CHECKING, Any

from .errors import SeqferError
from .labels import EMOTIONS, PHASES, Vocabulary
from .timeline import Segment, Timeline, Transition

if TYPE_CHECKING:
    from .jobs import RunConfig
    from .stages import analyze

__version__ = _version("seqfer")

__all__ = [
    "EMOTIONS",
    "PHASES",
    "RunConfig",
    "Segment",
    "SeqferError",
    "Timeline",
    "Transition",
    "Vocabulary",
    "analyze",
]


def __getattr__(name: str) -> Any:
    # PyTorch and OpenCV take seconds to import; those who only read timelines need neither.
    if name in ("analyze", "RunConfig"):
        from . import stages

        return getattr(stages, name)
    raise AttributeError(f"module 'seqfer' has no attribute {name!r}")
