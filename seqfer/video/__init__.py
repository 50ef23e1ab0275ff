"""Video in: finding, probing and reading, upright and with exact times.

The only room that imports PyAV and decord.
"""

from .discover import VideoInput, find_videos
from .frame import Frame, FrameBatch
from .orientation import Orientation
from .picture import RgbPicture, YuvPicture
from .reader import Reader, frames_at, read_frames
from .source import VideoSource, fingerprint, probe

__all__ = [
    "Frame",
    "FrameBatch",
    "Orientation",
    "Reader",
    "RgbPicture",
    "VideoInput",
    "VideoSource",
    "YuvPicture",
    "find_videos",
    "fingerprint",
    "frames_at",
    "probe",
    "read_frames",
]
