"""How well extraction follows faces, against exact truth that anyone can rebuild.

    pip install -e '.[bench]'
    python scripts/bench_tracking.py --portraits FOLDER             # every scene
    python scripts/bench_tracking.py --only crossing,cut --explain  # these, and what went wrong in words
    python scripts/bench_tracking.py --only crossing --overlay crossing        # and in a picture
    python scripts/bench_tracking.py --only still --footage a.mp4 b.mp4        # real videos beside

FOLDER holds portraits (.jpg, .png), one face each; without one, the photograph that comes with scikit-image
has to play all parts, half of them mirrored. Each person is cut out and moved over moving backgrounds by one
similarity per frame, which moves the truth (box and five points, from many detections on the still) with it,
exactly. Films are written as H.264 with noise, kept in the system's temporary folder with their truth, and
made again when their recipe or the portraits change. ``extract_video`` runs on each with default settings;
the detector, on every frame at full size (kept too), says what there was to find.

Faces count where they are well in view: at least 60 % inside the frame, at most half covered, at least 70 %
faded in. Rows over faces less in view than that are neither right nor wrong; so are interpolated ones over a
face hidden for up to half a second. Every person has another identity in every shot. A found box is a face if
it overlaps the true one by half (IoU). IDF1, HOTA, MOTA and switches are TrackEval's.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

# Before the libraries are loaded: they look only once.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

# ruff: noqa: E402
import cv2
import numpy as np
from tracking.explain import explain
from tracking.films import Clip, Truth, make_clip
from tracking.footage import footage_table
from tracking.found import Found, detect_every_frame, extract
from tracking.overlay import write_overlay
from tracking.portraits import Cast, digest_of, portrait_files, write_astronaut
from tracking.report import goals, tables
from tracking.scenarios import SCENARIOS
from tracking.scoring import Score, score, total

from seqfer.errors import SeqferError

_LONDON = Path(__file__).resolve().parents[2] / "shared" / "data" / "london"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [s.name for s in SCENARIOS]
    parser.add_argument("--portraits", type=Path, help="folder of portraits (default: ../shared/data/london)")
    parser.add_argument("--only", metavar="NAME,...", help=f"scenes, of {', '.join(names)}")
    parser.add_argument("--overlay", metavar="NAME,...", default="", help="write NAME.png: truth and tracks")
    parser.add_argument("--explain", action="store_true", help="also list mistakes in words")
    parser.add_argument(
        "--footage",
        type=Path,
        nargs="+",
        default=[],
        metavar="VIDEO",
        help="real videos: against per-frame detection",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    parser.add_argument("--seed", type=int, default=0, help="of noise and movements (default: 0)")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "seqfer-bench" / "tracking",
        help="films go here",
    )
    arguments = parser.parse_args()
    chosen = arguments.only.split(",") if arguments.only else names
    overlays = arguments.overlay.split(",") if arguments.overlay else []
    if unknown := sorted({*chosen, *overlays} - set(names)):
        parser.error(f"no such scene: {', '.join(unknown)}; there are {', '.join(names)}")
    cv2.setNumThreads(1)
    try:
        _bench([*dict.fromkeys([*chosen, *overlays])], overlays, arguments)
    except SeqferError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _bench(names: list[str], overlays: list[str], arguments: argparse.Namespace) -> None:
    files = _portraits(arguments.portraits, arguments.cache)
    cast, digest = Cast(files), digest_of(files)
    scores: dict[str, Score] = {}
    crossing: set[str] = set()
    mistakes: list[str] = []
    for scenario in (s for s in SCENARIOS if s.name in names):
        clip = make_clip(scenario, cast, digest, arguments.cache, arguments.seed)
        truth, found = Truth.load(clip.truth_path), extract(clip.path)
        if len(found.shots) != truth.num_frames:
            print(f"{clip.path}: {len(found.shots)} frames read of {truth.num_frames}", file=sys.stderr)
        scores[scenario.name] = score(truth, found, _detections(clip, truth))
        mistakes += [f"- {scenario.name}: {line}" for line in explain(truth, found)]
        print(f"{scenario.name}: done", file=sys.stderr)
        if scenario.crossing:
            crossing.add(scenario.name)
        if scenario.name in overlays:
            sheet = Path(f"{scenario.name}.png")
            write_overlay(clip.path, truth, found, sheet)
            print(f"wrote {sheet}", file=sys.stderr)
    figures = {name: s.figures() for name, s in scores.items()}
    figures["all"] = total(scores).figures()
    elsewhere = sum(f["id_switches"] for n, f in figures.items() if n not in {*crossing, "all"})
    print(tables(figures))
    print("\n" + goals(figures["all"], elsewhere, figures.get("still")))
    if arguments.explain:
        print("\n" + "\n".join(mistakes))
    if arguments.footage:
        print("\n" + footage_table(arguments.footage, arguments.cache))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _detections(clip: Clip, truth: Truth) -> Found:
    if not len(truth.frames):  # nothing to be found: what the detector takes for faces is of no interest
        return Found(
            frames=np.zeros(0, np.int64),
            ids=np.zeros(0, np.int64),
            boxes_xyxy=np.zeros((0, 4)),
            landmarks_xy=np.zeros((0, 5, 2)),
            interpolated=np.zeros(0, bool),
            shots=np.zeros(truth.num_frames, np.int64),
        )
    return detect_every_frame(clip.path, clip.detections_path)


def _portraits(folder: Path | None, cache: Path) -> list[Path]:
    if folder is not None:
        return portrait_files(folder)
    if _LONDON.is_dir():
        return portrait_files(_LONDON)
    return [write_astronaut(cache)]


if __name__ == "__main__":
    sys.exit(main())
