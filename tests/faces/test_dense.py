"""68 points in a second pass: they ride on the five between looks, and change nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from face_alignment.models import FAN

from seqfer.extraction import ExtractionConfig, extract_video
from seqfer.faces import DetectorConfig
from seqfer.faces.align import TEMPLATE
from seqfer.faces.dense import DenseLandmarks
from seqfer.faces.landmarking import TIGHT_BOXES, Landmarks, crop_matrices
from seqfer.store import open_store

SHAPE = np.random.default_rng(0).uniform(0.2, 0.8, (68, 2))  # in the template


class Knowing:
    """A landmarker that is told where the points are; it counts pictures."""

    side = 256

    def __init__(self, answers):
        self.answers, self.seen = answers, 0

    def landmarks(self, pictures):
        first, self.seen = self.seen, self.seen + len(pictures)
        points = self.answers[first : self.seen].astype(np.float32)
        return Landmarks(points_xy=points, scores=np.ones((len(points), 68), np.float32))


def moving_face(steps):
    """Five and 68 points of a face that turns, grows and moves, (T, 5, 2), (T, 68, 2); its boxes (T, 4)."""
    t = np.arange(steps)
    a = (100 + 5 * t) * np.exp(1j * 0.05 * t)

    def placed(points):
        z = (points[:, 0] + 1j * points[:, 1])[None] * a[:, None] + (20 + 3 * t + 40j)[:, None]
        return np.stack([z.real, z.imag], axis=-1)

    five = placed(TEMPLATE)
    return five, placed(SHAPE), np.concatenate([five.min(axis=1) - 20, five.max(axis=1) + 20], axis=1)


@pytest.mark.parametrize("looked", [[0, 9], [3], range(10)])
def test_points_ride_on_the_five_between_looks(looked):
    five, truth, boxes = moving_face(10)
    m = crop_matrices(boxes, 256, reference_scale=TIGHT_BOXES)[list(looked)]
    answers = truth[list(looked)] @ m[..., :2].transpose(0, 2, 1) + m[:, None, :, 2]
    landmarker = Knowing(answers)
    dense = DenseLandmarks(landmarker, per_second=1)
    cut_outs = [np.zeros((256, 256, 3), np.uint8) if i in looked else None for i in range(10)]
    points, last = dense.points(np.arange(10) / 5, boxes, five, cut_outs, None)
    np.testing.assert_allclose(points, truth, atol=0.01)
    assert landmarker.seen == len(looked) and last.pts_seconds == max(looked) / 5
    # What comes after needs no look of its own.
    again, _ = dense.points(np.array([2.0]), boxes[:1], five[:1], [None], last)
    np.testing.assert_allclose(again, truth[:1], atol=0.01)


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """Random weights of a FAN with one of its four stages."""
    monkeypatch.setattr("seqfer.faces.fan.FAN", lambda stages: FAN(1))
    torch.manual_seed(0)
    torch.save(FAN(1).state_dict(), tmp_path / "fan.pth")
    return tmp_path / "fan.pth"


def test_a_store_with_68_points_is_the_same_otherwise(shared, weights, tmp_path):
    video = shared / "data" / "videos" / "two_faces_head_pose.mp4"
    extract_video(video, tmp_path / "five.h5", video_id="v")
    detector = DetectorConfig(landmarks="fan", fan_weights=weights, landmarks_per_second=2)
    extract_video(video, tmp_path / "dense.h5", video_id="v", config=ExtractionConfig(detector=detector))
    with open_store(tmp_path / "five.h5") as five, open_store(tmp_path / "dense.h5") as dense:
        assert len(five.tracks) == len(dense.tracks) == 2
        for a, b in zip(five.tracks, dense.tracks, strict=True):
            np.testing.assert_array_equal(a.frame_indices, b.frame_indices)
            np.testing.assert_array_equal(a.boxes_xyxy, b.boxes_xyxy)
            np.testing.assert_array_equal(a.crops(0, len(a)), b.crops(0, len(b)))
            assert b.landmarks_xy.shape == (len(b), 68, 2) and np.isfinite(b.landmarks_xy).all()
