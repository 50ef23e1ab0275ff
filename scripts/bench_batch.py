"""What many videos and long ones cost: workers, spans, memory, short videos, planning and resuming.

    python scripts/bench_batch.py workers spans memory short planning     # all five
    python scripts/bench_batch.py spans --minutes 20                      # as long as a lecture
    python scripts/bench_batch.py memory --minutes 42 --undivided         # in one go instead of in spans

Videos are made on the spot: a moving portrait of 640x360 at 30 fps, 20 s long, whose packets are repeated
(not encoded again) for as long as is wanted. Seconds depend on the machine and on its neighbours; the
load before each section is told.

workers   six videos of 40 s, by one and by two workers, through the pipelines' own code on a cluster that
          is running and has loaded all it needs; its start is told by itself. Turns alternate, medians.
spans     one video (6 minutes by default) in spans, likewise; the stores are compared byte for byte, and
          with that of a run in one go (`span_seconds` beyond its length) by every number in them.
memory    extraction of one video (42 minutes by default) in a process of its own, which notes its resident
          memory (VmRSS of /proc, Linux only) as it goes; and the highest it ever had (VmHWM).
short     fifty videos of 1 s, one after the other in one process that has the detector loaded: time of
          extraction less that of `read_frames`; and less the time that as many frames of the 20 s video take
          (what is left then is paid per video, not per frame).
planning  ten thousand videos of 0.2 s, copies of one: time to find and plan them; then, with all results
          there (copies of those of one: their keys depend on content alone), of `seqfer run` as a whole,
          first with no ledger, then with it.
"""

from __future__ import annotations

import argparse
import filecmp
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path
from unittest.mock import patch

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

# ruff: noqa: E402
import av
import cv2
import h5py
import numpy as np
from seqfer.pipelines import batch, dispatch
from seqfer.pipelines.cluster import connected
from seqfer.pipelines.options import ClusterConfig
from seqfer.pipelines.run import plan

from seqfer.extraction import ExtractionConfig, extract_video
from seqfer.jobs import STAGES, Job, RunConfig
from seqfer.samples import write_portrait
from seqfer.stages import process
from seqfer.video import find_videos, probe, read_frames

_CLIP_SECONDS = 20
_UNDIVIDED = ExtractionConfig(span_seconds=1e6)


def main() -> int:
    sections: dict[str, Callable[[Path, argparse.Namespace], None]] = {
        "workers": _workers,
        "spans": _spans,
        "memory": _memory,
        "short": _short,
        "planning": _planning,
    }
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sections", nargs="+", choices=sections)
    parser.add_argument("--minutes", type=float, help="length of the video of spans (6) and of memory (42)")
    parser.add_argument("--repeats", type=int, default=3, help="of workers and spans (default: 3)")
    parser.add_argument("--videos", type=int, default=10_000, help="of planning (default: 10000)")
    parser.add_argument("--undivided", action="store_true", help="memory: in one go")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    for name in arguments.sections:
        load = " ".join(f"{x:.1f}" for x in os.getloadavg())
        print(f"\n{name} (load before: {load}; {os.cpu_count()} cores)", flush=True)
        with tempfile.TemporaryDirectory(prefix="seqfer-bench-") as folder:
            sections[name](Path(folder), arguments)
    return 0


def _workers(folder: Path, arguments: argparse.Namespace) -> None:
    clip, videos = _clip(folder), folder / "videos"
    videos.mkdir()
    for n in range(6):
        _repeated(clip, videos / f"{n}.mp4", 40)
    _one_and_two(clip, videos, folder, arguments.repeats)


