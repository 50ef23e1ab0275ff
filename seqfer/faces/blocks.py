"""Settled places of a face become rows: with times, aligned crops and, where asked for, dense landmarks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .align import similarity_to_template
from .dense import DenseLandmarks
from .pursuit import Held
from .rows import TrackRows
from .tracks import LiveTrack, Placed, Row

_BLOCK_ROWS = 32  # that are handed on together


class RowMaker:
    """Makes the rows of the tracks of one shot.

    Args:
        crop_size: side of the aligned crops, pixels.
        dense: finds 68 points; None leaves it at those that faces are followed by.
    """

    def __init__(self, crop_size: int, dense: DenseLandmarks | None) -> None:
        self._crop_size = crop_size
        self._dense = dense

    def add(self, track: LiveTrack, placed: list[Placed], held: Mapping[int, Held]) -> None:
        """Have settled places wait as rows of their track, while their frames are at hand."""
        if not placed:
            return
        matrices = similarity_to_template(np.stack([p.landmarks_xy for p in placed]), self._crop_size)
        for p, matrix in zip(placed, matrices, strict=True):
            frame = held[p.frame_index].frame
            row = Row(placed=p, pts_seconds=frame.pts_seconds, crop=frame.crop(matrix, self._crop_size))
            if self._dense and row.pts_seconds - track.cut_seconds >= self._dense.interval_seconds:
                row.cut_out = self._dense.cut_out(frame, p.box_xyxy)
                track.cut_seconds = row.pts_seconds
            track.pending.append(row)

    def take(self, track: LiveTrack, frame_size: tuple[int, int], *, is_over: bool) -> TrackRows | None:
        """The rows of a numbered track that wait, if they are enough to be handed on.

        Args:
            frame_size: (width, height) of the picture, pixels.
            is_over: for now, no more rows will come: hand on what there is.
        """
        ready = len(track.pending)
        if self._dense and not is_over:  # those after the last look wait for the next
            ready = max((i + 1 for i, row in enumerate(track.pending) if row.cut_out is not None), default=0)
        if ready < (1 if is_over else _BLOCK_ROWS):
            return None
        rows, track.pending = track.pending[:ready], track.pending[ready:]
        assert track.track_id is not None
        pts = np.array([row.pts_seconds for row in rows])
        boxes = np.stack([row.placed.box_xyxy for row in rows])
        landmarks = np.stack([row.placed.landmarks_xy for row in rows])
        if self._dense:
            cut_outs = [row.cut_out for row in rows]
            landmarks, track.shape = self._dense.points(pts, boxes, landmarks, cut_outs, track.shape)
        return TrackRows.build(
            track_id=track.track_id,
            frame_indices=[row.placed.frame_index for row in rows],
            pts_seconds=pts,
            boxes_xyxy=boxes,
            landmarks_xy=landmarks,
            scores=[row.placed.score for row in rows],
            interpolated=[row.placed.interpolated for row in rows],
            crops=[row.crop for row in rows],
            frame_size=frame_size,
        )
