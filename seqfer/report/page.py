"""``report/<video>.html``: the page of one video."""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from ..colours import colours_of
from ..errors import StoreError, readable
from ..files import atomic_text
from .contents import VideoContents
from .markup import render
from .packing import pack_curves, packed_json, page_data, picture_lines
from .run import INDEX_NAME
from .thumbnails import Faces, take_thumbnails
from .wording import chips, counted, span

_SCRIPTS = ("uplot.min.js", "base.js", "table.js", "lanes.js", "curves.js", "player.js", "page.js")


def write_page(
    contents: VideoContents, *, film: Path | None, overlay: Path | None = None, faces: Faces = "shown"
) -> tuple[str, ...]:
    """Write the page of a video; what it had to leave out, a line each.

    Args:
        film: the video to play in it, linked by a relative path; None if there is none to link.
        overlay: the film with boxes, if there is one.
        faces: how they are shown in the pictures. Unless they are shown, the overlay is played, not ``film``.

    Raises:
        StoreError: figures that are none.
        InputError: the page cannot be written.
    """
    video, path = contents.video, contents.video.page_path
    if faces != "shown":
        film = overlay
    missing = list(contents.missing)
    try:
        thumbnails = take_thumbnails(contents, faces=faces)
    except StoreError as error:
        thumbnails = {}
        missing.append(f"no pictures of faces: {error}")
    data, pictures = page_data(contents, thumbnails)
    curves, step = pack_curves(contents.predictions)
    try:
        packed_data = packed_json(data)
    except ValueError as error:
        raise StoreError(video.timeline_path, f"damaged timeline: {error}") from error
    told = [note for note in (video.notes, video.error) if note]
    if step > 1:
        told.append(
            f"The curves are those of {step} frames a point, the lowest and the highest of each "
            "stretch, so that this page stays small; seqfer export --to frames has every frame."
        )
    href = None if film is None else relative_address(film, path.parent)
    width, height = (int(contents.source.get(side) or 0) for side in ("width", "height"))
    text = render(
        "page.html",
        _SCRIPTS,
        "startPage",
        name=readable(str(contents.source.get("name") or video.video_id)),
        index_href=relative_address(video.out / INDEX_NAME, path.parent),
        facts=_facts(contents),
        notes=[*told, *missing],
        width=width,
        height=height,
        video_href=href,
        video_href_text=None if film is None else readable(os.path.relpath(film, path.parent)),
        overlay_href=None if overlay in (None, film) else relative_address(overlay, path.parent),
        no_video=_why_no_film(contents, faces),
        chips=chips(contents.emotion_seconds, colours_of(contents.vocabulary)),
        lanes=bool(contents.lanes),
        made_by=_made_by(contents),
        data=Markup(packed_data),
        pictures=Markup(picture_lines(pictures)),
        curves=[(number, Markup(blob)) for number, blob in sorted(curves.items())],
    )
    with atomic_text(path) as file:
        file.write(text)
    return tuple(missing)


def relative_address(target: Path, folder: Path) -> str:
    """The relative address of a file, percent-encoded; a name with a colon is not taken for a scheme."""
    relative = os.fsencode(os.path.relpath(target, folder))
    return "/".join(quote(part, safe="") for part in relative.split(os.fsencode(os.sep)))


def _why_no_film(contents: VideoContents, faces: Faces) -> str:
    if faces != "shown":
        return "The video is left out of this page, because its faces are not to be shown."
    if contents.source.get("kind") == "stills":
        return "This is a folder of stills: there is no video to play."
    named = readable(str(contents.source.get("name") or contents.video.video_id))
    return (
        f"The video {named} was not found when this page was made: has it moved? "
        "seqfer report OUT --videos FOLDER tells where it is."
    )


def _facts(contents: VideoContents) -> list[str]:
    source = contents.source
    facts = [span(contents.duration_seconds), counted(int(source.get("num_frames") or 0), "frame")]
    if source.get("width") and source.get("height"):
        facts.append(f"{source['width']} × {source['height']}")
    kind = "person" if any(not lane.name.startswith("face ") for lane in contents.lanes) else "face"
    return [*facts, counted(len(contents.lanes), kind), counted(contents.num_segments, "segment")]


def _made_by(contents: VideoContents) -> str:
    model = contents.model
    return (
        f"Made by seqfer {version('seqfer')} from {contents.video.timeline_path.name}. "
        f"Model: {model.get('name')} ({str(model.get('fingerprint'))[:12]}). "
        "Expression is not feeling, and models of this kind err: check by eye what matters."
    )
