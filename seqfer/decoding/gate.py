"""Which frames of a face a model should not be believed on, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..faces.quality import Quality

#: Words for what a frame failed on, in the order in which they are told.
REASONS = ("small", "blurred", "dark", "bright", "yaw", "pitch", "cut_off", "landmarks", "score")


@dataclass(frozen=True, kw_only=True, eq=False)
class Judgement:
    """What a gate says of T frames.

    Attributes:
        failed: bool (T, R), columns as :data:`REASONS`.
    """

    failed: NDArray[np.bool_]

    @property
    def trusted(self) -> NDArray[np.bool_]:
        """bool (T,): passed in all respects."""
        return np.logical_not(self.failed.any(axis=1))

    def reasons(self, first: int, stop: int) -> tuple[str, ...]:
        """What rows ``first`` to ``stop`` (exclusive) failed on."""
        return tuple(np.array(REASONS)[self.failed[first:stop].any(axis=0)].tolist())


@dataclass(frozen=True, kw_only=True)
class QualityGate:
    """Limits of what is measured of a frame (:class:`seqfer.faces.quality.Quality`).

    The defaults stop only what is beyond use: docs/outputs.md says how the bundled model does there.

    Attributes:
        enabled: whether frames are judged at all.
        min_eye_distance_pixels: reason ``small``.
        min_sharpness: reason ``blurred``.
        min_brightness, max_brightness: reasons ``dark`` and ``bright``; mean luma, 0 to 1. Dark skin
            in dim light is dark too, so the lower limit is next to black.
        max_yaw_degrees, max_pitch_degrees: either way; reasons ``yaw`` and ``pitch``.
        min_in_picture: share of the face inside the frame; reason ``cut_off``.
        max_fit_error: in distances between the eyes; reason ``landmarks``.
        min_score: of the detector; reason ``score``. It falls where much of a face is covered.
    """

    enabled: bool = True
    min_eye_distance_pixels: float = 5.0
    min_sharpness: float = 0.08
    min_brightness: float = 0.02
    max_brightness: float = 0.95
    max_yaw_degrees: float = 60.0
    max_pitch_degrees: float = 45.0
    min_in_picture: float = 0.6
    max_fit_error: float = 0.2
    min_score: float = 0.4

    def __post_init__(self) -> None:
        if not self.min_brightness < self.max_brightness:
            raise ValueError(
                f"min_brightness must be below max_brightness, "
                f"got {self.min_brightness} and {self.max_brightness}"
            )
        if self.max_yaw_degrees < 0 or self.max_pitch_degrees < 0 or self.max_fit_error < 0:
            raise ValueError("max_yaw_degrees, max_pitch_degrees and max_fit_error must not be negative")

    def judge(self, quality: Quality, scores: NDArray[np.float32]) -> Judgement:
        """What T frames fail on; ``scores`` are the detector's, (T,). What is not a number fails."""
        if not self.enabled:
            return Judgement(failed=np.zeros((len(quality), len(REASONS)), np.bool_))
        passed = {
            "small": quality.eye_distance_pixels >= self.min_eye_distance_pixels,
            "blurred": quality.sharpness >= self.min_sharpness,
            "dark": quality.brightness >= self.min_brightness,
            "bright": quality.brightness <= self.max_brightness,
            "yaw": np.abs(quality.yaw_degrees) <= self.max_yaw_degrees,
            "pitch": np.abs(quality.pitch_degrees) <= self.max_pitch_degrees,
            "cut_off": quality.in_picture >= self.min_in_picture,
            "landmarks": quality.fit_error <= self.max_fit_error,
            "score": np.asarray(scores) >= self.min_score,
        }
        return Judgement(failed=np.stack([~passed[name] for name in REASONS], axis=1))
