"""Label tables, windows of face tracks, the data module for training."""

from .augmentation import Augmentation
from .label_table import Label, read_labels, write_labels
from .module import TracksDataModule
from .windows import TrackWindows, Window, frame_targets

__all__ = [
    "Augmentation", "Label", "TrackWindows", "TracksDataModule", "Window", "frame_targets", "read_labels",
    "write_labels",
]  # fmt: skip
