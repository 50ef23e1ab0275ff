"""Cutting a long video into spans that workers can read at the same time."""

from __future__ import annotations

from ..errors import VideoError
from .cuts import find_cuts
from .pyav_reader import first_tick
from .reader import Reader
from .source import VideoSource
from .span import Span

_LONG = 1.5  # spans: a shorter video is not worth cutting


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
    try:
        origin = first_tick(source.path)
        if origin is None:
            return whole
        cuts = find_cuts(source.path, origin, span_seconds)
        # Streams refreshed bit by bit call a frame a key frame with which decoding cannot begin.
        if not cuts or first_tick(source.path, cuts[0].tick) != cuts[0].tick:
            return whole
    except VideoError:  # an index that does not lead to the key frame
        return whole
    starts, stops = [None, *cuts], [*cuts, None]
    return tuple(
        Span(
            index=index,
            start_tick=start.tick if start else None,
            stop_tick=stop.tick if stop else None,
            origin_tick=origin,
            start_frame=start.frame if start else 0,
            start_seconds=start.seconds if start else 0.0,
            stop_seconds=stop.seconds if stop else None,
        )
        for index, (start, stop) in enumerate(zip(starts, stops, strict=True))
    )
