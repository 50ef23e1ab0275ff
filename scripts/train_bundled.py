"""Train the models that ship with seqfer, and write them, with their card, to ``seqfer/models/bundled``.

    python scripts/train_bundled.py --config scripts/train_bundled.yaml \\
        --ferplus FERPLUS.h5 --london LONDON --work WORK

FERPLUS.h5 holds groups ``train`` and ``valid``, each ``images`` uint8 (N, 48, 48) and ``votes`` uint8
(N, 10). LONDON is the folder of the Face Research Lab London Set: of its people some are trained on, the
others measured on. WORK keeps the aligned stills (1 GB), the encoder's checkpoint and the training curves: a
second call goes on where the first one stopped, and trains only what is not there.
About two hours on one core; half an hour less where the processor multiplies 16-bit matrices (AMX).
"""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
import torch
from bundled.card import write_card
from bundled.conditions import by_condition
from bundled.encoder_training import EncoderRecipe, train_encoder
from bundled.ferplus import MIN_SCORE, Stills, align_stills, load_stills, sha256_of
from bundled.london import Person, divided, load_people
from bundled.measuring import drawn_sequences, posed_rises, smiles
from bundled.scoring import (
    clear_labels,
    coverage,
    encoder_probabilities,
    figures,
    probabilities,
    reliability,
)
from bundled.temporal_training import TemporalRecipe, calibrate, feature_bank, train_temporal
from jsonargparse import ArgumentParser

import seqfer
from seqfer.labels import EMOTIONS
from seqfer.models import CnnRnn, ConvLstm, SequenceModel, load_model, save_model
from seqfer.models.encoder import FrameEncoder

ROOT = Path(__file__).resolve().parents[1]
MODELS: dict[str, type[SequenceModel]] = {"cnnrnn": CnnRnn, "convlstm": ConvLstm}
CITATIONS = [
    "images: FER2013, Goodfellow et al. 2013, arXiv:1307.0414 (gathered from the web; research use)",
    "labels: FER+, Barsoum et al. 2016, arXiv:1608.01041 (MIT)",
    "smiles: London Set, DeBruine & Jones 2017, doi 10.6084/m9.figshare.5047666 (CC BY 4.0)",
]
_LIMITS = np.round(np.arange(0.0, 1.0, 0.05), 2)


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--config", action="config")
    parser.add_argument("--ferplus", type=Path, required=True)
    parser.add_argument("--london", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "seqfer" / "models" / "bundled")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="a copy of the card goes there")
    parser.add_argument("--london_trained", type=int, default=50, help="people to train on")
    for stage in ("encoder", "refined"):
        parser.add_argument(f"--{stage}", type=EncoderRecipe, default=EncoderRecipe())
    for name in MODELS:
        parser.add_argument(f"--{name}", type=TemporalRecipe, default=TemporalRecipe())
    made = parser.instantiate(parser.parse_args())
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    train, valid = (load_stills(made.ferplus, group, made.work) for group in ("train", "valid"))
    trained, held_out = divided(load_people(made.london), made.london_trained, made.encoder.seed)
    encoder = train_encoder(train, [], valid, made.encoder, made.work / "encoder")
    encoder = train_encoder(train, trained, valid, made.refined, made.work / "refined", start=encoder)
    for name in MODELS:
        if not (made.work / f"{name}.json").exists():
            make_model(name, encoder, (train, valid), (trained, held_out), made)
    write_card(made.out, made.work, made.docs)


