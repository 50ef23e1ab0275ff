"""``fer`` with its defaults (Haar cascade, its quantised emotion network), on each whole frame.

It finds boxes and emotions, no landmarks.
"""

from __future__ import annotations

import sys

from fer.fer import FER
from timing import time_peer


def main(clip: str, frames: str) -> None:
    fer = FER()
    time_peer(clip, int(frames), lambda picture: len(fer.detect_emotions(picture)), landmarks=0, rgb=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
