"""Settings of the grouping of face tracks into persons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class PersonsConfig:
    """Which face tracks are one person.

    Attributes:
        embedder: ONNX network of the ArcFace kind (112 x 112): a path, or an https address with its
            ``sha256``; without one, tracks are not grouped.
        sha256: digest the network's file must have, 64 hex digits.
        mean: subtracted from each channel (0 to 255), as the network was trained.
        std: what it is then divided by.
        channels: order in which the network wants red, green and blue.
        scope: whether a person's name holds within its video or across the run.
        threshold: mean cosine similarity from which tracks are one person; it depends on the network.
        rows_per_track: faces of a track to look at, at most.
    """

    embedder: str | None = None
    sha256: str | None = None
    mean: tuple[float, float, float] = (127.5, 127.5, 127.5)
    std: tuple[float, float, float] = (127.5, 127.5, 127.5)
    channels: Literal["rgb", "bgr"] = "rgb"
    scope: Literal["video", "run"] = "video"
    threshold: float = 0.45
    rows_per_track: int = 16

    def __post_init__(self) -> None:
        if not -1 < self.threshold < 1:
            raise ValueError(f"threshold must lie between -1 and 1, got {self.threshold}")
        if self.rows_per_track < 1:
            raise ValueError(f"rows_per_track must be at least 1, got {self.rows_per_track}")
        if not all(s > 0 for s in self.std):
            raise ValueError(f"std must be above 0, got {self.std}")
        if self.sha256 is not None and (
            len(self.sha256) != 64 or not set(self.sha256.lower()) <= set("0123456789abcdef")
        ):
            raise ValueError(f"sha256 must be 64 hexadecimal digits, got {self.sha256!r}")
