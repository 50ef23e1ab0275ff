"""The ways in for files of strangers, a whole file to begin with for each, and how files are damaged."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seqfer.errors import SeqferError

_WIDE = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 10**9, 10**6)


@dataclass(frozen=True)
class Original:
    """A whole file."""

    path: Path
    data: bytes


def damaged(data: bytes, dice: random.Random) -> bytes:
    """``data`` with one to eight wounds: bits flipped, pieces lost, doubled or exchanged, huge numbers."""
    changed = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        if not changed:
            break
        # Headers are where it hurts: half of all wounds are in the first kilobytes.
        at = dice.randrange(min(len(changed), 4096) if dice.random() < 0.5 else len(changed))
        length = dice.choice((1, 2, 4, 8, 64, 1024))
        kind = dice.randrange(7)
        if kind == 0:
            changed[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            del changed[at : at + length]
        elif kind == 2:
            changed[at:at] = changed[at : at + length]
        elif kind == 3:
            changed[at : at + length] = dice.randbytes(length)
        elif kind == 4:
            changed[at : at + 4] = struct.pack(dice.choice("<>") + "I", dice.choice(_WIDE))
        elif kind == 5:
            changed[at : at + 8] = struct.pack(dice.choice("<>") + "Q", dice.choice((*_WIDE, 10**12, 2**63)))
        else:
            del changed[dice.randrange(len(changed)) :]
    return bytes(changed)


def corpus(target: str, folder: Path) -> list[Original]:
    """Whole files of a target's kind, made in ``folder``."""
    paths = _MAKERS[target](folder)
    return [Original(path, path.read_bytes()) for path in paths]


def _tried(read: Callable[[], object]) -> str:
    try:
        read()
    except SeqferError as error:
        assert "\n" not in str(error), "one line"
        return "refused"
    return "read"


def video(path: Path, folder: Path) -> str:
    from seqfer import video

    def read() -> None:
        source = video.probe(path)
        video.fingerprint(path)
        spans = video.plan_spans(source, 2.0)
        for number, frame in enumerate(video.read_frames(path, span=spans[0])):
            frame.rgb_resized(64, 36)
            if number >= 20:
                break

    return _tried(read)


def _videos(folder: Path) -> list[Path]:
    from seqfer.samples import write_portrait

    paths = [folder / f"whole.{suffix}" for suffix in ("mp4", "mkv", "avi", "ts")]
    for path in paths:
        write_portrait(path, seconds=0.6, width=96, height=64)
    return paths


def store(path: Path, folder: Path) -> str:
    from seqfer.store import find_faults, open_store

    _sealed(path)
    find_faults(path)

    def read() -> None:
        with open_store(path) as opened:
            for track in opened.tracks:
                track.crops(0, 2)
                _ = track.pts_seconds, track.boxes_xyxy, track.quality
            _ = opened.frame_pts_seconds

    return _tried(read)


def _stores(folder: Path) -> list[Path]:
    from seqfer.extraction import ExtractionConfig, extract_video
    from seqfer.samples import write_portrait

    write_portrait(folder / "v.mp4", seconds=0.6, width=320, height=180)
    for codec in ("jpeg", "raw"):
        config = ExtractionConfig(crop_codec=codec, crop_size=32)
        extract_video(folder / "v.mp4", folder / f"{codec}.h5", video_id="v", config=config)
    return [folder / "jpeg.h5", folder / "raw.h5"]


def _sealed(path: Path) -> None:
    """Give every other file a checksum that fits, as a stranger would, so that HDF5 gets to see it."""
    from seqfer.store import files

    if path.stat().st_size % 2 and path.stat().st_size > 1024:
        files._seal(path)


def predictions(path: Path, folder: Path) -> str:
    from seqfer.store import read_embeddings, read_predictions

    _sealed(path)
    _tried(lambda: read_embeddings(path))
    return _tried(lambda: read_predictions(path))


def _predictions(folder: Path) -> list[Path]:
    import numpy as np

    from seqfer.labels import Vocabulary
    from seqfer.store import write_predictions
    from seqfer.timeline import FramePredictions

    vocabulary = Vocabulary(("neutral", "happiness"))
    track = FramePredictions(
        track_id=0,
        vocabulary=vocabulary,
        frame_indices=np.arange(9),
        pts_seconds=np.arange(9) / 25,
        emotion_probs=np.full((9, 2), 0.5, np.float32),
        phase_probs=np.full((9, 4), 0.25, np.float32),
        intensity=np.zeros(9, np.float32),
    )
    model = {"vocabulary": list(vocabulary)}
    write_predictions(folder / "p.h5", [track], video_id="v", key="k", tracks_key="t", model=model)
    return [folder / "p.h5"]


