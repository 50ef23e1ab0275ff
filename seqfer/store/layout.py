"""Where a run's folder keeps the HDF5 files of its videos."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from . import schema

Kind = Literal["tracks", "predictions", "embeddings"]


def store_path(out: Path, kind: Kind, video_id: str) -> Path:
    """Where the run in folder ``out`` keeps what it knows of a video."""
    return out / kind / f"{video_id}.h5"


def stores_by_video(out: Path, kind: Kind) -> dict[str, Path]:
    """The files of a kind that the run in folder ``out`` has, by video; sorted by path."""
    root = out / kind
    return {path.relative_to(root).with_suffix("").as_posix(): path for path in stores_below(root)}


def stores_below(folder: Path) -> list[Path]:
    """Files in a folder, however deep, that are stores by their names; sorted."""
    found = sorted(folder.rglob("*.h5"))
    return [path for path in found if path.parent.suffix != schema.PARTS_SUFFIX]
