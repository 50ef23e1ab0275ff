"""One video in, one store of aligned face tracks out."""

from .config import ExtractionConfig, extraction_key
from .extract import ExtractionResult, extract_span, extract_video, missing_spans, parts_folder
from .stills import extract_stills

__all__ = [
    "ExtractionConfig",
    "ExtractionResult",
    "extract_span",
    "extract_stills",
    "extract_video",
    "extraction_key",
    "missing_spans",
    "parts_folder",
]