def weights(path: Path, folder: Path) -> str:
    from seqfer.models import load_model

    if path.suffix == ".json":
        (folder / "input.safetensors").write_bytes((folder / "m.safetensors").read_bytes())
        return _tried(lambda: load_model(folder / "input.safetensors"))
    if path.suffix == ".safetensors" and path.stem == "input":
        (folder / "input.json").write_bytes((folder / "m.json").read_bytes())
    return _tried(lambda: load_model(path))


def _weights(folder: Path) -> list[Path]:
    import torch

    from seqfer.models import CnnRnn, save_model
    from seqfer.models.weights import describe

    model = CnnRnn(encoder={}, hidden=8)
    save_model(model, folder / "m")
    torch.save({"seqfer": describe(model, {}), "state_dict": model.state_dict()}, folder / "m.ckpt")
    return [folder / "m.safetensors", folder / "m.json", folder / "m.ckpt"]


def labels(path: Path, folder: Path) -> str:
    from seqfer.data import read_labels
    from seqfer.labels import Vocabulary

    return _tried(lambda: read_labels(path, Vocabulary(("neutral", "happiness", "anger"))))


def _labels(folder: Path) -> list[Path]:
    path = folder / "labels.csv"
    rows = (f"v{n},{n}.5,{n + 1}.25,happiness,0,apex,0.5,s{n}\n" for n in range(9))
    path.write_text("video,start_s,end_s,emotion,track,phase,intensity,subject\n" + "".join(rows))
    return [path]


def eaf(path: Path, folder: Path) -> str:
    from seqfer import elan

    return _tried(lambda: elan.read_elan(path))


def _eaf(folder: Path) -> list[Path]:
    path = folder / "a.eaf"
    path.write_text(_EAF)
    return [path]


def json_files(path: Path, folder: Path) -> str:
    from seqfer.export import find_persons
    from seqfer.export.timeline_json import read_timelines

    (folder / "persons.json").write_bytes(path.read_bytes())
    _tried(lambda: find_persons(folder))
    return _tried(lambda: read_timelines(path))


def yaml_files(path: Path, folder: Path) -> str:
    import contextlib
    import io

    from seqfer.pipelines.__main__ import main

    with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.redirect_stdout(io.StringIO()):
        try:
            main(["run", "x.mp4", "-o", str(folder), "--config", str(path), "--print_config"])
        except SystemExit as stop:
            if stop.code:
                assert len(said.getvalue().splitlines()) == 1, said.getvalue()
            return "refused" if stop.code else "read"
    return "read"


def _yaml(folder: Path) -> list[Path]:
    source = Path(__file__).parents[2] / "configs" / "run_default.yaml"
    path = folder / "c.yaml"
    path.write_bytes(source.read_bytes())
    return [path]


def _json(folder: Path) -> list[Path]:
    import seqfer
    from seqfer.samples import write_portrait

    write_portrait(folder / "v.mp4", seconds=0.6, width=320, height=180)
    seqfer.analyze(folder / "v.mp4", out=folder)
    return [folder / "v.json"]


_EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0">
<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
<MEDIA_DESCRIPTOR MEDIA_URL="file:///v.mp4" MIME_TYPE="video/mp4" RELATIVE_MEDIA_URL="./v.mp4"/></HEADER>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="900"/>
</TIME_ORDER><TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="emotion"><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
<ANNOTATION_VALUE>happiness</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/>
</ANNOTATION_DOCUMENT>
"""

TARGETS: dict[str, Callable[[Path, Path], str]] = {
    "video": video,
    "store": store,
    "predictions": predictions,
    "weights": weights,
    "labels": labels,
    "eaf": eaf,
    "json": json_files,
    "yaml": yaml_files,
}
_MAKERS: dict[str, Callable[[Path], list[Path]]] = {
    "video": _videos,
    "store": _stores,
    "predictions": _predictions,
    "weights": _weights,
    "labels": _labels,
    "eaf": _eaf,
    "json": _json,
    "yaml": _yaml,
}
