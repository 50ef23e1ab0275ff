"""Timelines to look at: a page a video, and an index of the run. They open from disk, offline."""

from .contents import VideoContents, read_contents
from .index import IndexEntry, entry_of, failed_entry, write_index
from .overlay import has_overlay, write_overlay
from .page import write_page
from .run import INDEX_NAME, RunVideo, find_run_videos, find_video
from .thumbnails import Faces

__all__ = [
    "INDEX_NAME",
    "Faces",
    "IndexEntry",
    "RunVideo",
    "VideoContents",
    "entry_of",
    "failed_entry",
    "find_run_videos",
    "find_video",
    "has_overlay",
    "read_contents",
    "write_index",
    "write_overlay",
    "write_page",
]
