"""Clips of 1280×720 with one face, made once and kept."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import imageio_ffmpeg

from seqfer.samples import write_portrait

WIDTH, HEIGHT = 1280, 720
_SECONDS, _FPS = 24, 30
_PORTRAIT_CRF, _UPSCALED_CRF = 19, 23  # the latter is x264's default


def portrait(folder: Path) -> Path:
    """seqfer's synthetic portrait, the clip of ``bench_extract.py``."""
    path = folder / f"portrait-{WIDTH}x{HEIGHT}-{version('seqfer')}.mp4"
    if not path.exists():
        print(f"making {path} ...", file=sys.stderr)
        partial = path.with_name(f"partial-{path.name}")
        write_portrait(partial, seconds=_SECONDS, width=WIDTH, height=HEIGHT, fps=_FPS, crf=_PORTRAIT_CRF)
        partial.replace(path)
    return path


def upscaled(video: Path, folder: Path) -> Path:
    """``video`` at 1280×720, encoded anew by x264.

    Raises:
        subprocess.CalledProcessError: FFmpeg cannot.
    """
    path = folder / f"{video.stem}-{WIDTH}x{HEIGHT}.mp4"
    partial = path.with_name(f"partial-{path.name}")
    scale = f"scale={WIDTH}:{HEIGHT}:flags=lanczos"
    codec = ["-c:v", "libx264", "-crf", str(_UPSCALED_CRF), "-pix_fmt", "yuv420p"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(video), "-an", "-vf", scale]
    subprocess.run([*command, *codec, str(partial)], check=True)
    return partial.replace(path)
