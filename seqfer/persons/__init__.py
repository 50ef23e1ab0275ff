"""Persons: face tracks that show the same face, across shots and videos, under one name."""

from .config import PersonsConfig
from .embed import embed_video, embedder_digest, embedding_key, make_embedder
from .grouping import Persons, PersonTrack, group_tracks

__all__ = [
    "PersonTrack",
    "Persons",
    "PersonsConfig",
    "embed_video",
    "embedder_digest",
    "embedding_key",
    "group_tracks",
    "make_embedder",
]
