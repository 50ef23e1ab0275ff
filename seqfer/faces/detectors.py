"""Detectors by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .detection import FaceDetector

DETECTORS = ("centerface", "yunet", "sfd", "blazeface", "scrfd", "dlib", "retinaface")
DetectorName = Literal["centerface", "yunet", "sfd", "blazeface", "scrfd", "dlib", "retinaface"]


@dataclass(frozen=True, kw_only=True)
class DetectorConfig:
    """Which network finds faces and landmarks.

    Attributes:
        name: ``centerface`` needs no download; ``yunet`` is faster; the others are those of the
            face-alignment package and always use FAN landmarks.
        landmarks: ``detector`` for the five points of the detector, ``fan`` for 68 (slow on a CPU).
        min_score: fainter faces are not seen at all, 0 to 1.
        weights: file for the detector; by default its package's own, or PyTorch's hub cache.
        fan_weights: file for FAN; by default PyTorch's hub cache.
        device: for networks run by PyTorch: ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
    """

    name: DetectorName = "centerface"
    landmarks: Literal["detector", "fan"] = "detector"
    min_score: float = 0.35
    weights: Path | None = None
    fan_weights: Path | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.name not in DETECTORS:
            raise ValueError(f"unknown detector {self.name!r}; there are {', '.join(DETECTORS)}")
        if not 0 < self.min_score < 1:
            raise ValueError(f"min_score must lie between 0 and 1, got {self.min_score}")


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
        from .face_alignment_net import BoxDetector

        detector = BoxDetector(
            config.name, weights=config.weights, device=config.device, min_score=config.min_score
        )
    if config.landmarks == "fan" or config.name not in ("centerface", "yunet"):
        from .face_alignment_net import FanLandmarks
        from .fan import FanLandmarker

        landmarker = FanLandmarker(weights=config.fan_weights, device=config.device)
        detector = FanLandmarks(detector, landmarker)
    return detector
