"""From what a user names (files, folders, globs, folders of stills) to a list of videos with names.

Nothing is opened here: ten thousand files take about a second.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import unicodedata
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from .container import os_reason
from .source import Kind
from .stills import numbered

VIDEO_SUFFIXES = frozenset(
    f".{name}"
    for line in (
        "3g2 3gp amv asf avi divx dv f4v flv gif h264 h265 hevc ivf m1v m2p m2t m2ts m2v m4v mj2 mjpeg",
        "mjpg mkv mod mov mp4 mpe mpeg mpg mpv mts mxf nut ogg ogm ogv qt rm rmvb tod ts vob webm wmv",
        "wtv y4m",
    )
    for name in line.split()
)
_MAX_PART_BYTES = 150  # of a name that will be a file's: room for suffixes of outputs within 255


@dataclass(frozen=True, kw_only=True)
class VideoInput:
    """One thing to extract, or to report as impossible.

    Attributes:
        path: as the user named it, or found below what the user named.
        video_id: unique in its list (also where case does not count), and safe as a relative file name:
            folders kept with "/", never empty, never absolute, never with "..".
        kind: "container" for a file, "stills" for a folder of numbered stills.
        error: why there is nothing to read, or None.
    """

    path: Path
    video_id: str
    kind: Kind = "container"
    error: str | None = None


def find_videos(paths: Sequence[str | Path]) -> list[VideoInput]:
    """Videos among ``paths``, in natural order of their ids, each once.

    Args:
        paths: files (taken whatever their suffix), folders (searched to the bottom, hidden entries left
            out), globs that the shell has not expanded, and folders of numbered stills, each of which is
            one video. What is not there becomes an entry with an ``error``, so that the rest goes on.
    """
    found: dict[str, VideoInput] = {}
    for given in paths:
        for entry in _expand(given):
            found.setdefault(_identity(entry.path), entry)
    return sorted(_with_unique_ids(list(found.values())), key=lambda entry: natural_key(entry.video_id))


def natural_key(text: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sort key in which 2 comes before 10 and case matters last."""
    parts = re.split(r"(\d+)", text)
    return [(0, int(p), "") if p.isdigit() and p.isascii() else (1, 0, p.casefold()) for p in parts], text


def _identity(path: Path) -> str:
    try:
        return os.path.normcase(os.path.realpath(path))
    except (OSError, ValueError):  # no such file can be: any text that is its own will do
        return str(path)


def _expand(given: str | Path) -> Iterator[VideoInput]:
    path = Path(given)
    try:
        if path.is_dir():
            yield from _in_folder(path)
        elif os.path.lexists(path):
            error = None if path.exists() else "is a link to nothing"
            yield VideoInput(path=path, video_id=safe_id(path.stem), error=error)
        elif glob.has_magic(str(given)):
            # Path.glob takes no absolute patterns
            matches = sorted(glob.glob(str(given), recursive=True), key=natural_key)  # noqa: PTH207
            for match in matches:
                yield from _expand(match)
            if not matches:
                yield VideoInput(path=path, video_id=safe_id(path.stem), error="nothing matches")
        else:
            yield VideoInput(path=path, video_id=safe_id(path.stem), error="no such file or folder")
    except (OSError, ValueError) as error:  # too long, too many links, a null byte
        reason = os_reason(error) if isinstance(error, OSError) else "is not a possible file name"
        yield VideoInput(path=path, video_id=safe_id(path.stem), error=reason)


def _in_folder(root: Path) -> Iterator[VideoInput]:
    nothing = True
    for entry in _walk(root):
        nothing = False
        yield entry
    if nothing:
        yield VideoInput(path=root, video_id=_folder_id(root, PurePath()), error="no videos in this folder")


def _folder_id(root: Path, relative: PurePath) -> str:
    return safe_id(relative.as_posix() if relative.parts else root.resolve().name)


def _walk(root: Path) -> Iterator[VideoInput]:
    """Everything below ``root``, level by level; in order of names, so that links resolve the same way."""
    seen: set[str] = set()
    pending = deque([PurePath()])
    while pending:
        relative = pending.popleft()
        folder = root / relative
        real = os.path.realpath(folder)
        if real in seen:  # a link back up, or to somewhere already searched
            continue
        seen.add(real)
        try:
            with os.scandir(folder) as entries:
                visible = [
                    (entry.name, _is_dir(entry)) for entry in entries if not entry.name.startswith(".")
                ]
        except OSError as error:
            yield VideoInput(path=folder, video_id=_folder_id(root, relative), error=os_reason(error))
            continue
        visible.sort(key=lambda entry: natural_key(entry[0]))
        files = [name for name, is_dir in visible if not is_dir]
        pending.extend(relative / name for name, is_dir in visible if is_dir)
        videos = [name for name in files if PurePath(name).suffix.lower() in VIDEO_SUFFIXES]
        for name in videos:
            video_id = safe_id((relative / name).with_suffix("").as_posix())
            yield VideoInput(path=folder / name, video_id=video_id)
        if not videos and numbered(files):
            yield VideoInput(path=folder, video_id=_folder_id(root, relative), kind="stills")


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads round in circles
        return False


def safe_id(name: str) -> str:
    """``name`` as a relative path that any file system takes and that leads nowhere else."""
    parts = [_safe_part(part) for part in name.split("/") if part]
    return "/".join(parts) or "video"


def _safe_part(part: str) -> str:
    part = part.encode("utf-8", "replace").decode("utf-8")  # bytes that are no text come as surrogates
    part = re.sub(r'[\x00-\x1f\x7f<>:"|?*\\]', "_", part)
    part = re.sub(r"\.{2,}", "_", part)
    part = re.sub(r"^[. ]|[. ]$", "_", part)
    if len(part.encode()) > _MAX_PART_BYTES:
        short = part.encode()[:_MAX_PART_BYTES].decode("utf-8", "ignore")
        part = f"{short.rstrip('. ')}-{_hex(part)}"
    return part


def _hex(text: str, digits: int = 8) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:digits]


def _with_unique_ids(entries: list[VideoInput]) -> list[VideoInput]:
    """Colliding ids made longer, all of a group alike, until none collide."""
    longer = [0] * len(entries)
    while True:
        ids = [_longer_id(entry, step) for entry, step in zip(entries, longer, strict=True)]
        keys = [unicodedata.normalize("NFC", video_id).casefold() for video_id in ids]
        count = Counter(keys)
        if len(count) == len(keys):
            return [replace(entry, video_id=video_id) for entry, video_id in zip(entries, ids, strict=True)]
        longer = [step + (count[key] > 1) for step, key in zip(longer, keys, strict=True)]


def _longer_id(entry: VideoInput, step: int) -> str:
    """The id, with its file's suffix, with a mark of its folder, with ever more of a mark of its path."""
    if step == 0:
        return entry.video_id
    name = safe_id(entry.video_id + (entry.path.suffix if entry.kind == "container" else ""))
    if step == 1:
        return name
    folder = entry.path.parent.resolve()
    if step == 2:
        return f"{name}-{_hex(str(folder))}"
    return f"{name}-{_hex(str(folder / entry.path.name), min(64, 5 + step))}"
