"""Detectors by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .dense import DenseLandmarks
from .detection import FaceDetector

if TYPE_CHECKING:  # imports PyTorch
    from .fan import FanLandmarker

DETECTORS = ("centerface", "yunet", "sfd", "blazeface", "scrfd", "dlib", "retinaface")
DetectorName = Literal["centerface", "yunet", "sfd", "blazeface", "scrfd", "dlib", "retinaface"]

_FIVE_POINTS = ("centerface", "yunet")
_BATCH = 32  # faces


@dataclass(frozen=True, kw_only=True)
class DetectorConfig:
    """Which network finds faces and landmarks.

    Attributes:
        name: ``centerface`` needs no download; ``yunet`` is faster; the others are those of the
            face-alignment package and always use FAN landmarks.
        landmarks: ``detector`` for the five points of the detector, ``fan`` for 68 beside them.
        landmarks_per_second: how often each face is looked at for the 68, which go linearly in between;
            0 is every frame (half a second each on a CPU: for accelerators).
        fan_precision: half precision is for accelerators; ``scripts/bench_landmarks.py`` shows if it holds.
        min_score: fainter faces are not seen at all, 0 to 1.
        weights: file for the detector; by default its package's own, or PyTorch's hub cache.
        fan_weights: file for FAN; by default PyTorch's hub cache.
        device: for networks run by PyTorch: ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
    """

    name: DetectorName = "centerface"
    landmarks: Literal["detector", "fan"] = "detector"
    landmarks_per_second: float = 1.0
    fan_precision: Literal["float32", "float16", "bfloat16"] = "float32"
    min_score: float = 0.35
    weights: Path | None = None
    fan_weights: Path | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.name not in DETECTORS:
            raise ValueError(f"unknown detector {self.name!r}; there are {', '.join(DETECTORS)}")
        if not 0 < self.min_score < 1:
            raise ValueError(f"min_score must lie between 0 and 1, got {self.min_score}")
        if not self.landmarks_per_second >= 0:
            raise ValueError(f"landmarks_per_second must be 0 or more, got {self.landmarks_per_second}")


def make_detector(config: DetectorConfig) -> FaceDetector:
    """The detector that ``config`` describes. Slow packages are imported only for those that need them.

    Raises:
        WeightsError: its weights are absent or not the right ones.
    """
    detector: FaceDetector
    if config.name == "centerface":
        from .centerface import CenterFace

        detector = CenterFace(min_score=config.min_score, weights=config.weights)
    elif config.name == "yunet":
        from .yunet import YuNet

        detector = YuNet(min_score=config.min_score, weights=config.weights)
    else:
        from .face_alignment_net import BoxDetector, FanLandmarks

        boxes = BoxDetector(
            config.name, weights=config.weights, device=config.device, min_score=config.min_score
        )
        detector = FanLandmarks(boxes, _fan(config))  # where the eyes are, boxes do not tell
    return detector


def make_dense(config: DetectorConfig) -> DenseLandmarks | None:
    """What finds 68 points of faces that are followed by five; None where none are asked for.

    Raises:
        WeightsError: FAN's weights are absent or not the right ones.
    """
    if config.landmarks != "fan" or config.name not in _FIVE_POINTS:
        return None
    return DenseLandmarks(_fan(config), per_second=config.landmarks_per_second)


def _fan(config: DetectorConfig) -> FanLandmarker:
    from .fan import FanLandmarker

    return FanLandmarker(
        weights=config.fan_weights,
        device=config.device,
        batch_size=1 if config.device == "cpu" else _BATCH,  # on a CPU, batches are slower
        precision=config.fan_precision,
    )
