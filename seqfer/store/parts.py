"""Stores of the spans of one video, and how they become one store without decoding a picture."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from ..errors import StoreError
from . import schema
from .files import opened, read_json_attribute
from .reader import find_problem
from .writer import JpegCrops, StoreWriter

EDGES = "edges"  # group of a part, see StoreWriter.keep


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """What must be known of the store of a span before it is joined with others.

    Attributes:
        path: the file.
        track_ids: numbers of its tracks.
        frame_pts_seconds: float64 (N,), times of its frames.
        frame_shots: int32 (N,), number of the shot each is in, from 0.
        notes: damage met on the way.
        edges: the arrays kept for this.
    """

    path: Path
    track_ids: tuple[int, ...]
    frame_pts_seconds: NDArray[np.float64]
    frame_shots: NDArray[np.int32]
    notes: tuple[str, ...]
    edges: Mapping[str, NDArray]


def read_part(path: Path) -> Part:
    """What is in the store of a span, but for its tracks.

    Raises:
        StoreError: absent or damaged.
    """
    with _opened(path) as file:
        return Part(
            path=path,
            track_ids=tuple(int(group.attrs["track_id"]) for group in file["tracks"].values()),
            frame_pts_seconds=file["frames/pts_seconds"][:],
            frame_shots=file["frames/shot"][:],
            notes=tuple(read_json_attribute(file, "source")["notes"]),
            edges={name: dataset[()] for name, dataset in file[EDGES].items()},
        )


def append_parts(
    writer: StoreWriter,
    parts: Sequence[Part],
    track_ids: Sequence[Mapping[int, int]],
    first_shots: Sequence[int],
) -> None:
    """Write the stores of consecutive spans into one.

    Args:
        track_ids: of each part, number in the part → number in the whole; others are left out.
        first_shots: of each part, the number of its first shot in the whole.

    Raises:
        StoreError: a part is damaged.
    """
    first_frames = itertools.accumulate((len(p.frame_pts_seconds) for p in parts), initial=0)
    for part, ids, first_shot, first_frame in zip(parts, track_ids, first_shots, first_frames, strict=False):
        with _opened(part.path) as file:
            frames = {name: dataset[:] for name, dataset in file["frames"].items()}
            frames["shot"] += np.int32(first_shot)
            writer.append_frames(frames)
            for group in file["tracks"].values():
                number = ids.get(int(group.attrs["track_id"]))
                if number is not None:
                    columns = {field.name: group[field.name][:] for field in schema.TRACK_FIELDS}
                    columns["frame_indices"] += first_frame
                    writer.append_track(number, columns, _crops(group))


def _crops(group: h5py.Group) -> NDArray | JpegCrops:
    if schema.RAW_CROPS.name in group:
        return group[schema.RAW_CROPS.name][:]
    lengths = np.diff(group[schema.JPEG_OFFSETS.name][:])
    return JpegCrops(blob=group[schema.JPEG_CROPS.name][:], lengths=lengths)


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    with opened(path, format=schema.FORMAT, version=schema.VERSION) as file:
        problem = find_problem(file) or (None if EDGES in file else "not the store of a span")
        if problem:
            raise StoreError(path, f"damaged store: {problem}")
        yield file
