"""What to store aligned faces as: speed, size and loss of several codecs and layouts in HDF5.

    python scripts/bench_storage.py clip.mp4 … --portraits LONDON    # NNN_neutral.jpg, NNN_smiling.jpg

For each codec the faces of the videos, extracted without loss, are written to one file and windows of 16
consecutive frames are read at random places; the codecs take turns in shuffled order, the median of the
rounds is told, in MB of pixels per second on one thread, files in the system's cache. Ratio is the file's
size over that of the pixels. What a lossy codec loses is told as PSNR and as change of the bundled model's
output: mean absolute difference of emotion probabilities, and share of frames whose strongest emotion is
another one, on the tracks of the videos and, where there are portraits, on a cross-fade of the aligned
neutral and smiling portrait of some people (no good to measure sizes on: their frames repeat exactly).
At the end JPEG encoders are compared by themselves.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLOSC_NTHREADS"):
    os.environ[_name] = "1"

# ruff: noqa: E402
import cv2
import h5py
import numpy as np
from numpy.typing import NDArray
from portraits import aligned_face

from seqfer.extraction import ExtractionConfig, extract_video
from seqfer.faces.centerface import CenterFace
from seqfer.models import load_model, predict_track
from seqfer.store import open_store

try:
    import hdf5plugin
except ImportError:
    hdf5plugin = None
try:
    import simplejpeg
except ImportError:
    simplejpeg = None

Pictures = NDArray[np.uint8]
_WINDOW, _READS = 16, 150
_444, _420 = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420


@dataclass(frozen=True, kw_only=True)
class Codec:
    """A way to store pictures: as an HDF5 data set with a filter, or as image files end to end."""

    name: str
    dataset: dict[str, Any] | None = None
    image: tuple[str, list[int]] | None = None

    def write(self, file: h5py.File, pictures: Pictures) -> None:
        if self.dataset is not None:
            file.create_dataset("crops", data=pictures, **self.dataset)
            return
        files = [self._encoded(picture) for picture in pictures]
        file["offsets"] = np.concatenate([[0], np.cumsum([len(f) for f in files])])
        file.create_dataset("bytes", data=np.concatenate(files), chunks=(1 << 16,))

    def read(self, file: h5py.File, start: int, stop: int) -> Pictures:
        if self.dataset is not None:
            return file["crops"][start:stop]
        offsets = file["offsets"][start : stop + 1]
        blob = file["bytes"][offsets[0] : offsets[-1]]
        ends = offsets - offsets[0]
        return np.stack([_rgb(cv2.imdecode(blob[a:b], cv2.IMREAD_COLOR)) for a, b in pairwise(ends)])

    def _encoded(self, picture: Pictures) -> NDArray[np.uint8]:
        assert self.image is not None
        return cv2.imencode(self.image[0], cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), self.image[1])[1]


def _rgb(picture: Pictures) -> Pictures:
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def codecs(side: int) -> list[Codec]:
    """All that are compared; those of hdf5plugin where it is installed."""

    def chunked(rows: int, **more: Any) -> dict[str, Any]:
        return {"chunks": (rows, side, side, 3), **more}

    def jpeg(quality: int, sampling: int) -> tuple[str, list[int]]:
        return ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]

    found = [
        Codec(name="raw, chunks of 16", dataset=chunked(16)),
        Codec(name="raw, chunks of 1", dataset=chunked(1)),
        Codec(
            name="gzip-1, shuffled", dataset=chunked(16, compression="gzip", compression_opts=1, shuffle=True)
        ),
        Codec(name="gzip-1", dataset=chunked(16, compression="gzip", compression_opts=1)),
        Codec(name="lzf", dataset=chunked(16, compression="lzf")),
    ]
    if hdf5plugin is not None:
        for name, level in (("lz4", 5), ("zstd", 3)):
            more = dict(hdf5plugin.Blosc2(cname=name, clevel=level, filters=hdf5plugin.Blosc2.SHUFFLE))
            found.append(Codec(name=f"Blosc2 {name}-{level}", dataset=chunked(16, **more)))
    found += [
        Codec(name=f"JPEG q{quality} {words}", image=jpeg(quality, sampling))
        for quality in (95, 90)
        for words, sampling in (("4:4:4", _444), ("4:2:0", _420))
    ]
    found += [
        Codec(name="PNG-1", image=(".png", [cv2.IMWRITE_PNG_COMPRESSION, 1])),
        Codec(name="WebP lossless", image=(".webp", [cv2.IMWRITE_WEBP_QUALITY, 101])),
        Codec(name="WebP q95", image=(".webp", [cv2.IMWRITE_WEBP_QUALITY, 95])),
    ]
    return found


class Track:
    """Crops in memory, as ``predict_track`` takes them."""

    track_id = 0

    def __init__(self, pts: NDArray[np.float64], crops: Pictures) -> None:
        self.pts_seconds, self.frame_indices, self._crops = pts, np.arange(len(pts)), crops

    def __len__(self) -> int:
        return len(self.pts_seconds)

    def crops(self, start: int, stop: int) -> Pictures:
        return self._crops[start:stop]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("videos", type=Path, nargs="+", help="videos with faces")
    parser.add_argument("--portraits", type=Path, help="folder of NNN_neutral.jpg and NNN_smiling.jpg")
    parser.add_argument("--people", type=int, default=16, help="cross-fades to make (default: 16)")
    parser.add_argument("--side", type=int, default=112, help="of the crops, pixels (default: 112)")
    parser.add_argument("--repeats", type=int, default=5, help="rounds (default: 5)")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    tracks = _video_tracks(arguments.videos, arguments.side)
    if not tracks:
        parser.error("no face in these videos")
    num_real, pictures = len(tracks), np.concatenate([crops for _, crops in tracks])
    if arguments.portraits is not None:
        tracks += _fades(arguments.portraits, arguments.people, arguments.side)
    total = sum(len(pts) for pts, _ in tracks)
    print(f"{num_real} tracks, {len(pictures)} faces of {arguments.side} px, {pictures.nbytes / 1e6:.0f} MB; "
          f"the model's output on {len(tracks)} tracks, {total} faces")  # fmt: skip
    if hdf5plugin is None:
        print("(hdf5plugin is not installed: no Blosc2)", file=sys.stderr)
    _compare(codecs(arguments.side), tracks, pictures, arguments.repeats)
    _compare_encoders(pictures[:: max(1, len(pictures) // 200)], arguments.repeats)
    return 0


def _video_tracks(videos: list[Path], side: int) -> list[tuple[NDArray[np.float64], Pictures]]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for n, video in enumerate(videos):
            path = Path(folder) / f"{n}.h5"
            extract_video(
                video, path, video_id=str(n), config=ExtractionConfig(crop_codec="raw", crop_size=side)
            )
            with open_store(path) as store:
                found += [(track.pts_seconds, track.crops()) for track in store.tracks]
    return found


def _fades(folder: Path, people: int, side: int) -> list[tuple[NDArray[np.float64], Pictures]]:
    """A second neutral, 0.6 s of cross-fade, a second smiling, at 25 frames per second."""
    detector, found = CenterFace(min_score=0.5), []
    pts = np.arange(65) / 25
    weight = np.clip((pts - 1) / 0.6, 0, 1)[:, None, None, None]
    for path in sorted(folder.glob("*_neutral.jpg"))[:people]:
        other = path.with_name(path.name.replace("neutral", "smiling"))
        pair = [aligned_face(detector, cv2.imread(str(p)), size=side) for p in (path, other)]
        if pair[0] is not None and pair[1] is not None:
            faded = (1 - weight) * pair[0] + weight * pair[1]
            found.append((pts, np.rint(faded).astype(np.uint8)))
    return found


def _compare(
    all_codecs: list[Codec],
    tracks: list[tuple[NDArray[np.float64], Pictures]],
    pictures: Pictures,
    repeats: int,
) -> None:
    speeds: dict[str, list[tuple[float, float]]] = {codec.name: [] for codec in all_codecs}
    sizes: dict[str, int] = {}
    starts = np.random.default_rng(0).integers(0, max(1, len(pictures) - _WINDOW), _READS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.h5"
        for _ in range(repeats):
            for codec in random.sample(all_codecs, len(all_codecs)):
                begin = time.perf_counter()
                with h5py.File(path, "w") as file:
                    codec.write(file, pictures)
                written = time.perf_counter() - begin
                sizes[codec.name] = path.stat().st_size
                with h5py.File(path, "r") as file:
                    begin = time.perf_counter()
                    num_bytes = sum(codec.read(file, s, s + _WINDOW).nbytes for s in map(int, starts))
                    read = time.perf_counter() - begin
                speeds[codec.name].append((pictures.nbytes / written / 1e6, num_bytes / read / 1e6))
        everything = np.concatenate([crops for _, crops in tracks])
        model = load_model("bundled")
        before = [predict_track(model, Track(*track)).emotion_probs for track in tracks]
        print("\n| codec | write MB/s | read MB/s | ratio | PSNR dB | model: mean change | other emotion |")
        print("|---|---|---|---|---|---|---|")
        for codec in all_codecs:
            writes, reads = zip(*speeds[codec.name], strict=True)
            ratio = sizes[codec.name] / pictures.nbytes
            with h5py.File(path, "w") as file:
                codec.write(file, everything)
                back = codec.read(file, 0, len(everything))
            loss = _loss(model, tracks, everything, back, before)
            print(f"| {codec.name} | {statistics.median(writes):.0f} | {statistics.median(reads):.0f} | "
                  f"{ratio:.3f} | {' | '.join(loss)} |", flush=True)  # fmt: skip


def _loss(model, tracks, pictures: Pictures, back: Pictures, before: list[NDArray]) -> list[str]:
    squares = ((back.astype(np.float32) - pictures) ** 2).mean(axis=(1, 2, 3))
    if not squares.any():
        return ["lossless", "0", "0"]
    psnr = 10 * np.log10(255**2 / np.maximum(squares, 1e-9))
    parts = np.split(back, np.cumsum([len(pts) for pts, _ in tracks])[:-1])
    after = [
        predict_track(model, Track(pts, part)).emotion_probs
        for (pts, _), part in zip(tracks, parts, strict=True)
    ]
    a, b = np.concatenate(before), np.concatenate(after)
    other = (a.argmax(axis=1) != b.argmax(axis=1)).mean()
    return [f"{np.median(psnr):.1f}", f"{np.abs(a - b).mean():.5f}", f"{other:.2%}"]


def _compare_encoders(pictures: Pictures, repeats: int) -> None:
    options = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, _444]
    ways: dict[str, Callable[[Pictures], Any]] = {
        "cv2.imencode of crop[..., ::-1]": lambda p: cv2.imencode(".jpg", p[..., ::-1], options),
        "cv2.imencode of cv2.cvtColor": lambda p: cv2.imencode(
            ".jpg", cv2.cvtColor(p, cv2.COLOR_RGB2BGR), options
        ),
    }
    if simplejpeg is not None:
        ways["simplejpeg"] = lambda p: simplejpeg.encode_jpeg(p, 95, "RGB", "444")
        ways["simplejpeg, fast DCT"] = lambda p: simplejpeg.encode_jpeg(p, 95, "RGB", "444", fastdct=True)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(max(7, repeats)):
        for name in random.sample(list(ways), len(ways)):
            begin = time.perf_counter()
            for picture in pictures:
                ways[name](picture)
            times[name].append((time.perf_counter() - begin) / len(pictures) * 1e3)
    first = min(next(iter(times.values())))
    print("\n| JPEG encoder, q95 4:4:4 | ms a face, fastest | median | times as fast as the first |")
    print("|---|---|---|---|")
    for name, values in times.items():
        print(f"| {name} | {min(values):.3f} | {statistics.median(values):.3f} | {first / min(values):.2f} |")


if __name__ == "__main__":
    raise SystemExit(main())
