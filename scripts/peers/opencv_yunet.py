"""YuNet as OpenCV offers it, on each whole frame, full size: ``opencv_yunet.py CLIP FRAMES WEIGHTS``."""

from __future__ import annotations

import sys

import cv2
from timing import time_peer


def main(clip: str, frames: str, weights: str) -> None:
    yunet = cv2.FaceDetectorYN.create(weights, "", (320, 320), score_threshold=0.5)

    def detect(picture) -> int:
        yunet.setInputSize(picture.shape[1::-1])
        _, faces = yunet.detect(picture)
        return 0 if faces is None else len(faces)

    time_peer(clip, int(frames), detect, landmarks=5, rgb=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
