"""Dense landmarks: the framing, FAN beside face-alignment's own path, and the way back to the picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from face_alignment import FaceAlignment, LandmarksType, api
from face_alignment.models import FAN
from face_alignment.utils import crop, get_preds_fromhm, transform
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import astronaut

from seqfer.errors import WeightsError
from seqfer.faces.detection import Detections
from seqfer.faces.face_alignment_net import FanLandmarks
from seqfer.faces.fan import FanLandmarker, moved, peaks
from seqfer.faces.landmarking import LOOSE_BOXES, TIGHT_BOXES, Landmarks, crop_matrices, in_picture

FACES = np.array([[170.0, 60, 290, 190], [158.3, 42.9, 301.7, 177.1], [-20, 10, 200, 230]])


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Two threads on two busy cores wait for one another."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A weights cache with random FAN weights under the name that face-alignment expects."""
    home = tmp_path_factory.mktemp("torch")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCH_HOME", str(home))
        (home / "hub" / "checkpoints").mkdir(parents=True)
        torch.manual_seed(0)
        torch.save(FAN(4).state_dict(), home / "hub" / "checkpoints" / "2DFAN4-11f355bf06.pth.tar")
        yield home


@pytest.fixture
def short_fan(tmp_path, monkeypatch):
    """Random weights of a FAN with one of its four stages, for what does not depend on the network."""
    monkeypatch.setattr("seqfer.faces.fan.FAN", lambda stages: FAN(1))
    torch.manual_seed(0)
    torch.save(FAN(1).state_dict(), tmp_path / "fan.pth")
    return tmp_path / "fan.pth"


def theirs(box):
    """Centre and scale of a box, as face-alignment's ``get_landmarks_from_image`` has them."""
    w, h = box[2] - box[0], box[3] - box[1]
    return np.array([box[2] - w / 2, box[3] - h / 2 - 0.12 * h]), (w + h) / LOOSE_BOXES


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_same_cut_outs_give_the_points_of_face_alignment(hub, shared, monkeypatch, mirrored):
    weights = shared / "weights" / "blazeface.pth"
    alignment = FaceAlignment(
        LandmarksType.TWO_D,
        device="cpu",
        flip_input=mirrored,
        face_detector="blazeface",
        face_detector_kwargs={
            "path_to_detector": str(weights),
            "path_to_anchor": str(weights.with_name("anchors.npy")),
        },
        compile=False,
    )
    in_map = []  # their points before they are cut down to whole pixels

    def noted(heat, center, scale):
        found = get_preds_fromhm(heat, center, scale)
        in_map.append(found[0][0])
        return found

    monkeypatch.setattr(api, "get_preds_fromhm", noted)
    boxes = FACES[: 1 if mirrored else 2]
    whole, scores, _ = alignment.get_landmarks_from_image(
        astronaut(), [*boxes], return_bboxes=True, return_landmark_score=True
    )
    pictures = np.stack([crop(astronaut(), *theirs(box)) for box in boxes])
    found = FanLandmarker(mirrored=mirrored).landmarks(pictures)
    np.testing.assert_allclose(found.points_xy + 0.5, np.stack(in_map) * 4, atol=0.01)
    matrices = crop_matrices(boxes, 256, reference_scale=LOOSE_BOXES)
    from_edge = in_picture(found.points_xy, matrices) + 0.5
    np.testing.assert_array_equal(np.trunc(from_edge), np.stack(whole))
    height = np.clip(np.stack(scores) / (1 + mirrored), 0, 1)
    np.testing.assert_allclose(found.scores, height, atol=1e-4)
    np.testing.assert_allclose(found.confidences, height.mean(axis=1), atol=1e-4)


@settings(max_examples=50, deadline=None)
@given(
    st.tuples(st.floats(-500, 4000), st.floats(-500, 4000), st.floats(8, 2000), st.floats(8, 2000)),
    st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
)
def test_cut_outs_are_framed_as_face_alignment_frames_them(box_xywh, place):
    x, y, w, h = box_xywh
    box = np.array([x, y, x + w, y + h])
    centre, scale = theirs(box)
    point = centre + np.array(place) * scale * 100  # inside the cut-out, from the picture's edge
    matrix = crop_matrices(box[None], 256, reference_scale=LOOSE_BOXES)[0]
    ours = matrix[:, :2] @ (point - 0.5) + matrix[:, 2] + 0.5
    # They keep only whole pixels.
    assert np.abs(ours - transform(point, centre, scale, 256.0).numpy()).max() < 1.01


@given(st.lists(st.tuples(*[st.floats(0, 2000)] * 2, *[st.floats(5, 900)] * 2), min_size=1, max_size=5))
def test_points_come_back_to_where_they_were_cut_from(boxes_xywh):
    boxes = np.array(boxes_xywh)
    boxes[:, 2:] += boxes[:, :2]
    matrices = crop_matrices(boxes, 256, reference_scale=165.0)
    points = np.random.default_rng(0).uniform(0, 2000, (len(boxes), 68, 2))
    cut = points @ matrices[:, :, :2].transpose(0, 2, 1) + matrices[:, None, :, 2]
    np.testing.assert_allclose(in_picture(cut, matrices), points, atol=2e-3)


