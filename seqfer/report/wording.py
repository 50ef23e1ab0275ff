"""Durations and numbers as people write them."""

from __future__ import annotations

from collections.abc import Mapping


def span(seconds: float) -> str:
    """
    >>> span(3.256), span(75), span(5400)
    ('3.26 s', '1 min 15 s', '1 h 30 min')
    """
    if seconds < 59.5:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    if seconds < 3599.5:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest:02d} s"
    hours, rest = divmod(round(seconds / 60), 60)
    return f"{hours} h {rest:02d} min"


def counted(number: int, thing: str) -> str:
    """
    >>> counted(1, "face"), counted(1200, "segment")
    ('1 face', '1,200 segments')
    """
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def chips(seconds_of: Mapping[str, float], colours: Mapping[str, str]) -> list[dict[str, object]]:
    """Emotions with how long each was shown: legend and filter in one."""
    total = sum(seconds_of.values())
    return [
        {
            "name": name,
            "colour": colours[name],
            "share": round(seconds / total, 6) if total else 0,
            "words": f"{span(seconds)} · {percent(seconds / total)}" if seconds else "–",
        }
        for name, seconds in seconds_of.items()
    ]


def percent(share: float) -> str:
    """A share as a whole percentage."""
    return f"{share:.0%}".replace("%", " %")
