"""The networks: shapes, padding, what the loss ignores, and that they learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from fake_tracks import TINY_ENCODER, crops_at

from seqfer.models import CnnRnn, ConvLstm, LossWeights
from seqfer.models.encoder import FrameEncoder
from seqfer.models.losses import NO_LABEL, sequence_loss

BOTH = pytest.mark.parametrize("kind", [CnnRnn, ConvLstm])
TWO = ["neutral", "happiness"]


def small(kind, **more):
    torch.manual_seed(0)
    size = {"hidden": 8} if kind is CnnRnn else {"hidden": 8, "channels": 8}
    return kind(encoder=TINY_ENCODER, vocabulary=TWO, **size, **more)


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


@BOTH
@pytest.mark.parametrize("bidirectional", [True, False])
def test_padding_changes_nothing_of_what_is_said_before_it(kind, bidirectional):
    model = small(kind, bidirectional=bidirectional).eval()
    x = crops(2, 8)
    mask = torch.arange(8)[None] < torch.tensor([[8], [5]])
    with torch.no_grad():
        padded, alone = model(x, mask), model(x[1:, :5])
    for a, b in zip(padded[:3], alone[:3], strict=True):
        torch.testing.assert_close(a[1, :5], b[0], atol=1e-5, rtol=1e-4)


@BOTH
def test_one_direction_does_not_see_the_future(kind):
    model = small(kind, bidirectional=False).eval()
    x = crops(1, 8)
    with torch.no_grad():
        torch.testing.assert_close(model(x).emotion_logits[:, :4], model(x[:, :4]).emotion_logits)


@BOTH
def test_loss_falls_on_frame_labels_and_on_clip_labels_alone(kind):
    for by_clip in (False, True):
        model = small(kind, freeze_encoder=False)
        x, targets = crops(4, 6), nothing(4, 6)
        if by_clip:
            x[:2], x[2:] = x[:2, :1], x[2:, -1:]
            targets["clip_emotion"] = torch.tensor([0, 0, 1, 1])
        else:
            targets["emotion"][:, :3, 0] = targets["emotion"][:, 4:, 1] = 1.0
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        losses = []
        for _ in range(15):
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
