"""Video in: finding, probing and reading, upright and with exact times.

The only room that imports PyAV and decord.
"""

from .discover import VideoInput, find_videos
from .frame import Frame, FrameBatch
from .orientation import Orientation
from .picture import RgbPicture, YuvPicture
from .reader import Reader, frames_at, read_frames
from .redrawing import redraw, redrawn_note
from .source import VideoSource, fingerprint, probe
from .span import Span
from .spans import plan_spans

__all__ = [
    "Frame",
    "FrameBatch",
    "Orientation",
    "Reader",
    "RgbPicture",
    "Span",
    "VideoInput",
    "VideoSource",
    "YuvPicture",
    "find_videos",
    "fingerprint",
    "frames_at",
    "plan_spans",
    "probe",
    "read_frames",
    "redraw",
    "redrawn_note",
]
