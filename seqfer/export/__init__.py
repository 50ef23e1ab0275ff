"""Timelines as files. One module a format; :data:`FORMATS` names them."""

from .common import VideoReport
from .formats import FORMATS, FormatName, output_path, write_outputs
from .persons import find_persons, write_persons

__all__ = [
    "FORMATS",
    "FormatName",
    "VideoReport",
    "find_persons",
    "output_path",
    "write_outputs",
    "write_persons",
]
