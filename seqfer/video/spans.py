"""Cutting a long video into spans that workers can read at the same time."""

from __future__ import annotations

import itertools

import numpy as np

from ..errors import VideoError
from .packets import PacketIndex, index_packets
from .pyav_reader import first_tick
from .reader import Reader
from .source import VideoSource
from .span import Span

_LONG = 1.5  # spans: a shorter video is not worth cutting
_SHORTEST = 0.5  # of span_seconds


def plan_spans(
    source: VideoSource, span_seconds: float = 60.0, *, reader: Reader = "auto"
) -> tuple[Span, ...]:
    """Spans that together are the video, each of about the same length, each beginning with a key frame.

    Reading the spans one after the other gives the very frames that reading the video does, with the same
    indices and times. One span is all there is of a short video, and of one where that cannot be promised:
    no declared length, damage or frames without times in the container, a clock that may be reset
    (transport streams), key frames that lie too far apart or with which decoding cannot begin, stills, and
    "decord", which cannot begin in the middle.

    Damage that only the decoder notices loses the same frames in a span as in the whole video, but the
    spans behind it count on from the number of frames that the packets promised: their indices are then
    too high by as many, which whoever joins the spans puts right from the number of frames read.

    Args:
        source: a probed video.
        span_seconds: wanted length; cuts are made at the key frames nearest to its multiples.
        reader: as for :func:`seqfer.video.read_frames`.

    Raises:
        ValueError: ``span_seconds`` is not positive.
        VideoError: the video cannot be opened.
    """
    if not span_seconds > 0:
        raise ValueError(f"span_seconds must be above 0, got {span_seconds}")
    whole = (Span(),)
    declared = source.duration_seconds
    if source.kind == "stills" or reader == "decord" or not declared or declared < _LONG * span_seconds:
        return whole
    packets = index_packets(source.path)
    if packets is None or packets.may_reset_clock:
        return whole
    try:
        origin = first_tick(source.path)
        if origin is None:
            return whole
        cuts = _cuts(packets, origin, span_seconds)
        # Streams refreshed bit by bit call a frame a key frame with which decoding cannot begin.
        if not cuts or first_tick(source.path, int(packets.ticks[cuts[0]])) != packets.ticks[cuts[0]]:
            return whole
    except VideoError:  # an index that does not lead to the key frame
        return whole
    first = int(np.searchsorted(packets.ticks, origin))
    bounds = [None, *cuts, None]
    return tuple(
        Span(
            index=index,
            start_tick=None if start is None else int(packets.ticks[start]),
            stop_tick=None if stop is None else int(packets.ticks[stop]),
            origin_tick=origin,
            start_frame=0 if start is None else start - first,
            start_seconds=0.0 if start is None else _seconds(packets, start, origin),
            stop_seconds=None if stop is None else _seconds(packets, stop, origin),
        )
        for index, (start, stop) in enumerate(itertools.pairwise(bounds))
    )


def _seconds(packets: PacketIndex, frame: int, origin_tick: int) -> float:
    return float((int(packets.ticks[frame]) - origin_tick) * packets.time_base)


def _cuts(packets: PacketIndex, origin_tick: int, span_seconds: float) -> list[int]:
    """Positions in ``packets`` of the key frames nearest to the multiples of ``span_seconds``."""
    seconds = (packets.ticks - origin_tick) * float(packets.time_base)
    keys = np.flatnonzero(packets.is_key)
    cuts: list[int] = []
    last = 0.0
    for wanted in np.arange(span_seconds, seconds[-1], span_seconds):
        key = int(keys[np.abs(seconds[keys] - wanted).argmin()])
        shortest = min(seconds[key] - last, seconds[-1] - seconds[key])
        if shortest >= _SHORTEST * span_seconds:
            cuts.append(key)
            last = float(seconds[key])
    return cuts
