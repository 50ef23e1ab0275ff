"""Windows and the data module: targets, padding, division by subject, the same every time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from fake_tracks import write_data, write_store
from hypothesis import given, settings
from hypothesis import strategies as st

from seqfer.data import Augmentation, Label, TracksDataModule, frame_targets
from seqfer.data.windows import cut_windows, nearest_rows
from seqfer.errors import InputError, LabelError
from seqfer.labels import Vocabulary
from seqfer.models.losses import NO_LABEL

TWO = Vocabulary(("neutral", "happiness"))


def label(start, end, emotion=1, **more):
    return Label(
        line=2, video="v", track_id=None, start_seconds=start, end_seconds=end, emotion=emotion, **more
    )


@settings(deadline=None)
@given(
    edges=st.lists(st.integers(0, 400), min_size=2, max_size=8, unique=True).map(sorted),
    rate=st.sampled_from([10.0, 25.0, 30.0]),
    origin=st.floats(0, 2),
)
def test_targets_are_those_of_the_segment_a_moment_lies_in(edges, rate, origin):
    times = origin + np.arange(50) / rate
    rows = [
        label(a / 100, b / 100, i % 2, phase=i % 4, intensity=i / 10)
        for i, (a, b) in enumerate(pairwise(edges))
        if i % 3 != 2
    ]
    got = frame_targets(times, rows, TWO)
    for t, emotion, phase, intensity in zip(
        times, got["emotion"], got["phase"], got["intensity"], strict=True
    ):
        true = next((r for r in rows if r.start_seconds <= t < r.end_seconds), None)
        if true is None:
            assert not emotion.any() and phase == NO_LABEL and np.isnan(intensity)
        else:
            assert emotion.sum() == 1 and emotion[true.emotion] == 1
            assert phase == true.phase and intensity == np.float32(true.intensity)
    assert got["clip_emotion"] == NO_LABEL


def test_moments_go_to_the_nearest_frame_and_clips_to_the_clip():
    times = np.arange(5) / 10
    got = frame_targets(times, [label(0.22, 0.22, phase=2), label(None, None, 0)], TWO)
    assert got["emotion"][:, 1].tolist() == [0, 0, 1, 0, 0] and got["phase"][2] == 2
    assert got["clip_emotion"] == 0
    assert not frame_targets(times, [label(0.9, 0.9)], TWO)["emotion"].any()


@settings(deadline=None)
@given(
    steps=st.lists(st.floats(0.02, 0.8), min_size=1, max_size=60),
    window=st.floats(0.2, 3),
    rate=st.sampled_from([5.0, 25.0]),
)
def test_windows_lie_within_stretches_and_cover_them(steps, window, rate):
    pts = np.cumsum(steps)
    windows = cut_windows(
        "x", 0, pts, [label(None, None)], subject="s", sample_rate_hz=rate, window_seconds=window,
        hop_seconds=window,
    )  # fmt: skip
    cuts = np.nonzero(np.diff(pts) > 0.5)[0]
    assert len({w.start_seconds for w in windows}) == len(windows)
    covered = sum(w.num_steps for w in windows)
    stretches = np.split(pts, cuts + 1)
    assert covered == sum(1 + int(np.floor((s[-1] - s[0]) * rate + 1e-6)) for s in stretches)
    for w in windows:
        end = w.start_seconds + (w.num_steps - 1) / rate
        assert any(s[0] - 1e-6 <= w.start_seconds and end <= s[-1] + 1e-6 for s in stretches)


def test_nearest_rows():
    assert nearest_rows(np.array([0.0, 1.0, 3.0]), np.array([-1, 0.4, 0.5, 0.6, 2.5, 9])).tolist() == [
        0,
        0,
        0,
        1,
        2,
        2,
    ]
    assert nearest_rows(np.array([1.0]), np.array([0.0, 5.0])).tolist() == [0, 0]


def test_batches_hold_crops_masks_and_targets_and_repeat_themselves(tmp_path):
    stores, labels = write_data(tmp_path)

    def first(epoch):
        data = TracksDataModule(
            stores=str(stores),
            labels=str(labels),
            vocabulary=TWO.names,
            window_seconds=3,
            sample_rate_hz=20,
            batch_size=2,
            augmentation=Augmentation(speed=0.0),
        )
        data.setup()
        loader = data.train_dataloader()
        loader.sampler.set_epoch(epoch)
        return next(iter(loader)), data

    (a, data), (b, _), (c, _) = first(0), first(0), first(1)
    assert all(torch.equal(a[k].nan_to_num(), b[k].nan_to_num()) for k in a)
    assert not torch.equal(a["crops"], c["crops"])
    assert a["crops"].shape == (2, 60, 32, 32, 3) and a["crops"].dtype == torch.uint8
    assert a["mask"].sum(dim=1).tolist() == [39, 39]  # 0 to 1.9 s, at 20 a second
    assert a["emotion"][0].sum(dim=0).tolist() == [20, 19]
    assert a["intensity"][0, :39].isfinite().all() and a["intensity"][0, 39:].isnan().all()
    assert {w.subject for w in data.train_windows.windows}.isdisjoint(
        w.subject for w in data.val_windows.windows
    )


def test_augmentation_is_the_same_for_all_frames_of_a_window():
    still = np.random.default_rng(0).integers(0, 255, (1, 32, 32, 3), dtype=np.uint8)
    out = Augmentation()(np.repeat(still, 5, axis=0), np.random.default_rng(3))
    assert (out == out[:1]).all() and (out[0] != still[0]).any()


def test_a_subject_on_both_sides_is_refused(tmp_path):
    stores, labels = write_data(tmp_path)
    labels.write_text(labels.read_text().replace("p2", "p0"))
    settings_ = dict(stores=str(stores), labels=str(labels), vocabulary=TWO.names)
    with pytest.raises(LabelError, match="both trained and validated on: p0"):
        TracksDataModule(**settings_, val_videos=["v0"]).setup()
    data = TracksDataModule(**settings_)  # divided by subject: v0 and v2 are one
    data.setup()
    sides = [{w.video_id for w in d.windows} for d in (data.train_windows, data.val_windows)]
    assert sorted(map(sorted, sides)) == [["v0", "v2"], ["v1"]]


def test_videos_without_stores_and_one_subject_alone_are_said(tmp_path):
    write_store(tmp_path / "v.h5", "v")
    table = tmp_path / "l.csv"
    make = lambda: TracksDataModule(stores=str(tmp_path), labels=str(table), vocabulary=TWO.names)  # noqa: E731
    table.write_text("video,start_s,end_s,emotion\nw.mp4,0,1,happy\n")
    with pytest.raises(LabelError, match=r"without a track store: w\.mp4"):
        make().setup()
    table.write_text("video,start_s,end_s,emotion\nv.mp4,0,1,happy\n")
    with pytest.raises(LabelError, match="one subject only"):
        make().setup()
    with pytest.raises(InputError, match="no such file"):
        TracksDataModule(stores=str(tmp_path / "none"), labels=str(table)).setup()
