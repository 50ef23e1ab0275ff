"""Train the models that ship with seqfer, from FER+ stills, and write them to ``seqfer/models/bundled``.

    python scripts/train_bundled.py --ferplus FERPLUS.h5 --work WORK [--london LONDON] [--out FOLDER]

FERPLUS.h5 holds groups ``train`` and ``valid``, each ``images`` uint8 (N, 48, 48) and ``votes`` uint8
(N, 10). WORK keeps the aligned stills (1 GB) and the encoder's checkpoint: a second call goes on where the
first one stopped. LONDON is the folder of the Face Research Lab London Set, only ever measured on.
About two hours on one core.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import cv2
import torch
from bundled.encoder_training import EncoderRecipe, encoder_scores, train_encoder
from bundled.ferplus import MIN_SCORE, Stills, load_stills, sha256_of
from bundled.london import measure_london
from bundled.temporal_training import (
    TemporalRecipe,
    calibrate,
    feature_bank,
    held_stills,
    measure,
    train_temporal,
)

import seqfer
from seqfer.labels import EMOTIONS
from seqfer.models import CnnRnn, ConvLstm, SequenceModel, load_model, save_model
from seqfer.models.encoder import FrameEncoder

ENCODER = {"widths": (24, 48, 96, 160), "depths": (1, 1, 1), "input_size": 48}
MODELS: dict[str, tuple[type[SequenceModel], dict[str, Any], TemporalRecipe]] = {
    "cnnrnn": (CnnRnn, {}, TemporalRecipe()),
    # Maps are 36 times as large as pooled features: fewer stills, fewer and shorter updates.
    "convlstm": (
        ConvLstm,
        {"channels": 48, "hidden": 32},
        TemporalRecipe(
            updates=400, batch_size=12, steps=100, learning_rate=3e-3, max_stills=8000, measured=6
        ),
    ),
}
CITATIONS = [
    "images: FER2013, Goodfellow et al. 2013, arXiv:1307.0414 (gathered from the web; research use)",
    "labels: FER+, Barsoum et al. 2016, arXiv:1608.01041 (MIT)",
]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ferplus", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--london", type=Path, default=None)
    parser.add_argument("--out", type=Path, default=Path(seqfer.__file__).parent / "models" / "bundled")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--threads", type=int, default=1)
    made = parser.parse_args()
    torch.set_num_threads(made.threads)
    cv2.setNumThreads(made.threads)
    train, valid = (load_stills(made.ferplus, group, made.work) for group in ("train", "valid"))
    encoder = trained_encoder(made.work, train, valid)
    for name in made.models:
        make_model(name, encoder, train, valid, made)


def trained_encoder(work: Path, train: Stills, valid: Stills) -> FrameEncoder:
    """The encoder, trained, or as far as it was and then on."""
    recipe = EncoderRecipe()
    torch.manual_seed(recipe.seed)
    return train_encoder(FrameEncoder(**ENCODER), train, valid, recipe, work)


def make_model(
    name: str, encoder: FrameEncoder, train: Stills, valid: Stills, made: argparse.Namespace
) -> None:
    """Train, measure and save one model on top of the encoder."""
    kind, arguments, recipe = MODELS[name]
    began = time.perf_counter()
    torch.manual_seed(recipe.seed)
    model = kind(vocabulary=EMOTIONS, encoder=encoder.arguments, **arguments)
    model.encoder.load_state_dict(encoder.state_dict())
    model.eval()
    as_maps = kind is ConvLstm
    bank = feature_bank(
        encoder,
        train.sample(recipe.max_stills, recipe.seed),
        views=recipe.views,
        seed=recipe.seed,
        as_maps=as_maps,
    )
    held_out = feature_bank(
        encoder, valid.sample(recipe.max_stills // 5, 1), views=recipe.views, seed=1, as_maps=as_maps
    )
    print(f"{name}: features of {len(bank.votes)} stills, {time.perf_counter() - began:.0f} s", flush=True)
    train_temporal(model, bank, recipe)
    temperature = calibrate(model, held_out, seed=2, steps=recipe.steps)
    path = save_model(model, made.out / name, half=True)
    shipped = load_model(path)  # what is measured is what is shipped, 16-bit numbers and all
    metrics = {
        "ferplus_valid_frames": encoder_scores(shipped.encoder, valid),
        "ferplus_valid_held_stills": held_stills(shipped, valid),
        "drawn_sequences_valid": measure(
            shipped, held_out, seed=3, steps=recipe.steps, count=recipe.measured
        ),
    }
    if made.london is not None:
        metrics["london"] = measure_london(shipped, made.london)
    metadata = {
        "name": name,
        "seqfer": seqfer.__version__,
        "crop_size": int(train.crops.shape[1]),
        "temperature": temperature,
        "training": {
            "data": "FER+ train split, seven emotions, and drawn sequences of its stills' features",
            "ferplus_sha256": sha256_of(made.ferplus),
            "stills": {"train": len(train), "valid": len(valid)},
            "stills_without_a_face_found": {
                "train": int((~train.found).sum()), "valid": int((~valid.found).sum()),
                "note": f"CenterFace, min_score {MIN_SCORE}; these got the median warp of the others",
            },
            "encoder": dataclasses.asdict(EncoderRecipe()),
            "temporal": dataclasses.asdict(recipe),
            "script": "scripts/train_bundled.py",
        },
        "metrics": metrics,
        "seed": recipe.seed,
        "licence": "code and weights MIT; the weights are derived from images for research use",
        "citations": CITATIONS,
    }  # fmt: skip
    save_model(model, made.out / name, metadata, half=True)
    print(json.dumps(metrics, indent=2), flush=True)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, {time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
