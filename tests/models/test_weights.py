"""Saved models come back the same, and what is not one is refused in one line."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
from fake_tracks import TINY_ENCODER
from safetensors.torch import load_file, save_file

from seqfer.errors import WeightsError
from seqfer.models import ARCHITECTURES, CnnRnn, load_model, model_fingerprint, read_metadata, save_model
from seqfer.models.encoded import EncodedModel


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    model = CnnRnn(encoder=TINY_ENCODER, hidden=8, vocabulary=["neutral", "happiness"], sample_rate_hz=20)
    return save_model(model, tmp_path / "small", {"seed": 7})


@pytest.mark.parametrize("kind", ARCHITECTURES.values())
def test_round_trip(tmp_path, kind):
    more = {"encoder": TINY_ENCODER} if issubclass(kind, EncodedModel) else {}
    model = kind(vocabulary=["neutral", "contempt"], sample_rate_hz=12.5, **more)
    model.temperature.fill_(1.5)
    back = load_model(save_model(model, tmp_path / "m", {"note": "x"}))
    assert type(back) is kind and not back.training
    assert tuple(back.vocabulary) == ("neutral", "contempt") and back.sample_rate_hz == 12.5
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(back.state_dict()[name], tensor)
    assert read_metadata(tmp_path / "m")["note"] == "x"
    assert load_model(tmp_path).arguments == back.arguments  # a folder with one model


def test_fingerprint_follows_the_files(saved):
    first = model_fingerprint(saved)
    assert first == model_fingerprint(saved.with_suffix(""))
    notes = saved.with_suffix(".json")
    notes.write_text(notes.read_text().replace('"seed": 7', '"seed": 8'))
    assert model_fingerprint(saved) != first


def _edit(path, **changes):
    notes = path.with_suffix(".json")
    notes.write_text(json.dumps({**json.loads(notes.read_text()), **changes}))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"template": "other-1"}, "other-1"),
        ({"version": 99}, "99"),
        ({"format": "x"}, "not a saved seqfer model"),
        ({"architecture": "Transformer"}, "Transformer"),
        ({"arguments": {"hidden": 8, "colour": "red"}}, "does not build"),
        ({"phases": ["up", "down"]}, "phases"),
    ],
)
def test_other_descriptions_are_refused(saved, changes, said):
    _edit(saved, **changes)
    with pytest.raises(WeightsError, match=said) as caught:
        load_model(saved)
    assert str(saved.with_suffix("")) in str(caught.value) and "\n" not in str(caught.value)


def test_absent_mismatched_and_foreign_files_are_refused(saved, tmp_path):
    with pytest.raises(WeightsError, match="no such model"):
        load_model("nosuch")
    tensors = load_file(saved)
    tensors.pop("heads.phase.bias")
    save_file(tensors, saved)
    with pytest.raises(WeightsError, match=r"heads\.phase\.bias"):
        load_model(saved)
    save_file({**load_file(saved), "heads.phase.bias": torch.full((4,), float("nan"))}, saved)
    with pytest.raises(WeightsError, match="no number"):
        load_model(saved)
    saved.write_bytes(b"not safetensors at all")
    with pytest.raises(WeightsError, match="safetensors"):
        load_model(saved)
    saved.with_suffix(".json").unlink()
    with pytest.raises(WeightsError, match=r"small\.json"):
        load_model(saved)
    bad = tmp_path / "bad.ckpt"
    bad.write_bytes(b"\x80\x04junk")
    with pytest.raises(WeightsError, match="checkpoint"):
        load_model(bad)


def test_a_description_of_a_network_that_there_is_not_is_refused(saved):
    notes = saved.with_suffix(".json")
    notes.write_text(notes.read_text().replace('"gru"', '"cru"'))
    with pytest.raises(WeightsError, match="cell must be gru or lstm, got 'cru'"):
        load_model(saved)


def test_checkpoints_cannot_run_code(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    torch.save({"seqfer": Evil(), "state_dict": {}}, tmp_path / "evil.ckpt")
    with pytest.raises(WeightsError, match="checkpoint"):
        load_model(tmp_path / "evil.ckpt")
    assert not (tmp_path / "ran").exists()


def test_fingerprints_do_not_wait_for_pytorch():
    code = "import sys, seqfer.models as m; m.model_fingerprint; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
