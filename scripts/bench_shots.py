"""Shot changes found, beside PySceneDetect, on clips whose cuts, fades and dissolves are known to the frame.

    python scripts/bench_shots.py --data ../shared/data      # with portraits and real films
    python scripts/bench_shots.py                            # pictures of scikit-image alone

Needs the extra ``bench`` (PySceneDetect). The clips (``shots/clips.py``) are made on the spot and encoded as
H.264: hard cuts, fades through black and white, dissolves, portraits before one and the same ground; and
what is often taken for a cut: pans, whips, zooms, flashes, lights that change, people passing close by.

A cut counts as found within a frame of the true one; a fade or dissolve from a frame before its first to
a frame after its last. Each transition can be found once: whatever else is reported is a false cut.
PySceneDetect runs with the settings it comes with, its usual reduction of the picture included, and, for
a fair chance at transitions that follow each other quickly, also with its shortest scene set to 4 frames.

Time is per frame of 1920x1080 for the detector alone, the making of its small picture included and
decoding left out; the fastest of several repeats.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import scenedetect
from scenedetect import AdaptiveDetector, ContentDetector, FrameTimecode, SceneManager, ThresholdDetector
from scenedetect.scene_manager import compute_downscale_factor
from shots.clips import FPS, Clip, Transition, make_clips, write
from shots.scenes import camera, load_material

from seqfer.faces import mark_shots
from seqfer.video import read_frames

Finder = Callable[[Path], list[int]]
_KINDS = ("cut", "black", "white", "dissolve")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder with london/ and videos/")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="one set of clips for each")
    parser.add_argument("--repeats", type=int, default=5, help="for the time (default: 5)")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    finders: dict[str, Finder] = {
        "seqfer": _by_seqfer,
        "ContentDetector": lambda p: _by_scenedetect(p, ContentDetector()),
        "AdaptiveDetector": lambda p: _by_scenedetect(p, AdaptiveDetector()),
        "Adaptive, min 4": lambda p: _by_scenedetect(p, AdaptiveDetector(min_scene_len=4)),
        "Content + Threshold": lambda p: _by_scenedetect(p, ContentDetector(), ThresholdDetector()),
        "Adaptive + Threshold, min 4": lambda p: _by_scenedetect(
            p, AdaptiveDetector(min_scene_len=4), ThresholdDetector(min_scene_len=4)
        ),
    }
    found = {name: Counter[str]() for name in finders}
    false_cuts = {name: Counter[str]() for name in finders}
    truth: Counter[str] = Counter()
    frames: Counter[str] = Counter()
    material = load_material(arguments.data)
    with tempfile.TemporaryDirectory() as folder:
        for seed in arguments.seeds:
            for clip in make_clips(material, np.random.default_rng(seed)):
                path = write(clip, Path(folder) / f"{clip.name}.mp4")
                truth.update(t.kind for t in clip.transitions)
                frames[clip.name] += len(clip.frames)
                for name, finder in finders.items():
                    hits, wrong = score(finder(path), clip.transitions)
                    found[name].update(hits)
                    false_cuts[name][clip.name] += wrong
    _report(truth, found, false_cuts, frames)
    _report_times(arguments.repeats)
    return 0


def score(cuts: Sequence[int], transitions: Iterable[Transition]) -> tuple[list[str], int]:
    """Kinds of the transitions found, and the number of false cuts."""
    left, hits = sorted(cuts), []
    for transition in transitions:
        near = [cut for cut in left if transition.start - 1 <= cut <= transition.stop + 1]
        if near:
            hits.append(transition.kind)
            left.remove(near[0])
    return hits, len(left)


def _by_seqfer(path: Path) -> list[int]:
    cuts, current = [], 0
    for frame, shot, _ in mark_shots(read_frames(path)):
        if shot != current:
            cuts.append(frame.frame_index)
        current = shot
    return cuts


def _by_scenedetect(path: Path, *detectors: scenedetect.SceneDetector) -> list[int]:
    manager = SceneManager()
    for detector in detectors:
        manager.add_detector(detector)
    manager.detect_scenes(scenedetect.open_video(str(path), backend="pyav"))
    av.logging.set_level(None)  # scenedetect lets FFmpeg talk
    return [scene[0].frame_num for scene in manager.get_scene_list()[1:]]


def _report(
    truth: Counter[str],
    found: dict[str, Counter[str]],
    false_cuts: dict[str, Counter[str]],
    frames: Counter[str],
) -> None:
    print(
        f"{frames.total()} frames, {truth.total()} transitions: "
        + ", ".join(f"{truth[k]} {k}" for k in _KINDS)
    )
    print("\n| detector | " + " | ".join(f"recall, {k}" for k in _KINDS) + " | precision | recall | F1 |")
    print("|---" * (len(_KINDS) + 4) + "|")
    for name, hits in found.items():
        recall = hits.total() / truth.total()
        precision = hits.total() / max(1, hits.total() + false_cuts[name].total())
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        each = " | ".join(f"{hits[kind] / max(1, truth[kind]):.2f}" for kind in _KINDS)
        print(f"| {name} | {each} | {precision:.3f} | {recall:.3f} | {f1:.3f} |")
    print("\nFalse cuts by clip:")
    for name, wrong in false_cuts.items():
        print(f"  {name}: " + ", ".join(f"{clip} {wrong[clip]}" for clip in frames))


def _report_times(repeats: int) -> None:
    """Milliseconds a frame, of 1920x1080 in motion."""
    scene = camera(load_material(None).stills[0], "handheld", np.random.default_rng(0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hd.mp4"
        write_large(path, scene)
        frames = list(read_frames(path))
    pictures = [cv2.cvtColor(frame.rgb(), cv2.COLOR_RGB2BGR) for frame in frames]
    ways: dict[str, Callable[[], object]] = {
        "seqfer": lambda: [shot for _, shot, _ in mark_shots(frames)],
        "seqfer, thumbnails alone": lambda: [frame.grey(64, 36) for frame in frames],
        "ContentDetector": lambda: _timed_scenedetect(ContentDetector(), pictures),
        "AdaptiveDetector": lambda: _timed_scenedetect(AdaptiveDetector(), pictures),
        "ThresholdDetector": lambda: _timed_scenedetect(ThresholdDetector(), pictures),
    }
    print("\n| detector | ms a frame at 1080p |\n|---|---|")
    for name, way in ways.items():
        print(f"| {name} | {min(_seconds(way) for _ in range(repeats)) / len(frames) * 1e3:.3f} |")


def write_large(path: Path, scene: Callable[[int], Iterable[np.ndarray]], count: int = 60) -> None:
    """The scene as a clip of 1920x1080."""
    views = [cv2.resize(view, (1920, 1080), interpolation=cv2.INTER_CUBIC) for view in scene(count)]
    write(Clip(name="large", frames=views), path)


def _timed_scenedetect(detector: scenedetect.SceneDetector, pictures: list[np.ndarray]) -> None:
    height, width = pictures[0].shape[:2]
    factor = compute_downscale_factor(width)
    size = round(width / factor), round(height / factor)
    for number, picture in enumerate(pictures):
        small = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
        detector.process_frame(FrameTimecode(number, float(FPS)), small)


def _seconds(way: Callable[[], object]) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
