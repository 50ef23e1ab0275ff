"""What a bundled model gets right of a split of FER+, as JSON.

    python scripts/evaluate_ferplus.py FILE.h5 --split valid [--no-align] [--model bundled]

FILE.h5 holds a group of the split's name with ``images`` uint8 (N, 48, 48) and ``votes`` uint8 (N, 10), and
the attribute ``vote_columns``. Scored are the stills whose most voted emotion, among the seven, has more than
five of ten votes. A still goes the way of a frame of video: CenterFace, five points, the similarity warp to
112x112, and ``predict_track`` (a track of one frame). Where no face is found, and with ``--no-align``
everywhere, the warp is the median one of the training stills.

``accuracy``, ``uar`` and so on are of the temporal model, with 95 % intervals (bootstrap);
``frame_encoder`` has the same of the encoder's own, uncalibrated reading of each still.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import cv2
import h5py
import numpy as np
import torch
from bundled.ferplus import align_stills, sha256_of
from bundled.scoring import MIN_VOTES, clear_labels, encoder_probabilities, figures, probabilities

from seqfer.labels import EMOTIONS
from seqfer.models import load_model, model_fingerprint


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--split", required=True)
    parser.add_argument("--no-align", action="store_true")
    parser.add_argument("--model", default="bundled")
    made = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    images, votes, columns = read_split(made.file, made.split)
    truth, clear = clear_labels(votes, columns)
    crops, _, found = align_stills(images[clear], detect=not made.no_align)
    model = load_model(made.model)
    own = figures(encoder_probabilities(model, crops), truth[clear])
    result = {
        "file": made.file.name,
        "sha256": sha256_of(made.file),
        "split": made.split,
        "model": made.model,
        "model_fingerprint": model_fingerprint(made.model),
        "protocol": f"most voted of {len(EMOTIONS)} emotions, with at least {MIN_VOTES} of 10 votes",
        "aligned": not made.no_align,
        "stills_in_split": len(images),
        "stills_without_a_face_found": None if made.no_align else int((~found).sum()),
        "emotions_in_order": list(EMOTIONS),
        **figures(probabilities(model, crops), truth[clear]),
        "frame_encoder": {name: own[name] for name in ("accuracy", "uar", "macro_f1", "calibration_error")},
    }
    json.dump(result, sys.stdout, indent=1)
    print()


def read_split(path: Path, split: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Images (N, 48, 48), votes (N, 10) and the votes' names, or an end in one line."""
    try:
        with h5py.File(path) as file:
            if split not in file:
                sys.exit(f"{path}: no split {split!r}; there are: {', '.join(file)}")
            names = [n.decode() if isinstance(n, bytes) else str(n) for n in file.attrs["vote_columns"]]
            return file[split]["images"][:], file[split]["votes"][:], names
    except (OSError, KeyError) as error:
        sys.exit(f"{path}: not a FER+ file ({error})")


if __name__ == "__main__":
    main()
