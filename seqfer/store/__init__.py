"""HDF5: aligned face tracks, per-frame predictions, face embeddings. The only place that imports h5py."""

from .embeddings import VideoEmbeddings, read_embeddings, write_embeddings
from .files import find_damage, stored_key
from .index import write_index
from .layout import store_path, stores_by_video
from .parts import EDGES, Part, append_parts, read_part
from .predictions import VideoPredictions, read_predictions, write_predictions
from .reader import StoredTrack, TrackStore, open_store
from .reduce import drop_crops, drop_tracks
from .run import RunStore, find_stores, open_run
from .stills import StillGroup, read_still_groups
from .verify import find_faults
from .writer import StoreWriter, create_store

__all__ = [
    "EDGES",
    "Part",
    "RunStore",
    "StillGroup",
    "StoreWriter",
    "StoredTrack",
    "TrackStore",
    "VideoEmbeddings",
    "VideoPredictions",
    "append_parts",
    "create_store",
    "drop_crops",
    "drop_tracks",
    "find_damage",
    "find_faults",
    "find_stores",
    "open_run",
    "open_store",
    "read_embeddings",
    "read_part",
    "read_predictions",
    "read_still_groups",
    "store_path",
    "stored_key",
    "stores_by_video",
    "write_embeddings",
    "write_index",
    "write_predictions",
]
