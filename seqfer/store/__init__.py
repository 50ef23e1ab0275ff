"""HDF5: aligned face tracks, per-frame predictions, face embeddings. The only place that imports h5py."""

from .embeddings import VideoEmbeddings, read_embeddings, write_embeddings
from .files import stored_key
from .index import write_index
from .predictions import VideoPredictions, read_predictions, write_predictions
from .reader import StoredTrack, TrackStore, open_store
from .run import RunStore, find_stores, open_run
from .verify import find_faults
from .writer import StoreWriter, create_store

__all__ = [
    "RunStore",
    "StoreWriter",
    "StoredTrack",
    "TrackStore",
    "VideoEmbeddings",
    "VideoPredictions",
    "create_store",
    "find_faults",
    "find_stores",
    "open_run",
    "open_store",
    "read_embeddings",
    "read_predictions",
    "stored_key",
    "write_embeddings",
    "write_index",
    "write_predictions",
]
