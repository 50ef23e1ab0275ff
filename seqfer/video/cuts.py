"""Where a long video can be cut: key frames near wanted times, and how many frames are shown before them.

MP4 and its kin carry an index of all their frames, which is read when the file is opened: of a film of
many gigabytes no more is read than a few packets at each cut. Of other containers every packet is read.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from .container import UNREADABLE, declared_seconds, open_video
from .packets import index_packets

_SHORTEST = 0.5  # of the wanted distance: cuts that lie closer are left out
_REORDERED = 32  # packets among which pictures shown before a key frame follow it
_COMPLETE_SECONDS = 1.0  # an index that ends this much before the video does not know all of it


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A key frame to begin a span with.

    Attributes:
        tick: its time stamp.
        seconds: its presentation time, zero at the first displayed frame of the video.
        frame: its index, in order of display.
    """

    tick: int
    seconds: float
    frame: int


def find_cuts(path: Path, origin_tick: int, every_seconds: float) -> list[Cut]:
    """The key frames nearest to the multiples of ``every_seconds``; none where frames cannot be told by time.

    Args:
        path: a video file.
        origin_tick: time stamp of the first displayed frame.
        every_seconds: wanted distance between cuts.

    Raises:
        VideoError: see :func:`seqfer.video.container.open_video`.
    """
    cuts = _cuts_by_index(path, origin_tick, every_seconds)
    return _cuts_by_packets(path, origin_tick, every_seconds) if cuts is None else cuts


def _cuts_by_packets(path: Path, origin_tick: int, every_seconds: float) -> list[Cut]:
    packets = index_packets(path)
    if packets is None or packets.may_reset_clock:
        return []
    seconds = np.asarray((packets.ticks - origin_tick) * float(packets.time_base), np.float64)
    first = int(np.searchsorted(packets.ticks, origin_tick))
    return [
        _cut(int(packets.ticks[key]), origin_tick, packets.time_base, int(key) - first)
        for key in _nearest(seconds, np.flatnonzero(packets.is_key), every_seconds)
    ]


def _cuts_by_index(path: Path, origin_tick: int, every_seconds: float) -> list[Cut] | None:
    """None where the container has no full index, or one that is not borne out by its packets."""
    with open_video(path) as (container, stream):
        if "mp4" not in container.format.name.split(",") or not stream.time_base:
            return None
        entries = list(stream.index_entries)
        is_shown = np.array([not entry.is_discard for entry in entries], bool)
        is_key = np.array([entry.is_keyframe for entry in entries], bool)
        # In order of decoding. Presentation follows at a distance that hardly varies.
        dts = np.array([entry.timestamp for entry in entries], np.int64)
        if not (is_key & is_shown).any():
            return None
        seconds = (dts - dts[is_shown][0]) * float(stream.time_base)
        if seconds[-1] < (declared_seconds(stream) or np.inf) - _COMPLETE_SECONDS:
            return None
        try:
            begin = _packets_from(container, stream, int(dts[0]))
            if min(packet.pts for packet in begin if not packet.is_discard) != origin_tick:
                return None
            cuts = []
            for key in _nearest(seconds, np.flatnonzero(is_key & is_shown), every_seconds):
                packet, *following = _packets_from(container, stream, int(dts[key]))
                shown_before = sum(p.pts < packet.pts for p in following if not p.is_discard)
                frame = int(is_shown[:key].sum()) + shown_before
                cuts.append(_cut(packet.pts, origin_tick, stream.time_base, frame))
        except (*UNREADABLE, TypeError, ValueError):  # no such packet, or one without a time
            return None
    return cuts


def _packets_from(
    container: av.container.InputContainer, stream: av.VideoStream, dts: int
) -> list[av.Packet]:
    """The packet with this time stamp of decoding, and some that follow it."""
    container.seek(dts, stream=stream)
    packets = itertools.dropwhile(lambda p: p.dts is not None and p.dts < dts, container.demux(stream))
    found = [packet for packet in itertools.islice(packets, 1 + _REORDERED) if packet.size]
    if not found or found[0].dts != dts:
        raise ValueError("the index promises a packet that is not there")
    return found


def _nearest(seconds: NDArray[np.float64], keys: NDArray[np.int64], every_seconds: float) -> list[int]:
    """Which of ``keys`` (positions in ``seconds``) come closest to the multiples of ``every_seconds``."""
    chosen: list[int] = []
    last = 0.0
    for wanted in np.arange(every_seconds, seconds[-1], every_seconds):
        key = int(keys[np.abs(seconds[keys] - wanted).argmin()])
        if min(seconds[key] - last, seconds[-1] - seconds[key]) >= _SHORTEST * every_seconds:
            chosen.append(key)
            last = float(seconds[key])
    return chosen


def _cut(tick: int, origin_tick: int, time_base: Fraction, frame: int) -> Cut:
    return Cut(tick=tick, seconds=float((tick - origin_tick) * time_base), frame=frame)
