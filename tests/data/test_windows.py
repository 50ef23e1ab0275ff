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
from seqfer.data.sampling import SeededOrder
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


def module(data, **more):
    stores, labels = data
    made = TracksDataModule(
        **dict(
            stores=str(stores), labels=str(labels), vocabulary=TWO.names, window_seconds=1, sample_rate_hz=10
        )
        | more
    )
    made.setup()
    return made


def relabelled(data, *lines):
    data[1].write_text("video,start_s,end_s,emotion,subject,split\n" + "".join(f"{x}\n" for x in lines))
    return data


def test_any_subset_and_any_merging_of_emotions(tmp_path):
    data = write_data(tmp_path)
    relabelled(
        data, *(f"v{i},{j},{j + 1},{e},p{i}," for i in range(3) for j, e in enumerate(("joy", "fear")))
    )
    assert module(data, vocabulary="fear,happiness").class_counts.tolist() == [
        30,
        30,
    ]  # windows overlap by half
    merged = module(data, vocabulary="positive,negative", emotion_map={"joy": "positive", "fear": "negative"})
    assert merged.class_counts.tolist() == [30, 30]  # windows overlap by half
    with pytest.raises(LabelError, match="one emotion only to train on: fear"):
        module(data, vocabulary=["fear", "anger"])
    assert data[1].exists() and module(data, vocabulary="fear,anger,happiness").left_out == {}


def test_fixed_splits_keep_people_apart(tmp_path):
    data = write_data(tmp_path)
    lines = [f"v{i},{j},{j + 1},{e},p{i},{s}" for i, s in enumerate(("train", "valid", "test"))
             for j, e in enumerate(("joy", "neutral"))]  # fmt: skip
    made = module(relabelled(data, *lines), split="column")
    sides = (made.train_windows, made.val_windows, made.test_windows)
    assert [{w.video_id for w in s.windows} for s in sides] == [{"v0"}, {"v1"}, {"v2"}]
    relabelled(data, *(line.replace(",p2,", ",p0,") for line in lines))
    with pytest.raises(LabelError, match="subjects both trained and tested on: p0"):
        module(data, split="column")
    relabelled(data, *lines, "v0,,,joy,p0,test")
    with pytest.raises(LabelError, match="video v0 is of two splits: test, train"):
        module(data, split="column")
    with pytest.raises(LabelError, match="test_subjects names subjects without labels: nobody"):
        module(relabelled(data, *lines), test_subjects=["nobody"])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("v0,1,9,joy,p0,", "line 2: 1 to 9 s lies outside the video v0, which lasts 2.00 s"),
        ("v0,-3,1,joy,p0,", "lies outside the video v0"),
    ],
)
def test_labels_outside_the_video_are_refused(line, said, tmp_path):
    with pytest.raises(LabelError, match=said):
        module(relabelled(write_data(tmp_path), line, "v1,0,1,joy,p1,", "v2,0,1,neutral,p2,"))


def test_balanced_drawing_shows_the_rare_as_often_as_the_frequent(tmp_path):
    data = write_data(tmp_path, people=8)
    lines = [f"v{i},0,2,{'joy' if i == 0 else 'neutral'},p{i}," for i in range(8)]
    made = module(relabelled(data, *lines), val_subjects=["p7"], balance=1.0)
    order = made.train_dataloader().sampler
    drawn = [
        made.train_windows.windows[i].subject
        for epoch in range(40)
        for i, _ in (order.set_epoch(epoch), *order)[1:]
    ]
    assert 0.4 < np.mean([subject == "p0" for subject in drawn]) < 0.6


@settings(deadline=None)
@given(count=st.integers(1, 40), world=st.integers(1, 5), seed=st.integers(0, 3), epoch=st.integers(0, 3))
def test_processes_share_all_windows_and_none_twice(count, world, seed, epoch):
    shares = []
    for rank in range(world):
        order = SeededOrder(count, seed, rank=rank, world=world)
        order.set_epoch(epoch)
        shares.append(list(order))
        assert len(shares[-1]) == len(order)
    alone = SeededOrder(count, seed)
    alone.set_epoch(epoch)
    together = [item for items in zip(*shares, strict=True) for item in items if item[0] >= 0]
    assert together == list(alone)  # the same windows, augmented the same way


def test_what_fills_up_a_batch_counts_for_nothing(tmp_path):
    item = module(write_data(tmp_path)).train_windows[-1]
    assert not item["mask"].any() and not item["emotion"].any() and item["clip_emotion"] == NO_LABEL


def test_moments_last_as_long_as_they_are_told_to():
    times = np.arange(10) / 10
    rows = [label(0.0, 0.0, 0), label(0.9, 0.9, 1)]
    assert (
        frame_targets(times, rows, TWO, moment_seconds=0.21)["emotion"].argmax(axis=1).tolist()
        == [0] * 7 + [1] * 3
    )
    assert frame_targets(times, rows, TWO, moment_seconds=0.21)["emotion"].sum() == 6


@pytest.mark.parametrize("count", [5, 68])
def test_the_mirror_of_landmarks_is_that_of_the_picture(count):
    points = np.random.default_rng(0).uniform(0.2, 0.8, (3, count, 2)).astype(np.float32)
    augment = Augmentation(mirror=1.0, jitter=0.0)
    once = augment.of_landmarks(points, np.random.default_rng(1))
    twice = augment.of_landmarks(once, np.random.default_rng(1))
    np.testing.assert_allclose(twice, points, atol=1e-6)
    left, right = (0, 1) if count == 5 else (36, 45)  # outer corners of the eyes
    np.testing.assert_allclose(once[:, left], points[:, right] * [-1, 1] + [1, 0], atol=1e-6)


def test_speed_stretches_time_and_labels_with_it(tmp_path):
    data = module(write_data(tmp_path), window_seconds=2.0, augmentation=Augmentation(speed=0.5))
    items = [data.train_windows[0, seed] for seed in range(6)]
    assert len({int(x["mask"].sum()) for x in items}) > 1
    for item in items:
        happy = item["emotion"][item["mask"]].argmax(dim=1)
        top, bottom = item["crops"][item["mask"]].float().mean(dim=(2, 3)).chunk(2, dim=1)
        clear = (bottom.mean(dim=1) - top.mean(dim=1)).abs() > 60
        agree = (bottom.mean(dim=1) > top.mean(dim=1)) == happy.bool()
        assert agree[clear].float().mean() > 0.9
