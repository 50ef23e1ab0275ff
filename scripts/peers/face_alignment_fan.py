"""``face-alignment`` on each whole frame: ``face_alignment_fan.py CLIP FRAMES yunet|blazeface WEIGHTS``.

``get_landmarks_from_image`` with its defaults (so FAN sees the mirrored picture too: half its time), but
without ``torch.compile``, whose start takes minutes on a CPU. FAN's weights cannot be had offline, so they
are random: the time is right, the points are not.
"""

from __future__ import annotations

import sys
from pathlib import Path

import face_alignment
import torch
from face_alignment.models import FAN
from timing import time_peer

_FAN_FILE = "2DFAN4-11f355bf06.pth.tar"


def main(clip: str, frames: str, detector: str, weights: str) -> None:
    torch.set_num_threads(1)
    path = Path(torch.hub.get_dir()) / "checkpoints" / _FAN_FILE  # in TORCH_HOME, which the bench sets
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(0)
        torch.save(FAN(4).state_dict(), path)
    options = {"path_to_detector": weights}
    if detector == "blazeface":
        options["path_to_anchor"] = str(Path(weights).with_name("anchors.npy"))
    alignment = face_alignment.FaceAlignment(
        face_alignment.LandmarksType.TWO_D,
        device="cpu",
        face_detector=detector,
        face_detector_kwargs=options,
        compile=False,
    )
    time_peer(
        clip,
        int(frames),
        lambda picture: len(alignment.get_landmarks_from_image(picture) or ()),
        landmarks=68,
        rgb=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
