"""Timelines as files. One module a format; :data:`FORMATS` names them."""

from .common import VideoReport
from .formats import FORMATS, FormatName, output_path, write_outputs

__all__ = ["FORMATS", "FormatName", "VideoReport", "output_path", "write_outputs"]
