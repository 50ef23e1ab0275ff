"""Data sets that come with a list: those like DFEW, plain label tables, ELAN files."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from ..data.label_table import read_rows
from ..elan import EMOTION_TYPE, read_elan
from ..errors import InputError, LabelError
from ..video import VideoInput
from .filenames import videos_below
from .listing import Clip, Facts, Listing, Row

_DFEW = ("happiness", "sadness", "neutral", "anger", "surprise", "disgust", "fear")
_OF_TABLE = ("track", "person", "start_s", "end_s", "emotion", "phase", "intensity", "subject", "split")


def list_dfew(root: Path, fold: int = 1) -> Listing:
    """DFEW: ``…/train(single-labeled)/set_1.csv`` and ``test(…)/set_1.csv``, clips named by their number.

    Jiang et al. 2020. A list has a line for each clip: its number, and its emotion, 1 to 7.

    Args:
        root: folder with lists and clips.
        fold: which of the five divisions.

    Raises:
        InputError: no lists of that fold, or none of their clips.
        LabelError: a line that cannot be understood.
    """
    lists = {
        split: path
        for path in sorted(root.rglob(f"set_{fold}.csv"))
        for word, split in (("train", "train"), ("test", "test"))
        if word in path.parent.name.lower()
    }
    if not lists:
        raise InputError(
            root, f"no lists train…/set_{fold}.csv and test…/set_{fold}.csv here: not as DFEW ships"
        )
    videos = {str(int(v.path.stem)): v for v in videos_below(root) if v.path.stem.isdecimal()}
    clips: list[Clip] = []
    absent = 0
    for split, path in lists.items():
        for number, label in _numbered_lines(path):
            video = videos.get(number)
            if video is None:
                absent += 1
                continue
            row = dict(emotion=_DFEW[label - 1], split=split)
            clips.append(Clip(video_id=video.video_id, path=video.path, rows=(row,)))
    if not clips:
        raise InputError(root, "none of the clips that the lists name are here")
    notes = (f"{absent} clips of the lists are not here",) if absent else ()
    facts = Facts(
        name="DFEW",
        expressions="acted",
        label_source="ten annotators a clip, one label each",
        citation="Jiang et al. 2020, doi 10.1145/3394171.3413620",
    )
    return Listing(facts=facts, clips=tuple(clips), notes=notes)


def _numbered_lines(path: Path) -> list[tuple[str, int]]:
    found = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for line, row in enumerate(csv.reader(file), start=1):
                if len(row) < 2 or (line == 1 and not row[1].strip().isdecimal()):
                    continue
                number = re.sub(r"\D", "", Path(row[0].strip()).stem)
                if not number or row[1].strip() not in [str(n + 1) for n in range(len(_DFEW))]:
                    raise LabelError(
                        path, f"line {line}: {','.join(row)!r} is no clip number and label 1 to 7"
                    )
                found.append((str(int(number)), int(row[1])))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelError(path, f"cannot be read ({error})") from error
    return found


def list_table(table: Path, videos: Path | None = None) -> Listing:
    """A label table of one's own: ``video``, ``track`` or ``person``, ``start_s``, ``end_s``, ``emotion``, ….

    Args:
        table: CSV file.
        videos: folder of the videos that it names; by default the table's own.

    Raises:
        LabelError: not such a table, or it names videos that are not there.
    """
    rows = read_rows(table, ("video", "emotion"))
    by_name = _names(videos_below(videos or table.parent))
    found: dict[str, list[Row]] = {}
    absent = set()
    for line, row in rows:
        video = by_name.get(row["video"]) or by_name.get(str(Path(row["video"]).with_suffix("")))
        if video is None:
            absent.add(row["video"] or "(blank)")
            continue
        cells = {name: row[name] for name in _OF_TABLE if row.get(name)}
        found.setdefault(video.video_id, []).append({**cells, "line": line})
    if absent:
        raise LabelError(table, f"videos that are not there: {', '.join(sorted(absent))}")
    clips = [
        Clip(video_id=v.video_id, path=v.path, rows=tuple(found[v.video_id]), one_face=False)
        for v in dict.fromkeys(by_name.values())
        if v.video_id in found
    ]
    return Listing(facts=Facts(name=table.stem, label_source=table.name), clips=tuple(clips))


def list_elan(source: Path, videos: Path | None = None) -> Listing:
    """ELAN files (``.eaf``): a tier a face, its participant the person and the subject.

    Tiers of kind ``emotion`` are taken, or all where there are none. A file with one tier is of the face that
    is largest for longest; one with several needs ``seqfer persons`` to know who is who.

    Args:
        source: a file, or a folder of them.
        videos: folder of the videos that they name; by default their own.

    Raises:
        InputError: no ELAN files.
        LabelError: one cannot be read, or its video is not there.
    """
    files = sorted(source.rglob("*.eaf")) if source.is_dir() else [source]
    if not files:
        raise InputError(source, "no ELAN files (.eaf) here")
    by_name = _names(videos_below(videos or (source if source.is_dir() else source.parent)))
    clips: dict[str, Clip] = {}
    for path in files:
        file = read_elan(path)
        named = [name for media in (*file.media, path.stem) for name in (media, Path(media).stem)]
        video = next((by_name[name] for name in named if name in by_name), None)
        if video is None:
            raise LabelError(path, f"its video is not there: {', '.join(file.media) or path.stem}")
        tiers = [t for t in file.tiers if t.annotations]
        tiers = [t for t in tiers if t.kind == EMOTION_TYPE] or tiers
        rows: list[Row] = []
        for tier in tiers:
            who = tier.participant or (tier.name if len(tiers) > 1 else "")
            person = {"person": who, "line": tier.name} if len(tiers) > 1 else {}
            rows += [
                dict(
                    emotion=a.text,
                    start_s=a.start_seconds,
                    end_s=a.end_seconds,
                    subject=who or None,
                    **person,
                )
                for a in tier.annotations
                if a.text
            ]
        if rows:
            one = len(tiers) == 1
            clips[video.video_id] = Clip(
                video_id=video.video_id, path=video.path, rows=tuple(rows), one_face=one
            )
    facts = Facts(name=source.stem, label_source="annotators, in ELAN")
    return Listing(facts=facts, clips=tuple(clips.values()))


def _names(videos: list[VideoInput]) -> dict[str, VideoInput]:
    """Videos by all that a table may call them, where that means one only."""
    found: dict[str, VideoInput | None] = {}
    for video in videos:
        for name in {video.video_id, video.path.name, video.path.stem, str(video.path)}:
            found[name] = None if name in found and found[name] != video else video
    return {name: video for name, video in found.items() if video is not None}