def test_heat_maps_are_read_as_face_alignment_reads_them():
    heat = np.random.default_rng(0).random((3, 68, 64, 64), np.float32)
    heat[0, :4, [0, 0, 63, 63], [0, 63, 0, 63]] = 2  # corners,
    heat[1, :4, [0, 63, 20, 20], [20, 20, 0, 63]] = 2  # edges,
    heat[2, :2, 30:34, 30:34] = 2  # and plateaus
    points, height = peaks(torch.from_numpy(heat))
    expected, _, scores = get_preds_fromhm(heat)
    np.testing.assert_array_equal(points, expected)
    np.testing.assert_array_equal(height, scores)


def test_a_peak_is_found_to_a_quarter_pixel():
    y, x = np.mgrid[:64, :64]
    heat = np.exp(-((x + 0.5 - 20.8) ** 2 + (y + 0.5 - 40.3) ** 2) / 8).astype(np.float32)
    np.testing.assert_allclose(peaks(torch.from_numpy(heat[None, None]))[0][0, 0], [20.8, 40.3], atol=0.25)


def test_points_do_not_depend_on_which_faces_share_a_batch(short_fan):
    pictures = np.stack([crop(astronaut(), *theirs(box)) for box in FACES])
    landmarker = FanLandmarker(weights=short_fan, batch_size=2)
    together, backwards = landmarker.landmarks(pictures), landmarker.landmarks(pictures[::-1])
    assert len(together) == 3 and len(landmarker.landmarks(pictures[:0])) == 0
    np.testing.assert_array_equal(backwards.points_xy[::-1], together.points_xy)
    np.testing.assert_array_equal(backwards.scores[::-1], together.scores)


class Brightest:
    """A landmarker whose 68 points are all the brightest spot's centre."""

    side = 256

    def landmarks(self, pictures):
        weight = pictures[..., 0].astype(np.float64) ** 2
        total = weight.sum(axis=(1, 2))
        x = (weight.sum(axis=1) @ np.arange(256)) / total
        y = (weight.sum(axis=2) @ np.arange(256)) / total
        points = np.broadcast_to(np.stack([x, y], axis=1)[:, None], (len(pictures), 68, 2))
        return Landmarks(points_xy=points.astype(np.float32), scores=np.ones((len(pictures), 68), np.float32))


class Boxes:
    num_landmarks = 5
    reference_scale = TIGHT_BOXES

    def detect(self, image, *, faint=False):
        boxes = np.array([[40, 40, 104, 120], [30.3, 52.8, 120.9, 117.2], [80, 80, 80, 90]], np.float32)
        return Detections(
            boxes_xyxy=boxes,
            landmarks_xy=np.zeros((3, 5, 2), np.float32),
            scores=np.array([0.9, 0.8, 0.7], np.float32),
        )


def test_a_spot_is_where_it_was_in_the_picture_to_a_tenth_of_a_pixel():
    y, x = np.mgrid[:160, :160]
    spot = np.exp(-((x - 71) ** 2 + (y - 78) ** 2) / 18)
    image = np.repeat((250 * spot).astype(np.uint8)[..., None], 3, axis=2)
    found = FanLandmarks(Boxes(), Brightest()).detect(image)
    assert len(found) == 2  # the third box has no width
    np.testing.assert_allclose(found.landmarks_xy, np.broadcast_to([71.0, 78.0], (2, 68, 2)), atol=0.1)


def test_movement_is_told_in_distances_between_the_eyes():
    reference = np.zeros((1, 68, 2))
    reference[0, 36:42], reference[0, 42:48] = [80, 100], [130, 100]
    points = reference.copy()
    points[0, 30] += [3, 4]
    fractions = moved(points, reference)
    assert fractions[0, 30] == pytest.approx(0.1) and np.count_nonzero(fractions) == 1


def test_what_cannot_be_is_refused(short_fan, tmp_path):
    with pytest.raises(WeightsError, match="no such weights"):
        FanLandmarker(weights=tmp_path / "none.pth")
    with pytest.raises(ValueError, match="batch_size"):
        FanLandmarker(batch_size=0)
    with pytest.raises(ValueError, match="uint8"):
        FanLandmarker(weights=short_fan).landmarks(np.zeros((1, 128, 128, 3), np.uint8))
    with pytest.raises(ValueError, match="extent"):
        crop_matrices([[5, 5, 5, 9]], 256, reference_scale=165.0)
    with pytest.raises(ValueError, match="68"):
        Landmarks(points_xy=np.zeros((2, 5, 2), np.float32), scores=np.zeros((2, 5), np.float32))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_half_precision_on_a_gpu_moves_few_points(hub):
    pictures = np.stack([crop(astronaut(), *theirs(box)) for box in FACES])
    full = FanLandmarker(device="cuda", batch_size=4).landmarks(pictures)
    half = FanLandmarker(device="cuda", batch_size=4, precision="float16").landmarks(pictures)
    assert (np.abs(half.points_xy - full.points_xy).max(axis=2) > 0).mean() < 0.1
