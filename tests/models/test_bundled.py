"""The models that ship: small, complete, and far better than chance on faces they have not seen."""

from __future__ import annotations

from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
import torch
from fake_tracks import FakeTrack
from scipy.stats import spearmanr

from seqfer.faces.align import similarity_to_template
from seqfer.faces.centerface import CenterFace
from seqfer.labels import EMOTIONS
from seqfer.models import load_model, model_fingerprint, predict_track, read_metadata
from seqfer.models.files import BUNDLED

NAMES = sorted(p.stem for p in BUNDLED.glob("*.safetensors"))
pytestmark = pytest.mark.skipif(not NAMES, reason="the bundled weights are not in this checkout")


def test_all_of_them_weigh_less_than_twelve_megabytes():
    assert sum(p.stat().st_size for p in BUNDLED.rglob("*") if p.is_file()) < 12e6


def test_all_of_them_together_have_less_than_three_million_parameters():
    assert sum(p.numel() for name in NAMES for p in load_model(name).parameters()) < 3e6


def test_the_card_in_the_package_is_the_one_in_the_docs_and_tells_the_figures_of_the_weights():
    docs = Path(__file__).resolve().parents[2] / "docs"
    card = BUNDLED / "model_card.md"
    assert card.read_bytes() == (docs / card.name).read_bytes()
    pictures = sorted(p.name for p in (BUNDLED / "model_card").glob("*.png"))
    assert len(pictures) >= 5
    for name in pictures:
        assert f"(model_card/{name})" in card.read_text(encoding="utf-8")
        assert (BUNDLED / "model_card" / name).read_bytes() == (docs / "model_card" / name).read_bytes()
    told = read_metadata("bundled")
    figures = told["metrics"]["ferplus_valid"]
    for number in (f"{figures['accuracy']:.3f}", f"{figures['uar']:.3f}", told["training"]["ferplus_sha256"]):
        assert number in card.read_text(encoding="utf-8")
    assert "{{" not in card.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["bundled", *NAMES])
def test_each_says_what_it_is(name):
    notes = read_metadata(name)
    assert tuple(load_model(name).vocabulary) == tuple(notes["vocabulary"]) == EMOTIONS
    figures = notes["metrics"]["ferplus_valid"]
    assert figures["accuracy"] >= 0.86 and figures["uar"] >= 0.72
    assert notes["metrics"]["calibration_error_of_stills_not_fitted_on"] <= 0.05
    assert not set(notes["training"]["london"]["trained_on"]) & set(notes["training"]["london"]["held_out"])
    assert len(notes["training"]["ferplus_sha256"]) == 64 and notes["citations"] and notes["licence"]
    assert len(model_fingerprint(name)) == 64


def aligned(picture: np.ndarray, points: np.ndarray, size: int = 112) -> np.ndarray:
    warp = similarity_to_template(points, size)
    return cv2.warpAffine(picture, warp, (size, size), borderMode=cv2.BORDER_REPLICATE)


@pytest.fixture(scope="module")
def faces(shared: Path) -> tuple[np.ndarray, np.ndarray]:
    """Crops (N, 112, 112, 3) of FER+ validation stills with a clear majority, and their emotions (N,)."""
    with h5py.File(shared / "data" / "ferplus" / "ferplus_train_valid.h5") as file:
        names = [str(name) for name in file.attrs["vote_columns"]]
        images, votes = file["valid/images"][:240], file["valid/votes"][:240]
    detector = CenterFace(min_score=0.3)
    crops, truth = [], []
    for image, row in zip(images, votes, strict=True):
        if row.max() < 6 or names[int(row.argmax())] not in EMOTIONS:
            continue
        framed = cv2.copyMakeBorder(cv2.resize(image, (64, 64)), *(32,) * 4, cv2.BORDER_CONSTANT, value=0)
        found = detector.detect(np.repeat(framed[..., None], 3, axis=2))
        if len(found):
            points = (found.landmarks_xy[0].astype(float) - 31.5) * 0.75 - 0.5
            crops.append(np.repeat(aligned(image, points)[..., None], 3, axis=2))
            truth.append(EMOTIONS.index(names[int(row.argmax())]))
    return np.stack(crops), np.array(truth)