def _spans(folder: Path, arguments: argparse.Namespace) -> None:
    clip, videos = _clip(folder), folder / "videos"
    videos.mkdir()
    video = _repeated(clip, videos / "long.mp4", 60 * (arguments.minutes or 6))
    _one_and_two(clip, videos, folder, arguments.repeats)
    stores = [folder / f"out{workers}" / "tracks" / "long.h5" for workers in (1, 2)]
    same = filecmp.cmp(*stores, shallow=False)
    print(f"stores by one and by two workers: {'the same bytes' if same else 'DIFFERENT'}")
    undivided = folder / "undivided.h5"
    began = time.perf_counter()
    extract_video(video, undivided, video_id="long", config=_UNDIVIDED)
    print(f"in one go, in this process: {time.perf_counter() - began:.1f} s; ", end="")
    one, other = _numbers(stores[1]), _numbers(undivided)
    unlike = sorted(
        name
        for name in one.keys() | other.keys()
        if name not in one or name not in other or not np.array_equal(one[name], other[name])
    )
    print(f"data sets unlike those of spans: {len(unlike)} of {len(other)} {unlike[:6]}")


def _one_and_two(clip: Path, videos: Path, folder: Path, repeats: int) -> None:
    """Extract a folder with one worker and with two, in turns."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(repeats):
        for workers in seconds:
            out = folder / f"out{workers}"
            shutil.rmtree(out, ignore_errors=True)
            cluster = ClusterConfig(workers=workers)
            jobs = plan([str(videos)], out, ("extract",), RunConfig())
            began = time.perf_counter()
            with connected(cluster, workers) as client:
                client.wait_for_workers(workers)
                client.run(_warm, clip, folder)
                start = time.perf_counter() - began
                with patch.object(dispatch, "connected", lambda *_: nullcontext(client)):
                    began = time.perf_counter()
                    made = batch.compute_batch(jobs, out, cluster, quiet=True, verb="extract")
                    seconds[workers].append(time.perf_counter() - began)
            assert [o.status for o in made.outcomes] == ["ok"] * len(jobs), made
            print(f"{workers} worker(s): {seconds[workers][-1]:.1f} s, started in {start:.1f} s", flush=True)
    one, two = (statistics.median(seconds[workers]) for workers in (1, 2))
    print(f"medians {one:.1f} s and {two:.1f} s: two workers are {one / two:.2f} times one")


def _warm(clip: Path, folder: Path) -> None:
    extract_video(clip, folder / f"warm-{os.getpid()}.h5", video_id="warm")


def _memory(folder: Path, arguments: argparse.Namespace) -> None:
    minutes = arguments.minutes or 42
    video = _repeated(_clip(folder), folder / "long.mp4", 60 * minutes)
    config = _UNDIVIDED if arguments.undivided else ExtractionConfig()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        samples, peak, seconds = pool.apply(_watched, (video, folder / "x.h5", config))
    print(f"{minutes:g} minutes of video in {seconds:.0f} s, {len(samples)} samples; highest {peak:.0f} MiB")
    for wanted in (2, 10, 20, 30, 40):
        later = [sample for sample in samples if sample[0] * minutes >= wanted]
        if later:
            print(f"minute {later[0][0] * minutes:.1f}: {later[0][1]:.0f} MiB")


def _watched(
    video: Path, store: Path, config: ExtractionConfig
) -> tuple[list[tuple[float, float]], float, float]:
    """Extract; fraction done and MiB in use about once a second, MiB at most, seconds."""
    cv2.setNumThreads(1)
    samples: list[tuple[float, float]] = []
    began = last = time.monotonic()

    def on_progress(fraction: float) -> None:
        nonlocal last
        if time.monotonic() - last >= 1:
            last = time.monotonic()
            samples.append((fraction, _mebibytes("VmRSS")))

    extract_video(video, store, video_id="long", config=config, on_progress=on_progress)
    return samples, _mebibytes("VmHWM"), time.monotonic() - began


def _mebibytes(field: str) -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{field}:")[1].split()[0]) / 1024


def _short(folder: Path, _: argparse.Namespace) -> None:
    clip = _clip(folder)
    short = folder / "short.mp4"
    write_portrait(short, seconds=1, width=640, height=360, fps=30)
    shorts = [Path(shutil.copy(short, folder / f"{n}.mp4")) for n in range(50)]
    extract_video(clip, folder / "warm.h5", video_id="warm")
    per_frame = []
    for _turn in range(3):
        began = time.perf_counter()
        result = extract_video(clip, folder / "warm.h5", video_id="warm")
        per_frame.append((time.perf_counter() - began) / result.num_frames)
    reading, extracting, frames = [], [], 0
    for video in shorts:
        began = time.perf_counter()
        frames = sum(1 for _ in read_frames(probe(video, video_id=video.stem)))
        middle = time.perf_counter()
        extract_video(video, video.with_suffix(".h5"), video_id=video.stem)
        reading.append(middle - began)
        extracting.append(time.perf_counter() - middle)
    read, extract, frame = (1000 * statistics.median(x) for x in (reading, extracting, per_frame))
    print(
        f"{len(shorts)} videos of {frames} frames, medians: probe and read {read:.1f} ms, extract "
        f"{extract:.1f} ms: {extract - read:.1f} ms beyond reading; {frame:.2f} ms/frame in the long clip: "
        f"{extract - frames * frame:.1f} ms paid per video"
    )


def _planning(folder: Path, arguments: argparse.Namespace) -> None:
    videos, out, count = folder / "videos", folder / "out", arguments.videos
    videos.mkdir()
    write_portrait(videos / "0.mp4", seconds=0.2, width=160, height=90, fps=30)
    for n in range(1, count):
        shutil.copy(videos / "0.mp4", videos / f"{n}.mp4")
    began = time.perf_counter()
    found = find_videos([videos])
    print(f"{len(found)} videos found in {time.perf_counter() - began:.1f} s")
    began = time.perf_counter()
    jobs = plan([str(videos)], out, STAGES, RunConfig())
    with patch.object(batch, "compute"):  # planned, not begun
        batch.compute_batch(jobs, out, ClusterConfig(), quiet=True, verb="run")
    print(f"found and planned, nothing done yet: {time.perf_counter() - began:.1f} s", flush=True)
    first = jobs[0]
    assert isinstance(first, Job) and process(first).status == "ok"
    made = [(n, path) for n, path in enumerate(first.results) if path.exists()]
    for job in jobs[1:]:
        assert isinstance(job, Job)
        for n, path in made:
            shutil.copy(path, job.results[n])
    command = [sys.executable, "-m", "seqfer.pipelines", "run", str(videos), "-o", str(out)]
    for what in ("all done, no ledger", "all done, ledger", "all done, ledger, again"):
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        print(f"{what}: {time.perf_counter() - began:.1f} s; {done.stdout.splitlines()[-1]}", flush=True)


def _clip(folder: Path) -> Path:
    write_portrait(folder / "clip.mp4", seconds=_CLIP_SECONDS, width=640, height=360, fps=30)
    return folder / "clip.mp4"


def _repeated(clip: Path, path: Path, seconds: float) -> Path:
    """The packets of a clip, again and again."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as output:
        stream = source.streams.video[0]
        copy = output.add_stream_from_template(stream)
        packets = [packet for packet in source.demux(stream) if packet.size]
        ticks = max(p.pts + p.duration for p in packets) - min(p.pts for p in packets)
        assert stream.time_base is not None
        times = [(packet.pts, packet.dts) for packet in packets]
        for turn in range(round(Fraction(seconds) / (ticks * stream.time_base))):
            for packet, (pts, dts) in zip(packets, times, strict=True):
                packet.stream, packet.time_base = copy, stream.time_base
                packet.pts, packet.dts = pts + turn * ticks, dts + turn * ticks
                output.mux(packet)
    return path


def _numbers(store: Path) -> dict[str, np.ndarray]:
    """All data sets of a store, by name."""
    found: dict[str, np.ndarray] = {}
    with h5py.File(store) as file:
        file.visititems(
            lambda name, item: found.update({name: item[...]}) if hasattr(item, "shape") else None
        )
    return found


if __name__ == "__main__":
    sys.exit(main())
