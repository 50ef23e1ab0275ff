"""Faces in pictures and through shots: detection, alignment, shot cuts, tracking."""

from .align import TEMPLATE_NAME, five_points, similarity_to_template
from .detection import Detections, FaceDetector
from .detectors import DetectorConfig, make_dense, make_detector
from .rows import TrackRows
from .shots import is_cut_between, mark_shots
from .tracker import ShotTracker
from .tracking import TrackingConfig

__all__ = [
    "TEMPLATE_NAME",
    "Detections",
    "DetectorConfig",
    "FaceDetector",
    "ShotTracker",
    "TrackRows",
    "TrackingConfig",
    "five_points",
    "is_cut_between",
    "make_dense",
    "make_detector",
    "mark_shots",
    "similarity_to_template",
]
