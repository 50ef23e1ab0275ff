"""Curves as they travel in a page: small, and true."""

from __future__ import annotations

import base64
import zlib

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from made import predictions

from seqfer.labels import EMOTIONS, PHASES, Vocabulary
from seqfer.report.packing import pack_curves
from seqfer.timeline import FramePredictions


def track(times, probs, intensity) -> FramePredictions:
    count = len(times)
    return FramePredictions(
        track_id=0, frame_indices=np.arange(count), pts_seconds=times, emotion_probs=np.float32(probs),
        phase_probs=np.zeros((count, len(PHASES)), np.float32), intensity=np.float32(intensity),
        vocabulary=Vocabulary(EMOTIONS),
    )  # fmt: skip


def unpacked(blob: str) -> tuple[np.ndarray, np.ndarray]:
    data = zlib.decompress(base64.b64decode(blob))
    count, kinds = np.frombuffer(data, "<i4", 2)
    second = np.frombuffer(data, "<i4", count, 8)
    levels = np.frombuffer(data, np.uint8, count * (kinds + 1), 8 + 4 * count).reshape(kinds + 1, count)
    return np.cumsum(np.cumsum(second, dtype=np.int64)) / 1e4, np.cumsum(levels, axis=1, dtype=np.uint8) / 255


@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 200), seed=st.integers(0, 99), start=st.floats(0, 90_000))
def test_every_frame_is_there_to_half_a_level(count, seed, start):
    rng = np.random.default_rng(seed)
    times = start + np.cumsum(rng.uniform(0.001, 3, count))
    probs, intensity = rng.dirichlet(np.ones(7), count), rng.uniform(0, 1, count)
    blobs, step = pack_curves({0: track(times, probs, intensity)})
    got_times, got = unpacked(blobs[0])
    assert step == 1
    np.testing.assert_allclose(got_times, times, atol=1e-4)
    np.testing.assert_allclose(got, np.vstack([probs.T, intensity]), atol=0.5 / 255 + 1e-6)


def test_the_worst_of_films_keeps_its_extremes_within_the_limit():
    rng = np.random.default_rng(0)
    tracks = {}
    for number in range(3):  # two hours at 24 frames a second, nothing but noise
        probs = rng.dirichlet(np.ones(7), 172_800)
        probs[100_000] = np.eye(7)[3]
        tracks[number] = track(np.arange(172_800) / 24, probs, rng.uniform(0, 1, 172_800))
    blobs, step = pack_curves(tracks)
    assert step > 1 and sum(map(len, blobs.values())) < 3.3e6
    times, levels = unpacked(blobs[0])
    near = np.abs(times - 100_000 / 24) <= 2 * step / 24
    assert levels[3, near].max() == 1 and np.all(np.diff(times) >= 0)


def test_a_track_without_frames():
    blobs, _ = pack_curves({0: predictions(0, np.zeros(0, int), np.zeros(0), [])})
    assert unpacked(blobs[0])[0].size == 0
