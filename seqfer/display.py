"""How timelines and face tracks show themselves: as tables, and in a notebook.

HTML is without scripts, and all text in it is escaped.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from .colours import colours_of
from .labels import EMOTIONS, Vocabulary

if TYPE_CHECKING:
    import pandas as pd

    from .timeline import Segment, Timeline

_MAX_LANES = 20
_MAX_SEGMENTS = 2000  # of a lane; a film of hours would make a page that no browser likes

_COLUMNS: dict[str, Callable[[Timeline, Segment], object]] = {
    "video": lambda t, s: t.video_id,
    "track_id": lambda t, s: t.track_id,
    "person_id": lambda t, s: t.person_id,
    "start_s": lambda t, s: s.start_seconds,
    "end_s": lambda t, s: s.end_seconds,
    "duration_s": lambda t, s: s.duration_seconds,
    "start_frame": lambda t, s: s.start_frame,
    "end_frame": lambda t, s: s.end_frame,
    "emotion": lambda t, s: s.emotion,
    "confidence": lambda t, s: s.confidence,
    "intensity": lambda t, s: s.intensity,
    "onset_s": lambda t, s: s.onset_seconds,
    "apex_s": lambda t, s: s.apex_seconds,
    "offset_s": lambda t, s: s.offset_seconds,
    "trusted": lambda t, s: s.trusted,
}


def segment_table(timelines: Iterable[Timeline]) -> pd.DataFrame:
    """A row for each segment, columns as in ``<video>.segments.csv`` and ``duration_s``."""
    import pandas as pd  # slow to import, and not needed to read timelines

    rows = [[value(t, s) for value in _COLUMNS.values()] for t in timelines for s in t]
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    figures = [name for name in _COLUMNS if name.endswith("_s")]
    return table.astype(dict.fromkeys(figures, "float64"))


def timelines_html(timelines: Sequence[Timeline]) -> str:
    """A lane for each timeline on one scale, with a legend; hovering tells figures."""
    if not timelines:
        return "<p>no faces</p>"
    end = max((t.segments[-1].end_seconds for t in timelines if len(t)), default=0.0)
    names = dict.fromkeys([*EMOTIONS, *(s.emotion for t in timelines for s in t)])
    colours = colours_of(Vocabulary(tuple(names)))
    lanes = "".join(_lane(t, end, colours) for t in timelines[:_MAX_LANES])
    more = f"<p>and {len(timelines) - _MAX_LANES} more</p>" if len(timelines) > _MAX_LANES else ""
    if any(len(t) > _MAX_SEGMENTS for t in timelines):
        more += f"<p>of each face, the first {_MAX_SEGMENTS} segments</p>"
    shown = {s.emotion for t in timelines[:_MAX_LANES] for s in t}
    legend = " ".join(
        f'<span style="white-space:nowrap"><span style="display:inline-block;width:.8em;height:.8em;'
        f'background:{colours[n]}"></span> {escape(n)}</span>'
        for n in names
        if n in shown
    )
    return (
        f'<div style="font-family:sans-serif;font-size:90%">{lanes}'
        f'<div style="margin-left:17em;display:flex;justify-content:space-between"><span>0 s</span>'
        f"<span>{end:.2f} s</span></div><p>{legend}</p>{more}</div>"
    )


def _lane(timeline: Timeline, end: float, colours: dict[str, str]) -> str:
    bars = "".join(
        f'<div title="{escape(_words(s))}" style="position:absolute;top:0;bottom:0;'
        f"left:{100 * s.start_seconds / end:.3f}%;width:{100 * s.duration_seconds / end:.3f}%;"
        f'background:{colours[s.emotion]}"></div>'
        for s in timeline.segments[:_MAX_SEGMENTS]
    )
    video, person = escape(timeline.video_id), escape(timeline.person_id or "")
    name = "width:10em;overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
    lane = "position:relative;flex:1;height:1.4em;background:rgba(128,128,128,.15)"
    return (
        f'<div style="display:flex;margin:2px 0"><div style="{name}" title="{video}">{video}</div>'
        f'<div style="width:7em">{person} face {timeline.track_id}</div>'
        f'<div style="{lane}">{bars}</div></div>'
    )


def _words(s: Segment) -> str:
    return (
        f"{s.emotion}, {s.start_seconds:.2f}–{s.end_seconds:.2f} s, "
        f"confidence {s.confidence:.2f}, intensity {s.intensity:.2f}"
    )


def track_html(title: str, facts: Iterable[tuple[str, str]], pictures: Sequence[bytes]) -> str:
    """A face track: a row of faces (JPEG files) and what is known of it."""
    images = "".join(
        f'<img alt="" style="height:80px" src="data:image/jpeg;base64,{b64encode(p).decode()}">'
        for p in pictures
    )
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in facts
    )
    return f"<div><b>{escape(title)}</b><br>{images}<table>{rows}</table></div>"
