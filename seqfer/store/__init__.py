"""HDF5: aligned face tracks and per-frame predictions. The only place that imports h5py."""

from .files import stored_key
from .parts import EDGES, Part, append_parts, read_part
from .predictions import VideoPredictions, read_predictions, write_predictions
from .reader import StoredTrack, TrackStore, open_store
from .writer import StoreWriter, create_store

__all__ = [
    "EDGES",
    "Part",
    "StoreWriter",
    "StoredTrack",
    "TrackStore",
    "VideoPredictions",
    "append_parts",
    "create_store",
    "open_store",
    "read_part",
    "read_predictions",
    "stored_key",
    "write_predictions",
]
