"""Prediction over whole tracks: in chunks, at any frame rate, across gaps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from fake_tracks import CHANGE_SECONDS, TINY_ENCODER, FakeTrack
from hypothesis import given, settings
from hypothesis import strategies as st

from seqfer.models import CnnRnn, ConvLstm, LossWeights, predict_track
from seqfer.models.inference import interpolated
from seqfer.models.losses import sequence_loss


@pytest.fixture(scope="module")
def trained() -> CnnRnn:
    """A tiny CnnRnn that has learnt the fake faces at 25 moments a second."""
    torch.manual_seed(0)
    model = CnnRnn(
        encoder=TINY_ENCODER, vocabulary=["neutral", "happiness"], hidden=8, freeze_encoder=False, dropout=0.0
    )
    times = np.arange(50) / 25
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    happy = torch.from_numpy(times >= CHANGE_SECONDS)
    for _ in range(30):
        x = torch.from_numpy(FakeTrack(times)._crops)[None]
        targets = {
            "mask": torch.ones(1, 50, dtype=torch.bool),
            "emotion": torch.stack([~happy, happy], 1).float()[None],
            "phase": torch.full((1, 50), -100),
            "intensity": happy.float()[None],
            "clip_emotion": torch.tensor([-100]),
        }
        loss = sequence_loss(model(x), targets, LossWeights())["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for _ in range(20):  # running statistics settle
        model(x)
    return model.eval()


@pytest.mark.parametrize("kind", [CnnRnn, ConvLstm])
def test_chunks_say_what_the_whole_says_and_encode_each_frame_once(kind):
    torch.manual_seed(1)
    model = kind(encoder=TINY_ENCODER, hidden=8).eval()
    whole = predict_track(model, FakeTrack(np.arange(300) / 30), chunk_seconds=1e9)
    track = FakeTrack(np.arange(300) / 30)
    chunked = predict_track(model, track, chunk_seconds=1.3, context_seconds=3.0)
    assert track.encoded == 300
    for name in ("emotion_probs", "phase_probs", "intensity"):
        np.testing.assert_allclose(getattr(chunked, name), getattr(whole, name), atol=1e-3)


def test_same_track_twice_is_the_same_to_the_bit(trained):
    a, b = (predict_track(trained, FakeTrack(np.arange(60) / 30)) for _ in range(2))
    assert a.emotion_probs.tobytes() == b.emotion_probs.tobytes()
    assert a.intensity.tobytes() == b.intensity.tobytes()


def test_frame_rate_does_not_move_the_change(trained):
    changes = []
    for fps in (12, 24, 30, 60):
        found = predict_track(trained, FakeTrack(np.arange(2 * fps) / fps))
        happy = found.emotion_probs[:, 1] > 0.5
        assert not happy[0] and happy[-1]
        changes.append(float(found.pts_seconds[np.argmax(happy)]))
    assert max(changes) - min(changes) <= 0.1
    assert all(abs(c - CHANGE_SECONDS) < 0.15 for c in changes)


def test_a_gap_divides_the_track_and_short_pieces_are_answered(trained):
    pts = np.concatenate([np.arange(30) / 30, [5.0], 9 + np.arange(40) / 30])
    found = predict_track(trained, FakeTrack(pts))
    alone = predict_track(trained, FakeTrack(pts[:30]))
    np.testing.assert_allclose(found.emotion_probs[:30], alone.emotion_probs, atol=1e-5)
    np.testing.assert_allclose(found.emotion_probs.sum(axis=1), 1, atol=1e-5)
    assert len(predict_track(trained, FakeTrack(pts[:0]))) == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.01, 0.4), min_size=1, max_size=40), st.floats(0.5, 30))
def test_every_frame_gets_a_row_whatever_the_times(steps, chunk_seconds):
    pts = np.cumsum(steps)
    model = _FLAT
    found = predict_track(
        model, FakeTrack(pts, np.zeros((len(pts), 32, 32, 3), np.uint8)), chunk_seconds=chunk_seconds
    )
    np.testing.assert_allclose(found.emotion_probs.sum(axis=1), 1, atol=1e-5)
    assert np.isfinite(found.intensity).all() and (found.intensity > 0).all()


_FLAT = CnnRnn(encoder={"widths": [8, 8], "depths": [1], "input_size": 8}, hidden=8).eval()


def test_interpolation_is_level_beyond_the_ends():
    got = interpolated(np.array([-1.0, 0.5, 9.0]), np.array([0.0, 1.0]), np.array([[0.0], [2.0]], np.float32))
    np.testing.assert_allclose(got[:, 0], [0, 1, 2])
