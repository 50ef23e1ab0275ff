"""Confidences that are fitted on what was not learnt from."""

from __future__ import annotations

import pytest
import torch
from fake_tracks import TINY_ENCODER

from seqfer.models import CnnRnn
from seqfer.models.calibration import best_temperature, calibrate
from seqfer.models.losses import SequenceOutputs


def test_the_temperature_is_found_by_which_labels_were_drawn():
    torch.manual_seed(0)
    logits = torch.randn(20_000, 3)
    drawn = torch.distributions.Categorical(logits=logits / 0.4).sample()
    assert best_temperature(logits, drawn) == pytest.approx(0.4, rel=0.1)


@pytest.mark.parametrize(("windows", "confidence"), [(4, 0.9), (99, 0.995)])
def test_who_is_right_about_few_windows_is_not_certain(windows, confidence):
    model = CnnRnn(encoder=TINY_ENCODER, vocabulary=["neutral", "happiness"]).eval()
    logits = torch.tensor([0.3, -0.3]).expand(windows, 5, 2)  # right, and hardly sure
    model.look = lambda batch: SequenceOutputs(logits, None, None)
    emotion = torch.tensor([1.0, 0.0]).expand(windows, 5, 2).clone()
    emotion[:, 3:] = 0  # nothing is said of these
    calibrate(model, [{"mask": torch.ones(windows, 5, dtype=torch.bool), "emotion": emotion}])
    assert float(torch.softmax(logits[0, 0] / model.temperature, 0)[0]) == pytest.approx(confidence, abs=0.01)


def test_without_labels_nothing_changes():
    model = CnnRnn(encoder=TINY_ENCODER, vocabulary=["neutral", "happiness"]).eval()
    model.look = lambda batch: SequenceOutputs(torch.zeros(2, 5, 2), None, None)
    calibrate(model, [{"mask": torch.ones(2, 5, dtype=torch.bool), "emotion": torch.zeros(2, 5, 2)}])
    assert float(model.temperature) == 1.0
