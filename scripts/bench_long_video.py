"""One video of ten hours, extracted by one worker: time, memory of driver and worker, and what is found.

A short clip with a face is played forwards and backwards again and again, ten minutes at a time, with some
seconds of another one without a face in between: so what is to be found is known. ``python
scripts/bench_long_video.py --face face.mp4 --other empty.mp4 --hours 10``. Figures in docs/reliability.md.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from watched import in_fifths, watched_extraction

_RATE = 10
_BLOCK_SECONDS = 600.0
_ABSENT_SECONDS = 8.0
_SIZE = (320, 180)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--face", type=Path, required=True, help="clip in which one face is always in view")
    parser.add_argument("--other", type=Path, required=True, help="clip without a face")
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--scratch", type=Path, help="folder to work in; gigabytes")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.scratch) as scratch:
        folder = Path(scratch)
        (folder / "videos").mkdir()
        wanted = _write(folder / "videos" / "long.mp4", args.face, args.other, 3600 * args.hours)
        _extract(folder)
        _compare(folder / "out" / "tracks" / "long.h5", wanted)


def _write(path: Path, face: Path, other: Path, seconds: float) -> list[tuple[float, float]]:
    """Write the video; when the face is in view, (from, to) in seconds."""
    present, absent = _packets(face, path.parent), _packets(other, path.parent)
    stretches: list[tuple[float, float]] = []
    count = 0
    with av.open(str(path), "w") as output:
        with av.open(str(present)) as pattern:
            stream = output.add_stream_from_template(pattern.streams.video[0])

        def add(clip: Path, until: float) -> None:
            nonlocal count
            while count < until * _RATE:
                with av.open(str(clip)) as container:
                    for packet in container.demux(video=0):
                        if packet.size:
                            packet.pts = packet.dts = count
                            packet.duration, packet.time_base, packet.stream = 1, Fraction(1, _RATE), stream
                            output.mux(packet)
                            count += 1

        while count < seconds * _RATE:
            start = count
            add(present, count / _RATE + _BLOCK_SECONDS)
            stretches.append((start / _RATE, (count - 1) / _RATE))
            add(absent, count / _RATE + _ABSENT_SECONDS)
    print(f"{count} frames, {count / _RATE / 3600:.2f} h, {path.stat().st_size / 2**20:.0f} MiB", flush=True)
    return stretches


def _packets(clip: Path, folder: Path) -> Path:
    """A clip at our size and rate, forwards and then backwards, that begins with its only key frame."""
    with av.open(str(clip)) as source:
        step = max(1, round(float(source.streams.video[0].average_rate or _RATE) / _RATE))
        frames = list(source.decode(video=0))[::step]
    path = folder.parent / f"{clip.stem}.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=_RATE, options={"bf": "0", "crf": "20", "threads": "1"})
        (stream.width, stream.height), stream.pix_fmt = _SIZE, "yuv420p"
        stream.gop_size = 10_000
        for n, frame in enumerate([*frames, *frames[-2:0:-1]]):
            picture = frame.reformat(*_SIZE, format="yuv420p")
            picture.pts, picture.time_base, picture.pict_type = n, Fraction(1, _RATE), 0
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return path


def _extract(folder: Path) -> None:
    seen = watched_extraction(folder, workers=1)
    print(f"{seen.seconds:.0f} s, {seen.worker_seconds:.0f} s of the worker's CPU")
    for name, samples in (("driver", seen.driver), ("worker", seen.worker)):
        print(f"{name}'s memory, MiB, highest in each fifth: {in_fifths(samples)}", flush=True)


def _compare(path: Path, wanted: Sequence[tuple[float, float]]) -> None:
    from seqfer.store import open_store

    with open_store(path) as store:
        found = [(float(t.pts_seconds[0]), float(t.pts_seconds[-1]), len(t)) for t in store.tracks]
        last = float(store.frame_pts_seconds[-1])
    print(f"{len(found)} tracks for {len(wanted)} stretches of the face; frames to {last:.1f} s; "
          f"store {path.stat().st_size / 2**20:.0f} MiB")  # fmt: skip
    if len(found) == len(wanted):
        ends = np.array([f[:2] for f in found]) - np.array(wanted)
        missing = sum(round((to - start) * _RATE) + 1 for start, to in wanted) - sum(n for *_, n in found)
        print(f"ends are at most {np.abs(ends).max():.2f} s off, {missing} frames of the face are missing")


if __name__ == "__main__":
    main()