def test_unseen_stills_are_told_apart_far_better_than_chance(faces):
    crops, truth = faces
    with torch.inference_mode():
        guess = load_model("bundled").encoder(torch.from_numpy(crops)).argmax(dim=1).numpy()
    assert len(truth) > 120
    assert (guess == truth).mean() > 0.85  # always saying the commonest: about 0.4


@pytest.mark.parametrize("name", NAMES)
def test_a_face_held_still_is_named_as_the_still_is(faces, name):
    crops, truth = faces
    model = load_model(name)
    right = []
    for crop, emotion in list(zip(crops, truth, strict=True))[:40]:
        found = predict_track(model, FakeTrack(np.arange(10) / 10, np.repeat(crop[None], 10, axis=0)))
        right.append((found.emotion_probs.argmax(axis=1) == emotion).mean())
    assert np.mean(right) > 0.8


def faded(pair: list[np.ndarray], fps: float) -> FakeTrack:
    """The first of two crops, faded into the second from 0.9 to 1.5 s, to 2.4 s."""
    pts = np.arange(round(2.4 * fps)) / fps
    w = np.clip((pts - 0.9) / 0.6, 0, 1)[:, None, None, None]
    return FakeTrack(pts, np.rint((1 - w) * pair[0] + w * pair[1]).astype(np.uint8))


@pytest.fixture(scope="module")
def smiles(shared: Path) -> list[list[np.ndarray]]:
    """Aligned crops of eight people not trained on, neutral and smiling."""
    detector, pairs = CenterFace(), []
    for number in read_metadata()["training"]["london"]["held_out"][:8]:
        path, pair = shared / "data" / "london" / f"{number}_neutral.jpg", []
        for file in (path, path.with_name(path.name.replace("neutral", "smiling"))):
            picture = cv2.cvtColor(cv2.imread(str(file), cv2.IMREAD_REDUCED_COLOR_2), cv2.COLOR_BGR2RGB)
            pair.append(aligned(picture, detector.detect(picture).landmarks_xy[0]).astype(float))
        pairs.append(pair)
    return pairs


@pytest.mark.parametrize("name", NAMES)
def test_a_smile_faded_in_is_neutral_then_happiness(smiles, name):
    model = load_model(name)
    begins, ends, rises = [], [], []
    for pair in smiles:
        found = predict_track(model, faded(pair, 25))
        named = [EMOTIONS[k] for k in found.emotion_probs.argmax(axis=1)]
        begins.append(named[5] == "neutral")
        ends.append(named[-5] == "happiness")
        rises.append(found.intensity[-5] - found.intensity[5])
    assert np.mean(begins) == 1 and np.mean(ends) >= 0.7 and np.mean(rises) > 0.4


@pytest.mark.parametrize("name", NAMES)
def test_intensity_rises_with_the_smile(smiles, name):
    model, orders = load_model(name), []
    for pair in smiles:
        w = np.linspace(0, 1, 21)[:, None, None, None]
        crops = np.rint((1 - w) * pair[0] + w * pair[1]).astype(np.uint8)
        found = predict_track(model, FakeTrack(np.arange(21) / 25, crops))
        orders.append(spearmanr(found.intensity, np.arange(21)).statistic)
    assert np.mean(orders) > 0.95


@pytest.mark.parametrize("name", NAMES)
def test_frame_rate_moves_neither_the_change_nor_the_intensity(smiles, name):
    model = load_model(name)
    happy = EMOTIONS.index("happiness")
    for pair in smiles[:2]:
        curves = []
        for fps in (12, 30, 60):
            found = predict_track(model, faded(pair, fps))
            at = np.linspace(0.1, 2.2, 50)
            curves.append(
                [
                    np.interp(at, found.pts_seconds, y)
                    for y in (found.emotion_probs[:, happy], found.intensity)
                ]
            )
        assert np.abs(np.subtract(curves[0], curves[1])).mean() < 0.04
        assert np.abs(np.subtract(curves[2], curves[1])).mean() < 0.02
