"""One video in, one store of aligned face tracks out."""

from .extract import ExtractionConfig, ExtractionResult, extract_video, extraction_key

__all__ = ["ExtractionConfig", "ExtractionResult", "extract_video", "extraction_key"]
