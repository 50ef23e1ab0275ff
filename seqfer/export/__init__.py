"""Timelines as files. One module a format; :data:`FORMATS` names them."""

from .common import VideoReport
from .config import ExportConfig, FormatName
from .formats import FORMATS, output_path, write_outputs
from .persons import find_persons, write_persons

__all__ = [
    "FORMATS",
    "ExportConfig",
    "FormatName",
    "VideoReport",
    "find_persons",
    "output_path",
    "write_outputs",
    "write_persons",
]
