"""What decides what is in a track store, and the key that stands for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..faces import DetectorConfig, TrackingConfig
from ..faces.align import TEMPLATE_NAME
from ..keys import key_of
from ..store.schema import VERSION


@dataclass(frozen=True, kw_only=True)
class ExtractionConfig:
    """Everything that decides what is in a track store.

    Attributes:
        reader: ``auto`` reads with PyAV in the video's own colour planes; ``decord`` asks for decord,
            with PyAV where decord fails or disagrees with the container.
        crop_size: side of the aligned crops, pixels.
        crop_codec: ``jpeg`` (about a fifth of the size) or ``raw``.
        jpeg_quality: 1 to 100.
        still_fps: frames per second that a folder of numbered stills is declared to have.
        span_seconds: a video longer than one and a half times this is extracted in spans of about this
            length, by several workers where there are some; the result does not depend on how many.
        detector: which network finds faces.
        tracking: how faces are looked for and followed.
    """

    reader: Literal["auto", "pyav", "decord"] = "auto"
    crop_size: int = 112
    crop_codec: Literal["jpeg", "raw"] = "jpeg"
    jpeg_quality: int = 95
    still_fps: float = 30.0
    span_seconds: float = 60.0
    detector: DetectorConfig = field(default_factory=DetectorConfig)
    tracking: TrackingConfig = field(default_factory=TrackingConfig)

    def __post_init__(self) -> None:
        if not 16 <= self.crop_size <= 1024:
            raise ValueError(f"crop_size must lie between 16 and 1024 pixels, got {self.crop_size}")
        if not 1 <= self.jpeg_quality <= 100:
            raise ValueError(f"jpeg_quality must lie between 1 and 100, got {self.jpeg_quality}")
        if not self.still_fps > 0:
            raise ValueError(f"still_fps must be above 0, got {self.still_fps}")
        if not self.span_seconds >= 1:
            raise ValueError(f"span_seconds must be at least 1, got {self.span_seconds}")


def extraction_key(fingerprint: str, config: ExtractionConfig) -> str:
    """Digest of all that a store's content depends on; see :mod:`seqfer.keys`."""
    return key_of(stage="extract", format=VERSION, template=TEMPLATE_NAME, source=fingerprint, config=config)
