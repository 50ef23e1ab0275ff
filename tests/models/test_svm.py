"""Support vector machines as models: what is solved separates, and stripes are told by their direction."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqfer.models import HogSvm
from seqfer.models.losses import NO_LABEL
from seqfer.models.svm import LinearMachine


@pytest.mark.parametrize("kinds", [2, 3])
def test_what_is_solved_separates_and_ignores_what_is_not_labelled(kinds):
    rng = np.random.default_rng(0)
    emotion = rng.integers(0, kinds, 200)
    centres = rng.normal(0, 4, (kinds + 1, 6))
    features = (centres[emotion] + rng.normal(0, 0.3, (200, 6))).astype(np.float32)
    intensity = (emotion / kinds).astype(np.float32)
    known = np.where(np.arange(200) % 2, emotion, NO_LABEL)
    machine = LinearMachine(6, kinds + 1)  # one more, never shown
    machine.solve(features, known, np.full(200, NO_LABEL), intensity, penalty=1.0, balanced=True)
    with torch.no_grad():
        out = machine(torch.from_numpy(features))
    assert (out.emotion_logits.argmax(dim=1).numpy() == emotion).mean() > 0.98
    assert np.corrcoef(out.intensity.numpy(), intensity)[0, 1] > 0.9
    assert not out.phase_logits.any()


def stripes(upright: bool, count: int, seed: int = 0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    waves = 127 + 100 * np.sin(np.arange(64) / 3 + rng.uniform(0, 6, (count, 1)))
    pictures = np.broadcast_to(
        waves[:, None, :, None] if upright else waves[:, :, None, None], (count, 64, 64, 3)
    )
    return torch.from_numpy((pictures + rng.normal(0, 9, pictures.shape)).clip(0, 255).astype(np.uint8))


def test_directions_of_edges_are_learnt_from_clips_seen_once_and_light_does_not_matter():
    model = HogSvm(side=32, vocabulary=["neutral", "happiness", "fear"])
    crops = torch.stack([stripes(False, 6), stripes(True, 6)])
    nothing = torch.full((2, 6), float("nan"))
    batch = {
        "crops": crops, "mask": torch.ones(2, 6, dtype=torch.bool), "emotion": torch.zeros(2, 6, 3),
        "phase": torch.full((2, 6), NO_LABEL), "intensity": nothing, "clip_emotion": torch.tensor([0, 1]),
    }  # fmt: skip
    assert model.training_step(batch, 0).item() == 0.0
    model.on_validation_start()
    for dimmed in (1, 3):
        told = model(torch.stack([stripes(False, 4, seed=1), stripes(True, 4, seed=2)]) // dimmed)
        assert told.emotion_logits.argmax(dim=-1).tolist() == [[0] * 4, [1] * 4]
    probs = torch.softmax(told.emotion_logits / model.temperature, dim=-1)
    assert probs[..., 2].max() < 0.05 and probs.amax(dim=-1).min() > 0.6