def make_model(
    name: str,
    encoder: FrameEncoder,
    stills: tuple[Stills, Stills],
    people: tuple[list[Person], list[Person]],
    made: Any,
) -> None:
    """Train, measure and save one model on top of the encoder."""
    recipe: TemporalRecipe = getattr(made, name)
    began = time.perf_counter()
    default = name == "cnnrnn"  # some figures are of the default model only
    torch.manual_seed(recipe.seed)
    model = MODELS[name](vocabulary=EMOTIONS, encoder=encoder.arguments, **recipe.network)
    model.encoder.load_state_dict(encoder.state_dict())
    model.eval()
    as_maps = name == "convlstm"
    (train, valid), (trained, held_out) = stills, people
    bank = feature_bank(
        encoder, train.sample(recipe.max_stills, recipe.seed), trained,
        views=recipe.views, seed=recipe.seed, as_maps=as_maps,
    )  # fmt: skip
    print(f"{name}: features of {len(bank.votes)} stills, {time.perf_counter() - began:.0f} s", flush=True)
    train_temporal(model, bank, recipe, made.work / f"{name}.csv")
    del bank
    images, truth = clear_stills(made.ferplus, "valid")
    crops, _, found = align_stills(images)
    fitted = np.arange(len(truth)) % 2 == 0
    temperature = calibrate(model, crops[fitted], truth[fitted])
    save_model(model, made.out / name, half=True)
    shipped = load_model(made.out / f"{name}.safetensors")  # what is measured is what ships, 16 bits and all
    probs = probabilities(shipped, crops)
    held_bank = feature_bank(
        shipped.encoder, valid.sample(recipe.max_stills // 4, 1), held_out,
        views=recipe.views, seed=1, as_maps=as_maps,
    )  # fmt: skip
    metrics = {
        "ferplus_valid": figures(probs, truth),
        "ferplus_valid_encoder": brief(figures(encoder_probabilities(shipped, crops), truth)),
        "ferplus_valid_no_face_found": int((~found).sum()),
        "calibration_error_of_stills_not_fitted_on": figures(probs[~fitted], truth[~fitted])[
            "calibration_error"
        ],
        "reliability": reliability(probs, truth),
        "coverage": coverage(probs, truth, _LIMITS),
        "drawn_sequences_valid": drawn_sequences(shipped, held_bank, seed=3, steps=recipe.steps, count=16),
        "posed_rises_valid": posed_rises(shipped, held_bank, seed=5, each=50),
        "london": smiles(shipped, held_out),
    }
    if default:
        unaligned = align_stills(images, detect=False)[0]
        metrics["ferplus_valid_no_align"] = brief(figures(probabilities(shipped, unaligned), truth))
        metrics["conditions"] = by_condition(shipped, images, truth)
    metadata = {
        "name": name,
        "seqfer": seqfer.__version__,
        "crop_size": int(train.crops.shape[1]),
        "temperature": temperature,
        "training": {
            "data": "FER+ train split, seven emotions; people of the London set; sequences drawn of both",
            "ferplus_sha256": sha256_of(made.ferplus),
            "stills": {"train": len(train), "valid": len(valid)},
            "stills_without_a_face_found": {
                "train": int((~train.found).sum()), "valid": int((~valid.found).sum()),
                "note": f"CenterFace, min_score {MIN_SCORE}; these got the median warp of the others",
            },
            "london": {"trained_on": [p.name for p in trained], "held_out": [p.name for p in held_out]},
            "encoder": dataclasses.asdict(made.encoder),
            "encoder_refined": dataclasses.asdict(made.refined),
            "temporal": dataclasses.asdict(recipe),
            "script": "scripts/train_bundled.py --config scripts/train_bundled.yaml",
        },
        "metrics": metrics,
        "seed": recipe.seed,
        "licence": "code and weights MIT; the weights are derived from images for research use",
        "citations": CITATIONS,
    }  # fmt: skip
    save_model(model, made.out / name, metadata, half=True)
    (made.work / f"{name}.json").write_text(json.dumps(metadata, indent=1), encoding="utf-8")
    print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)


def clear_stills(path: Path, group: str) -> tuple[np.ndarray, np.ndarray]:
    """Images with a clear majority of votes (N, 48, 48), and their emotions (N,)."""
    with h5py.File(path) as file:
        columns = [str(n) for n in file.attrs["vote_columns"]]
        truth, clear = clear_labels(file[group]["votes"][:], columns)
        return file[group]["images"][:][clear], truth[clear]


def brief(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("accuracy", "uar", "macro_f1", "calibration_error")}


if __name__ == "__main__":
    main()
