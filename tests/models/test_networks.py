"""The networks: shapes, padding, what the loss ignores, and that they learn."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
import torch
from fake_tracks import TINY_ENCODER, crops_at

from seqfer.faces.align import TEMPLATE
from seqfer.models import (
    Cnn3d,
    CnnRnn,
    ConvLstm,
    FrameCnn,
    LandmarkRnn,
    LossWeights,
    SequenceModel,
    load_model,
    save_model,
)
from seqfer.models.encoder import FrameEncoder
from seqfer.models.losses import NO_LABEL, SequenceOutputs, class_weights, clip_probabilities, sequence_loss

TWO = ["neutral", "happiness"]
SIZES = {
    CnnRnn: {"hidden": 8, "encoder": TINY_ENCODER},
    ConvLstm: {"hidden": 8, "channels": 8, "encoder": TINY_ENCODER},
    FrameCnn: {"hidden": 8, "encoder": TINY_ENCODER},
    LandmarkRnn: {"hidden": 8},
    Cnn3d: {"widths": [8, 16], "input_size": 24},
}
BOTH = pytest.mark.parametrize("kind", [CnnRnn, ConvLstm])
ALL = pytest.mark.parametrize("kind", list(SIZES))


def small(kind, **more):
    torch.manual_seed(0)
    return kind(**{"vocabulary": TWO, **SIZES[kind], **more})


def faces(model: SequenceModel, batch: int, steps: int) -> torch.Tensor:
    """What the model takes: crops, or landmarks whose mouth widens half way."""
    if model.inputs == "crops":
        return crops(batch, steps)
    points = torch.from_numpy(TEMPLATE).float().expand(batch, steps, -1, -1).clone()
    points[:, steps // 2 :, 3:] += torch.tensor([[-0.05, -0.03], [0.05, -0.03]])
    return points + 0.003 * torch.randn(points.shape, generator=torch.Generator().manual_seed(0))


def nothing(batch: int, steps: int, kinds: int = 2) -> dict[str, torch.Tensor]:
    return {
        "mask": torch.ones(batch, steps, dtype=torch.bool),
        "emotion": torch.zeros(batch, steps, kinds),
        "phase": torch.full((batch, steps), NO_LABEL),
        "intensity": torch.full((batch, steps), float("nan")),
        "clip_emotion": torch.full((batch,), NO_LABEL),
    }


def crops(batch: int, steps: int) -> torch.Tensor:
    return torch.from_numpy(np.stack([crops_at(np.arange(steps) * 2 / steps, seed=b) for b in range(batch)]))


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        *((kind, {"bidirectional": b}) for kind in (CnnRnn, ConvLstm, LandmarkRnn) for b in (True, False)),
        (CnnRnn, {"cell": "lstm", "layers": 2}), (CnnRnn, {"attention": True}), (FrameCnn, {}), (Cnn3d, {}),
    ],
)  # fmt: skip
def test_padding_changes_nothing_of_what_is_said_before_it(kind, more):
    model = small(kind, **more).eval()
    x = faces(model, 2, 8)
    mask = torch.arange(8)[None] < torch.tensor([[8], [5]])
    with torch.no_grad():
        padded, alone = model(x, mask), model(x[1:, :5])
    for a, b in zip(padded, alone, strict=True):
        if a is not None:
            torch.testing.assert_close(a[1, :5], b[0], atol=1e-5, rtol=1e-4)


@ALL
def test_what_holds_no_face_at_all_has_a_loss_and_gradients(kind):
    model = small(kind)
    x, targets = faces(model, 2, 4), nothing(2, 4)
    targets["mask"][:] = False
    loss = sequence_loss(model(x, targets["mask"]), targets, LossWeights())["loss"]
    loss.backward()
    assert loss.item() == 0.0
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)


@BOTH
def test_one_direction_does_not_see_the_future(kind):
    model = small(kind, bidirectional=False).eval()
    x = crops(1, 8)
    with torch.no_grad():
        torch.testing.assert_close(model(x).emotion_logits[:, :4], model(x[:, :4]).emotion_logits)


@ALL
def test_loss_falls_on_frame_labels_and_on_clip_labels_alone(kind):
    for by_clip in (False, True):
        model = small(kind, **({"freeze_encoder": False} if "encoder" in SIZES[kind] else {}))
        x, targets = faces(model, 4, 6), nothing(4, 6)
        if by_clip:
            x[:2], x[2:] = x[:2, :1], x[2:, -1:]
            targets["clip_emotion"] = torch.tensor([0, 0, 1, 1])
        else:
            targets["emotion"][:, :3, 0] = targets["emotion"][:, 4:, 1] = 1.0
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        losses = []
        for _ in range(20):
            loss = sequence_loss(model(x), targets, LossWeights(flicker=0.0))["loss"]
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert losses[-1] < 0.5 * losses[0]


def test_what_is_not_labelled_or_padded_has_no_gradient():
    model = small(CnnRnn)
    targets = nothing(2, 5)
    targets["mask"][1, 3:] = False
    targets["emotion"][0, 1, 0] = 1.0
    targets["emotion"][1, 4, 1] = 1.0  # padded: counts for nothing
    targets["intensity"][0, 2] = 0.5
    targets["phase"][1, 0] = 2
    out = model(crops(2, 5), targets["mask"])
    for part in out[:3]:
        part.retain_grad()
    sequence_loss(out, targets, LossWeights(flicker=0.0))["loss"].backward()
    for grad, cells in zip((g.grad for g in out[:3]), ([(0, 1)], [(1, 0)], [(0, 2)]), strict=True):
        moved = grad.abs() if grad.ndim == 2 else grad.abs().sum(-1)
        assert [tuple(c) for c in moved.nonzero().tolist()] == cells
    assert sequence_loss(model(crops(2, 5)), nothing(2, 5), LossWeights(flicker=0.0))["loss"].item() == 0.0


def test_encoder_sees_grey_at_any_crop_size_and_not_exposure():
    encoder = FrameEncoder(**TINY_ENCODER).eval()
    small_crops = torch.from_numpy(crops_at(np.linspace(0, 2, 4), side=32))
    large = small_crops.repeat_interleave(2, dim=1).repeat_interleave(2, dim=2)
    a = encoder.preprocess(small_crops)
    torch.testing.assert_close(a, encoder.preprocess(large), atol=1e-4, rtol=1e-4)
    assert a.shape == (4, 1, 24, 24)
    darker = encoder.preprocess((small_crops.float() * 0.5).to(torch.uint8))
    assert (a - darker).abs().mean() < 0.15
    with pytest.raises(ValueError, match="uint8"):
        encoder.preprocess(small_crops.float())


def test_warm_started_encoder_keeps_its_statistics_and_frozen_its_weights(tmp_path):
    from seqfer.models import save_model

    path = save_model(small(CnnRnn), tmp_path / "m")
    model = CnnRnn(encoder=str(path), freeze_encoder=False, vocabulary=TWO, hidden=8).train()
    before = model.encoder.stem[1].running_mean.clone()
    model(crops(1, 4))
    torch.testing.assert_close(model.encoder.stem[1].running_mean, before)
    assert len(model.configure_optimizers().param_groups) == 4  # readings; two blocks and the stem
    assert not any(p.requires_grad for p in small(CnnRnn).encoder.parameters())


def test_attention_tells_the_clip_by_the_moments_that_matter():
    model = small(CnnRnn, attention=True)
    x = crops(2, 8)
    mask = torch.arange(8)[None] < torch.tensor([[8], [5]])
    out = model(x, mask)
    torch.testing.assert_close(out.attention.sum(dim=1), torch.ones(2))
    assert (out.attention[1, 5:] == 0).all()
    logits = torch.tensor([[[9.0, 0.0], [0.0, 9.0], [9.0, 0.0]]])
    weights = torch.tensor([[0.0, 1.0, 0.0]])
    told = SequenceOutputs(logits, torch.zeros(1, 3, 4), torch.zeros(1, 3), weights)
    assert clip_probabilities(told, torch.ones(1, 3, dtype=torch.bool)).argmax() == 1
    plain = clip_probabilities(told._replace(attention=None), torch.ones(1, 3, dtype=torch.bool))
    torch.testing.assert_close(plain, torch.softmax(logits, dim=-1).mean(dim=1))


def test_focal_loss_is_the_formula_and_class_weights_even_out():
    logits = torch.tensor([[[2.0, 0.0], [0.0, 1.0], [0.5, 0.0]]])
    targets = nothing(1, 3)
    targets["emotion"][0, [0, 1, 2], [0, 0, 1]] = 1.0
    outputs = SequenceOutputs(logits, torch.zeros(1, 3, 4), torch.zeros(1, 3))
    p = torch.softmax(logits, dim=-1)[0, [0, 1, 2], [0, 0, 1]]
    loss = lambda **w: sequence_loss(outputs, targets, LossWeights(flicker=0, **w))["loss"]  # noqa: E731
    torch.testing.assert_close(loss(), -p.log().mean())
    torch.testing.assert_close(loss(focus=2.0), (-((1 - p) ** 2) * p.log()).mean())
    weights = class_weights([30.0, 10.0, 0.0], 1.0)
    assert weights[0] * 30 == pytest.approx(weights[1].item() * 10) and weights[2] == 1
    torch.testing.assert_close(class_weights([30.0, 10.0], 0.0), torch.ones(2))
    weighted = sequence_loss(outputs, targets, LossWeights(flicker=0), torch.tensor([1.0, 2.0]))["loss"]
    torch.testing.assert_close(weighted, -(p.log() * torch.tensor([1.0, 1.0, 2.0])).sum() / 4)


def test_blocks_of_the_encoder_learn_slower_towards_the_picture():
    model = small(CnnRnn, freeze_encoder=False, encoder_learning_rate=0.1, layer_decay=0.5)
    groups = model.configure_optimizers().param_groups
    assert [g["lr"] for g in groups] == [1e-3, 0.1, 0.05, 0.025]
    assert groups[-1]["params"][0] is model.encoder.stem[0].weight
    assert not model.encoder.head.weight.requires_grad  # of no use here


def test_another_number_of_landmarks_is_refused_with_what_to_set():
    with pytest.raises(ValueError, match="set num_landmarks"):
        small(LandmarkRnn)(torch.zeros(1, 3, 68, 2))


class OfTimm(torch.nn.Module):
    """What of a timm network is asked for."""

    default_cfg: ClassVar = {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}

    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.stages = torch.nn.Sequential(
            torch.nn.Sequential(torch.nn.Conv2d(4, 8, 3, stride=2, padding=1), torch.nn.BatchNorm2d(8)),
            torch.nn.Sequential(torch.nn.Conv2d(8, 16, 3, stride=2, padding=1)),
        )

    def forward_features(self, x):
        return self.stages(self.stem(x))


def test_networks_of_timm_are_encoders_saved_whole_and_thawed_by_block(monkeypatch, tmp_path):
    asked = []
    fake = SimpleNamespace(create_model=lambda name, **more: asked.append((name, more)) or OfTimm())
    monkeypatch.setitem(sys.modules, "timm", fake)
    model = CnnRnn(encoder={"timm": "some_net", "input_size": 32}, vocabulary=TWO, hidden=8, layer_decay=0.5)
    assert (model.encoder.num_features, model.encoder.map_size, model.input_size) == (16, 4, 32)
    assert [rate for rate, _ in model.block_rates()] == [1e-4, 0.5e-4, 0.25e-4]
    back = load_model(save_model(model, tmp_path / "m"))
    assert asked[0] == ("some_net", {"pretrained": True, "num_classes": 0})
    assert asked[-1] == ("some_net", {"pretrained": False, "num_classes": 0})  # its weights are in the file
    x = crops(1, 3)
    with torch.no_grad():
        torch.testing.assert_close(back(x).emotion_logits, model.eval()(x).emotion_logits)
    white = torch.full((1, 8, 8, 3), 255, dtype=torch.uint8)
    torch.testing.assert_close(model.encoder.preprocess(white), torch.ones(1, 3, 32, 32))


def test_a_network_of_timm_that_cannot_be_had_is_said_in_one_line():
    with pytest.raises(ValueError, match="timm") as caught:
        CnnRnn(encoder={"timm": "no_such_network"})
    assert "\n" not in str(caught.value)
