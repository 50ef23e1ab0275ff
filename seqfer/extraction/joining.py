"""From the tracks of spans to the tracks of the video: numbers for tracks and shots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..faces.shots import is_cut_between
from ..faces.stitching import SpanEdges, TrackEnds, continued, merged
from ..faces.tracking import TrackingConfig
from ..store import Part


@dataclass(frozen=True, kw_only=True)
class Numbering:
    """How the parts of a video count in the whole.

    Attributes:
        track_ids: of each part, number of a track in the part → number in the whole. Tracks that turn
            out to be too short, now that their other side is known, are left out.
        first_shots: of each part, the number of its first shot in the whole.
    """

    track_ids: tuple[dict[int, int], ...]
    first_shots: tuple[int, ...]

    @property
    def num_tracks(self) -> int:
        """Tracks of the whole."""
        return len({number for ids in self.track_ids for number in ids.values()})


def number_parts(parts: Sequence[Part], edges: Sequence[SpanEdges], config: TrackingConfig) -> Numbering:
    """Number the tracks and shots of a video by those of its spans, in order of appearance."""
    ids: list[dict[int, int]] = []
    first_shots: list[int] = []
    ends: dict[int, TrackEnds] = {}  # what is known of tracks at edges, by number in the whole
    shot_of: dict[int, int] = {}
    open_tracks: dict[int, TrackEnds] = {}
    count = shot = 0
    for n, (part, edge) in enumerate(zip(parts, edges, strict=True)):
        found: dict[int, int] = {}
        if n:
            if (
                len(edge.head)
                and len(edges[n - 1].tail)
                and is_cut_between(list(edges[n - 1].tail), list(edge.head))
            ):
                shot += 1
            else:
                found = continued(open_tracks, edge.opening, config.forget_seconds)
        first_shots.append(shot)
        for number in part.track_ids:
            if number not in found:
                found[number] = count
                count += 1
        ids.append(found)
        num_shots = int(part.frame_shots[-1]) + 1 if len(part.frame_shots) else 1
        known: dict[int, TrackEnds] = {}
        for own in {e.track_id: e for e in (*edge.opening, *edge.closing)}.values():
            whole = found[own.track_id]
            known[own.track_id] = merged(ends[whole], own) if whole in ends else own
            ends[whole] = known[own.track_id]
            shot_of.setdefault(whole, shot)
        closing = {found[own.track_id]: known[own.track_id] for own in edge.closing}
        open_tracks = closing if num_shots > 1 else {**open_tracks, **closing}
        for own in edge.closing:
            shot_of[found[own.track_id]] = shot + num_shots - 1
        shot += num_shots - 1
    seconds = _shot_seconds(parts, first_shots)
    dropped = {
        number
        for number, end in ends.items()
        if not config.is_credible(end.mean_score, end.duration_seconds, seconds.get(shot_of[number], 0))
    }
    kept = {number: i for i, number in enumerate(n for n in range(count) if n not in dropped)}
    return Numbering(
        track_ids=tuple({own: kept[n] for own, n in part_ids.items() if n in kept} for part_ids in ids),
        first_shots=tuple(first_shots),
    )


def _shot_seconds(parts: Sequence[Part], first_shots: Sequence[int]) -> dict[int, float]:
    pts = np.concatenate([p.frame_pts_seconds for p in parts])
    shots = np.concatenate([p.frame_shots + first for p, first in zip(parts, first_shots, strict=True)])
    numbers, begins = np.unique(shots, return_index=True)
    ends = [*begins[1:], len(shots)]
    return {
        int(number): float(pts[end - 1] - pts[begin])
        for number, begin, end in zip(numbers, begins, ends, strict=True)
    }
