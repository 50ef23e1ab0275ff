"""From a picture to aligned faces, on the photograph that scikit-image ships."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.data import astronaut

from seqfer.errors import WeightsError
from seqfer.faces import DetectorConfig, five_points, make_detector, similarity_to_template
from seqfer.faces.align import TEMPLATE
from seqfer.faces.detection import iou, suppress_overlaps


@given(
    st.floats(0.05, 20),
    st.floats(-np.pi, np.pi),
    st.floats(-500, 500),
    st.floats(-500, 500),
    st.integers(16, 256),
)
def test_alignment_undoes_any_similarity(scale, angle, dx, dy, size):
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    wanted = TEMPLATE * size - 0.5
    face = wanted @ turn.T + [dx, dy]
    matrix = similarity_to_template(face, size)
    found = face @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(found, wanted, atol=1e-6 * max(1, abs(dx), abs(dy)))


def test_alignment_does_not_mirror_and_refuses_a_point():
    mirrored = TEMPLATE[[1, 0, 2, 4, 3]] * 100
    assert np.linalg.det(similarity_to_template(mirrored, 112)[:, :2]) > 0
    with pytest.raises(ValueError, match="one place"):
        similarity_to_template(np.ones((5, 2)), 112)
    with pytest.raises(ValueError, match=r"\(7, 2\)"):
        five_points(np.ones((7, 2)))


def test_68_points_reduce_to_five():
    points = np.zeros((68, 2))
    points[36:42] = [10, 20]
    points[42:48] = [30, 20]
    points[[30, 48, 54]] = [[20, 30], [12, 40], [28, 40]]
    np.testing.assert_array_equal(five_points(points), [[10, 20], [30, 20], [20, 30], [12, 40], [28, 40]])


def test_centerface_finds_the_face_and_its_points_at_any_size():
    picture = astronaut()
    for scale in (0.5, 1.0, 1.7):
        image = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found = make_detector(DetectorConfig()).detect(image)
        assert len(found) == 1 and found.scores[0] > 0.7
        eyes, mouth = found.landmarks_xy[0, :2] / scale, found.landmarks_xy[0, 3:] / scale
        np.testing.assert_allclose(eyes, [[204, 102], [247, 104]], atol=6)
        np.testing.assert_allclose(mouth, [[204, 143], [242, 144]], atol=7)


def test_centerface_is_indifferent_to_where_the_face_is():
    canvas = np.full((700, 900, 3), 90, np.uint8)
    canvas[100:612, 300:812] = astronaut()
    found = make_detector(DetectorConfig()).detect(canvas)
    np.testing.assert_allclose(found.landmarks_xy[0, 0], [204 + 300, 102 + 100], atol=7)


def test_a_picture_without_a_face_gives_nothing():
    assert len(make_detector(DetectorConfig()).detect(np.zeros((90, 160, 3), np.uint8))) == 0


def test_yunet_agrees_with_centerface(shared):
    weights = shared / "weights" / "yunet_n_640_640.onnx"
    yunet = make_detector(DetectorConfig(name="yunet", weights=weights)).detect(astronaut())
    centerface = make_detector(DetectorConfig()).detect(astronaut())
    assert iou(yunet.boxes_xyxy[:1], centerface.boxes_xyxy[:1])[0, 0] > 0.5
    np.testing.assert_allclose(yunet.landmarks_xy[0], centerface.landmarks_xy[0], atol=8)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty weights cache, and no network."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.download_url_to_file", _offline)
    return tmp_path / "hub" / "checkpoints"


def _offline(*args, **kwargs):
    raise OSError("no network")


@pytest.mark.parametrize("name", ["yunet", "sfd", "blazeface"])
def test_absent_weights_are_named_in_one_line(hub, name, monkeypatch):
    monkeypatch.setattr("urllib.request.urlopen", _offline)
    with pytest.raises(WeightsError) as caught:
        make_detector(DetectorConfig(name=name))
    assert "\n" not in str(caught.value) and "no network" in str(caught.value)


def test_wrong_weights_are_named_in_one_line(tmp_path):
    path = tmp_path / "w.onnx"
    path.write_bytes(b"not a network")
    for name in ("centerface", "yunet"):
        with pytest.raises(WeightsError, match=r"w\.onnx"):
            make_detector(DetectorConfig(name=name, weights=path))


def test_blazeface_with_fan_gives_68_points(shared, hub):
    import torch
    from face_alignment.models import FAN

    torch.manual_seed(0)
    hub.mkdir(parents=True)
    torch.save(
        FAN(4).state_dict(), hub / "2DFAN4-11f355bf06.pth.tar"
    )  # random: the way through, not accuracy
    config = DetectorConfig(name="blazeface", weights=shared / "weights" / "blazeface.pth")
    found = make_detector(config).detect(astronaut())
    assert found.landmarks_xy.shape[1:] == (68, 2) and len(found) >= 1
    left, top, right, bottom = found.boxes_xyxy[0]
    assert left < 224 < right and top < 120 < bottom
    assert np.isfinite(found.landmarks_xy).all()


def test_overlapping_boxes_are_suppressed_most_certain_first():
    boxes = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [50, 50, 60, 60]], np.float32)
    np.testing.assert_array_equal(suppress_overlaps(boxes, np.array([0.5, 0.9, 0.7]), 0.3), [1, 2])


def test_detector_settings_are_checked():
    with pytest.raises(ValueError, match="centerface, yunet"):
        DetectorConfig(name="dnn")
    with pytest.raises(ValueError, match="min_score"):
        DetectorConfig(min_score=2)
