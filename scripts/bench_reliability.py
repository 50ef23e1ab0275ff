"""Ten thousand tiny videos: how long planning, running and resuming take, and what the driver holds.

``python scripts/bench_reliability.py --videos 10000``. Figures in docs/reliability.md.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from watched import in_fifths, watched_extraction


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _write_videos(folder / "videos", args.videos)
        for name in ("run", "resume"):
            seen = watched_extraction(folder, workers=args.workers)
            shown = in_fifths(seen.driver)
            print(
                f"{name}: {seen.seconds:.1f} s; driver's memory, MiB, highest in each fifth: {shown}",
                flush=True,
            )


def _write_videos(folder: Path, count: int) -> None:
    from seqfer.samples import write_portrait

    folder.mkdir()
    write_portrait(folder / "00000.mp4", seconds=0.12, width=96, height=54)
    data = (folder / "00000.mp4").read_bytes()
    for n in range(1, count):
        (folder / f"{n:05d}.mp4").write_bytes(data)


if __name__ == "__main__":
    main()
