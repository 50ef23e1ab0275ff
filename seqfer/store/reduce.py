"""Taking out of finished files what is not to be kept: pictures, or all of some tracks."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import h5py

from . import schema
from .embeddings import read_embeddings, write_embeddings
from .files import atomic_h5, damage_told, opened

_CROPS = {field.name for fields in schema.CROP_FIELDS.values() for field in fields}


def drop_crops(path: Path) -> None:
    """Write a track store anew without its pictures; nothing is done where there are none.

    Its key stays: all else in it is what it was made to be.

    Raises:
        StoreError: it cannot be read, or not written.
    """
    with opened(path, format=schema.FORMAT, version=schema.VERSION) as old, damage_told(path):
        if old["tracks"].attrs["crop_codec"] != schema.NO_CROPS:
            _rewrite(path, old, without_crops=True)


def drop_tracks(path: Path, track_ids: Collection[int], *, format: str, version: int) -> None:
    """Write track store, predictions or embeddings anew without some tracks.

    Raises:
        StoreError: it cannot be read, or not written.
    """
    if format == schema.EMBEDDINGS_FORMAT:
        write_embeddings(path, read_embeddings(path).without(track_ids))
        return
    with opened(path, format=format, version=version) as old, damage_told(path):
        _rewrite(path, old, without_tracks=track_ids)


def _rewrite(
    path: Path, old: h5py.File, *, without_tracks: Collection[int] = (), without_crops: bool = False
) -> None:
    """HDF5 never gives the bytes of what is deleted back, nor overwrites them: so all else is copied."""
    with atomic_h5(path) as new:
        _copy_attributes(old, new)
        if "frames" in old:
            old.copy("frames", new)
        tracks = new.create_group("tracks")
        _copy_attributes(old["tracks"], tracks)
        if without_crops:
            tracks.attrs["crop_codec"] = schema.NO_CROPS
        for name, group in old["tracks"].items():
            if int(group.attrs["track_id"]) in without_tracks:
                continue
            kept = tracks.create_group(name)
            _copy_attributes(group, kept)
            for column in group:
                if not (without_crops and column in _CROPS):
                    group.copy(column, kept)


def _copy_attributes(old: h5py.Group, new: h5py.Group) -> None:
    for name, value in old.attrs.items():
        new.attrs[name] = value
