"""How fast extraction is, beside decord's bare decoding of the same file, in one run and on one thread.

    python scripts/bench_extract.py                    # a 24 s clip of 1280x720, one face, made on the spot
    python scripts/bench_extract.py film.mp4 --repeats 9 --stages
    python scripts/bench_extract.py film.mp4 --heights 360 720 1080

With --heights the film is played forth and back three times at each of these heights (x264, medium, 0.9 to
5 Mb/s), because a short clip mostly measures opening files. --stages shows where the time of extraction goes.

Three things are timed on the same file: decord handing out every frame as RGB (``vr[i].asnumpy()``),
seqfer's reader handing out every frame in its own colour planes, and ``extract_video``: decoding, shots,
detection, tracking, aligned crops, HDF5. One round of all three is not counted (it warms the file cache and
loads the detector); in the counted rounds their order is shuffled, so that a busy moment of the machine
strikes none in particular. Each round gives a ratio of its own; the median of these is the figure.

All of it runs on one core: decord decodes in a thread of its own beside the caller's, also with
``num_threads=1``, and would have two cores otherwise. --free lets it.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path

# Before the libraries are loaded: they look only once.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

# ruff: noqa: E402
import av
import cv2
import decord
from extract_stages import stage_table

from seqfer.errors import SeqferError, VideoError
from seqfer.extraction import extract_video
from seqfer.samples import write_portrait
from seqfer.video import probe, read_frames

_SECONDS, _WIDTH, _HEIGHT, _FPS = 24, 1280, 720, 30
_CRF = 19  # about 2 Mb/s, as 720p video usually comes
_FOLDER = Path(tempfile.gettempdir()) / "seqfer-bench"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("video", nargs="?", type=Path, help="a video file; made where absent")
    parser.add_argument("--repeats", type=int, default=7, help="counted rounds (default: 7)")
    parser.add_argument("--heights", nargs="+", type=int, default=[], help="scale the video to these heights")
    parser.add_argument("--free", action="store_true", help="do not keep to one core")
    parser.add_argument("--stages", action="store_true", help="also show where extraction spends its time")
    arguments = parser.parse_args()
    if arguments.repeats < 1:
        parser.error("--repeats must be at least 1")
    cv2.setNumThreads(1)
    if not arguments.free and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    try:
        video = arguments.video or _made_clip()
        clips = [_scaled(video, height) for height in arguments.heights] or [video]
        with tempfile.TemporaryDirectory() as folder:
            for clip in clips:
                _bench(clip, Path(folder) / "tracks.h5", arguments.repeats)
                if arguments.stages:
                    print(stage_table(clip, Path(folder) / "tracks.h5"))
    except SeqferError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _bench(video: Path, store: Path, repeats: int) -> None:
    source = probe(video, video_id=video.stem)
    tracks: list[int] = []

    def by_decord() -> int:
        try:
            reader = decord.VideoReader(str(video), num_threads=1)
        except (RuntimeError, decord.DECORDError) as error:
            raise VideoError(video, f"decord cannot open it: {error}") from error
        for index in range(len(reader)):
            reader[index].asnumpy()
        return len(reader)

    def by_reader() -> int:
        return sum(1 for _ in read_frames(source))

    def by_extraction() -> int:
        store.unlink(missing_ok=True)
        result = extract_video(video, store, video_id=video.stem)
        tracks.append(result.num_tracks)
        return result.num_frames

    contenders: dict[str, Callable[[], int]] = {
        "decord, every frame to RGB": by_decord,
        "`read_frames`, decoding only": by_reader,
        "`extract_video`, crops stored": by_extraction,
    }
    rng = random.Random(0)
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    frames: dict[str, int] = {}
    for turn in range(repeats + 1):
        order = list(contenders)
        rng.shuffle(order)
        for name in order:
            began = time.perf_counter()
            frames[name] = contenders[name]()
            if turn:
                seconds[name].append(time.perf_counter() - began)
    print(_heading(video, tracks[-1], repeats))
    print(_table(frames, seconds))


def _table(frames: dict[str, int], seconds: dict[str, list[float]]) -> str:
    lines = [
        "| one thread | frames | fps, best | fps, median | ms/frame, best | of decord's fps, median | best |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    rates = {name: [frames[name] / t for t in times] for name, times in seconds.items()}
    bare = next(iter(rates.values()))
    for name, rate in rates.items():
        ratio = statistics.median(a / b for a, b in zip(rate, bare, strict=True))
        lines.append(
            f"| {name} | {frames[name]} | {max(rate):.0f} | {statistics.median(rate):.0f} "
            f"| {1000 / max(rate):.2f} | {ratio:.2f} | {max(rate) / max(bare):.2f} |"
        )
    return "\n".join(lines)


def _heading(video: Path, num_tracks: int, repeats: int) -> str:
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        about = (
            f"{stream.codec_context.name} {stream.width}x{stream.height}, "
            f"{float(stream.average_rate or 0):.4g} fps, {container.bit_rate / 1e6:.1f} Mb/s"
        )
    versions = ", ".join(f"{name} {version(name)}" for name in ("seqfer", "decord", "av", "onnxruntime"))
    return (
        f"{date.today()}, {_processor()}, {os.cpu_count()} cores, one thread, "
        f"{repeats} shuffled repeats; {versions}\n"
        f"{video.name}: {about}, face tracks: {num_tracks}\n"
    )


def _processor() -> str:
    """Kind of processor, as the system names it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        fields = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        named = {key.strip(): value.strip() for key, value in fields.items()}
        if "model name" in named:
            return f"{named['model name']} (family {named.get('cpu family')}, model {named.get('model')})"
    return platform.processor() or platform.machine()


def _made_clip() -> Path:
    """The clip of one face, made once and kept in the system's temporary folder."""
    name = f"portrait-{_WIDTH}x{_HEIGHT}-{_FPS}fps-{_SECONDS}s-crf{_CRF}-{version('seqfer')}.mp4"
    path = _FOLDER / name
    if not path.exists():
        _FOLDER.mkdir(exist_ok=True)
        print(f"making {path} ...", file=sys.stderr)
        write_portrait(path, seconds=_SECONDS, width=_WIDTH, height=_HEIGHT, fps=_FPS, crf=_CRF)
    return path


def _scaled(video: Path, height: int) -> Path:
    """The video forth and back at another height, made once and kept."""
    path = _FOLDER / f"{video.stem}-{height}p.mp4"
    if path.exists():
        return path
    _FOLDER.mkdir(exist_ok=True)
    with av.open(str(video)) as container:
        rate = container.streams.video[0].average_rate
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    width = round(height * frames[0].shape[1] / frames[0].shape[0] / 2) * 2
    partial = path.with_name("partial-" + path.name)
    with av.open(str(partial), "w") as output:
        stream = output.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.bit_rate = round(2_500_000 * height / 720 * max(1.0, height / 1080))
        for frame in (frames + frames[::-1]) * 3:
            picture = cv2.resize(frame, (width, height), interpolation=cv2.INTER_CUBIC)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode())
    return partial.replace(path)


if __name__ == "__main__":
    sys.exit(main())
