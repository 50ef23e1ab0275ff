"""How faces are followed: the settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TrackingConfig:
    """How faces are looked for and followed.

    Attributes:
        detections_per_second: how often a face that moves is looked at; one that does not, less often,
            one that moves fast, as often as interpolation needs.
        scans_per_second: how often the picture is searched for new faces where all of it changes; where
            little changes, that little is searched at once, and where nothing does, nothing is.
        smallest_face: width of the smallest face that is looked for, pixels of the video; of those that come
            into view while most of the picture changes, twice as much for the first seconds.
        detection_side: longer side of the searched picture at most, pixels: in large videos it limits
            the smallest face (24 pixels up to 1920 wide, 48 up to 3840).
        new_track_score: a face must be this certain to start a track (0 to 1); fainter ones only continue.
        min_track_seconds: shorter tracks are dropped, unless they fill at least half of their shot.
        bridge_seconds: a face out of sight for up to this long is interpolated; for longer, the track
            has a gap but keeps its number.
        forget_seconds: after this long out of sight a face that comes back is a new track.
    """

    detections_per_second: float = 5.0
    scans_per_second: float = 1.0
    smallest_face: int = 24
    detection_side: int = 960
    new_track_score: float = 0.6
    min_track_seconds: float = 0.25
    bridge_seconds: float = 0.5
    forget_seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.detections_per_second <= 0 or self.scans_per_second <= 0:
            raise ValueError(
                f"detections_per_second and scans_per_second must be above 0, "
                f"got {self.detections_per_second} and {self.scans_per_second}"
            )
        if self.detection_side < 32 or self.smallest_face < 1:
            raise ValueError(
                f"detection_side must be at least 32 and smallest_face at least 1, "
                f"got {self.detection_side} and {self.smallest_face}"
            )

    def is_credible(self, mean_score: float, seconds: float, shot_seconds: float) -> bool:
        """Whether a track of a certain score and length, in a shot of a certain length, is kept."""
        is_long = seconds >= self.min_track_seconds or seconds >= shot_seconds / 2
        return mean_score >= self.new_track_score and is_long
