"""Per-frame predictions of one video: a small HDF5 file beside its track store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from ..errors import StoreError
from ..labels import Vocabulary
from ..timeline import FramePredictions
from . import schema
from .checks import find_misfit, find_missing
from .files import append, atomic_h5, damage_told, opened, read_json_attribute


@dataclass(frozen=True, kw_only=True)
class VideoPredictions:
    """What a model says of one video.

    Attributes:
        video_id: name of the video within its run.
        key: digest of all that the content depends on.
        tracks_key: the key of the track store it was made from.
        model: what is known of the model (name, fingerprint, vocabulary, …).
        tracks: one entry a face track, by number.
    """

    video_id: str
    key: str
    tracks_key: str
    model: Mapping[str, Any]
    tracks: tuple[FramePredictions, ...]


def write_predictions(
    path: Path,
    tracks: Iterable[FramePredictions],
    *,
    video_id: str,
    key: str,
    tracks_key: str,
    model: Mapping[str, Any],
) -> None:
    """Write a predictions file, whole or not at all; tracks are taken one at a time.

    Args:
        model: stored as JSON; must hold ``vocabulary``, the names of the emotion columns.

    Raises:
        StoreError: the file cannot be written.
    """
    with atomic_h5(path) as file:
        file.attrs["format"] = schema.PREDICTIONS_FORMAT
        file.attrs["version"] = schema.PREDICTIONS_VERSION
        file.attrs["key"] = key
        file.attrs["tracks_key"] = tracks_key
        file.attrs["video_id"] = video_id
        file.attrs["model"] = json.dumps(model, sort_keys=True, ensure_ascii=False)
        file.create_group("tracks")
        for track in tracks:
            group = file.create_group(schema.track_group(track.track_id))
            group.attrs["track_id"] = track.track_id
            for field in schema.PREDICTION_FIELDS:
                append(group, field, getattr(track, field.name), last=True)


def read_predictions(path: Path | str) -> VideoPredictions:
    """Read and check a predictions file.

    Raises:
        StoreError: absent, not HDF5, of another format or version, or not as the schema says.
    """
    form, version = schema.PREDICTIONS_FORMAT, schema.PREDICTIONS_VERSION
    with opened(path, format=form, version=version, intact=True) as file, damage_told(path):
        problem = find_missing(file, schema.PREDICTIONS_ROOT_ATTRIBUTES)
        if problem is None and not isinstance(file.get("tracks"), h5py.Group):
            problem = "group /tracks is missing"
        if problem is None:
            groups = file["tracks"].values()
            problem = next(filter(None, (find_misfit(g, schema.PREDICTION_FIELDS) for g in groups)), None)
        if problem:
            raise StoreError(path, f"damaged predictions: {problem}")
        model = read_json_attribute(file, "model")
        try:
            vocabulary = Vocabulary(tuple(model["vocabulary"]))
            tracks = tuple(_read_track(file["tracks"][name], vocabulary) for name in sorted(file["tracks"]))
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(path, f"damaged predictions: {error}") from error
        return VideoPredictions(
            video_id=str(file.attrs["video_id"]),
            key=str(file.attrs["key"]),
            tracks_key=str(file.attrs["tracks_key"]),
            model=model,
            tracks=tracks,
        )


def _read_track(group: h5py.Group, vocabulary: Vocabulary) -> FramePredictions:
    columns = {field.name: group[field.name][:] for field in schema.PREDICTION_FIELDS}
    return FramePredictions(track_id=int(group.attrs["track_id"]), vocabulary=vocabulary, **columns)
