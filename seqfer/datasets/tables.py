"""From a listing and the stores made of it to one label table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import LabelError
from ..store import StoredTrack, TrackStore
from .listing import Clip, Row


def label_rows(
    clip: Clip, store: TrackStore, persons: Mapping[int, str] | None, source: Path
) -> list[dict[str, Any]]:
    """Rows of the label table for a clip.

    Labels of one person, in a picture with several faces, go to the face that is largest for longest.

    Args:
        clip: with its rows.
        store: of its face tracks.
        persons: who each track shows, where that is known.
        source: for messages.

    Raises:
        LabelError: a row names a person, and nobody knows who is who, or that person is not in the video.
    """
    return [found for row in clip.rows for found in _of_row(clip, row, store, persons, source)]


def _of_row(
    clip: Clip, row: Row, store: TrackStore, persons: Mapping[int, str] | None, source: Path
) -> list[dict[str, Any]]:
    cells = {"video": clip.video_id, **{k: v for k, v in row.items() if k not in ("person", "line")}}
    if row.get("track") or not row.get("person"):
        if clip.one_face and len(store.tracks) > 1:
            cells["track"] = largest_face(store.tracks).track_id
        return [cells]
    if persons is None:
        raise LabelError(
            source, f"line {row['line']}: names a person; run seqfer persons first, then this again"
        )
    own = [t for t in store.tracks if persons.get(t.track_id) == row["person"]]
    if not own:
        raise LabelError(
            source, f"line {row['line']}: person {row['person']} is not in video {clip.video_id}"
        )
    subject = row.get("subject") or row["person"]
    return [{**cells, "track": track.track_id, "subject": subject} for track in own]


def largest_face(tracks: Sequence[StoredTrack]) -> StoredTrack:
    """The track that fills the picture most, over all of its frames; the first of equal ones."""

    def area(track: StoredTrack) -> float:
        sides = track.boxes_xyxy[:, 2:] - track.boxes_xyxy[:, :2]
        return float(np.prod(np.maximum(sides, 0), axis=1).sum())

    return max(tracks, key=lambda track: (area(track), -track.track_id))
