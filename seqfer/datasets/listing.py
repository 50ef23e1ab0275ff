"""What an adapter makes of a downloaded data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..data.label_table import EmotionMap
from ..errors import LabelError
from ..labels import KNOWN_EMOTIONS, common_name

Posed = Literal["posed", "acted", "spontaneous", "mixed", "unknown"]
#: Cells of a label table by column, but for the video.
Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a data set says of itself.

    Attributes:
        name: of the data set.
        expressions: how they came about.
        label_source: who said what the faces show, and how.
        agreement: mean share of the votes that the label has, 0 to 1; None where there were no votes.
        citation: what to cite.
    """

    name: str
    expressions: Posed = "unknown"
    label_source: str = "not stated"
    agreement: float | None = None
    citation: str = ""


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One video, or folder of numbered stills.

    Attributes:
        video_id: a relative path, unique in the data set.
        path: where it is.
        rows: its labels.
        one_face: the labels are of one person, whoever else is in the picture.
    """

    video_id: str
    path: Path
    rows: tuple[Row, ...]
    one_face: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class StillSet:
    """Stills that have nothing to do with each other, each of a face; kept as one track, a second apart.

    Attributes:
        video_id: what to call them together.
        pictures: uint8 (N, H, W), grey.
        rows: a label for each.
    """

    video_id: str
    pictures: NDArray[np.uint8]
    rows: tuple[Row, ...]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A data set.

    Attributes:
        facts: what it says of itself.
        clips: its videos,
        stills: and its sets of stills.
        notes: what was left out, in words.
    """

    facts: Facts
    clips: tuple[Clip, ...] = ()
    stills: tuple[StillSet, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def chosen(self, pattern: str) -> Listing:
        """The clips whose ids match a pattern (``VL/Strong/*``)."""
        return replace(
            self,
            clips=tuple(c for c in self.clips if fnmatch(c.video_id, pattern)),
            stills=tuple(s for s in self.stills if fnmatch(s.video_id, pattern)),
        )

    def renamed(self, mapping: EmotionMap, source: Path) -> Listing:
        """Emotions under the names they are to have; rows without one, and clips without rows, left out.

        Args:
            mapping: from the data set's names; None or "" leaves out. Names of
                :data:`seqfer.labels.KNOWN_EMOTIONS` need none.
            source: for messages.

        Raises:
            LabelError: names that nobody knows and the mapping does not name; lists them.
        """
        known = {common_name(name): target for name, target in mapping.items()}
        unknown: Counter[str] = Counter()
        left_out: Counter[str] = Counter()

        def renamed(row: Row) -> Row | None:
            given = str(row["emotion"])
            name = common_name(given)
            if name not in known and name not in KNOWN_EMOTIONS:
                unknown[given or "(blank)"] += 1
                return None
            target = known.get(name, name)
            if not target:
                left_out[given] += 1
                return None
            return {**row, "emotion": common_name(target, tuple(known.values()))}  # type: ignore[arg-type]

        clips = []
        for clip in self.clips:
            rows = tuple(r for r in map(renamed, clip.rows) if r is not None)
            if rows:
                clips.append(replace(clip, rows=rows))
        stills = []
        for still in self.stills:
            found = [renamed(row) for row in still.rows]
            keep = [i for i, row in enumerate(found) if row is not None]
            rows = tuple(row for row in found if row is not None)
            stills.append(replace(still, pictures=still.pictures[keep], rows=rows))
        if unknown:
            raise LabelError(
                source,
                f"unknown emotions: {', '.join(sorted(unknown))}; say what they are with --emotion_map, "
                'null to leave them out, as in {"helpless": "sadness", "other": null}',
            )
        notes = [f"{count} labels of {name} left out" for name, count in sorted(left_out.items())]
        return replace(self, clips=tuple(clips), stills=tuple(stills), notes=(*self.notes, *notes))

    @property
    def subjects(self) -> set[str]:
        """Everybody named."""
        things: Iterable[Clip | StillSet] = (*self.clips, *self.stills)
        rows = (row for thing in things for row in thing.rows)
        return {str(row["subject"]) for row in rows if row.get("subject")}
