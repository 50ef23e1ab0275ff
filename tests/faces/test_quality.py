"""Head pose and quality: known by construction, and on real faces."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.data import astronaut

from seqfer.extraction import extract_video
from seqfer.faces import DetectorConfig, make_detector, similarity_to_template
from seqfer.faces.align import TEMPLATE
from seqfer.faces.pose import _HEADS, head_pose
from seqfer.faces.quality import QUALITY_COLUMNS, Quality, measure
from seqfer.store import open_store

ANGLES = ("yaw_degrees", "pitch_degrees", "roll_degrees")


def seen(yaw, pitch, roll, scale=20.0, shift=(300, 200), landmarks=5):
    """Landmarks (1, L, 2) of the generic head, turned by hand-written rotations about the camera's axes."""
    (cy, cp, cr), (sy, sp, sr) = (f(np.radians([yaw, pitch, roll])) for f in (np.cos, np.sin))
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    rows, head = _HEADS[landmarks]
    points = np.zeros((1, landmarks, 2))
    points[0, rows] = (scale * head @ (about_z @ about_y @ about_x).T)[:, :2] + shift
    return points


DEGREES = st.floats(-80, 80)


@given(DEGREES, DEGREES, st.floats(-179, 179), st.floats(0.5, 100), st.sampled_from([5, 68]))
def test_a_known_pose_is_recovered(yaw, pitch, roll, scale, landmarks):
    pose = head_pose(seen(yaw, pitch, roll, scale, landmarks=landmarks))
    found = [getattr(pose, name)[0] for name in ANGLES]
    np.testing.assert_allclose(found, [yaw, pitch, roll], atol=1e-6)
    assert pose.fit_error[0] < 1e-6
    assert pose.eye_distance_pixels[0] == pytest.approx(scale * 2 * 3.182)


def test_signs_are_as_documented():
    frontal = seen(0, 0, 0)[0]
    nose = frontal[2] - frontal[[0, 1]].mean(axis=0)
    assert nose[1] > 0 and frontal[0, 0] < frontal[1, 0]  # upright, the left eye of the picture on the left
    to_the_left, down, clockwise = (seen(*turn)[0] for turn in ((30, 0, 0), (0, 20, 0), (0, 0, 30)))
    assert to_the_left[2, 0] < to_the_left[[0, 1]].mean(axis=0)[0]
    assert (down[2] - down[[0, 1]].mean(axis=0))[1] > nose[1]
    assert clockwise[0, 1] < clockwise[1, 1]


@given(st.integers(0, 2**32 - 1), st.floats(-180, 180), st.floats(0.1, 10))
def test_turning_the_picture_changes_the_roll_alone(seed, angle, zoom):
    face = TEMPLATE * 100 + np.random.default_rng(seed).normal(0, 4, (5, 2))
    turn = zoom * np.array([[c := np.cos(np.radians(angle)), -(s := np.sin(np.radians(angle)))], [s, c]])
    pose = head_pose(np.stack([face, face @ turn.T]))
    for name in ("yaw_degrees", "pitch_degrees", "fit_error"):
        before, after = getattr(pose, name)
        assert after == pytest.approx(before, abs=1e-6)
    before, after = pose.roll_degrees
    assert (after - before - angle + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)
    assert pose.eye_distance_pixels[1] == pytest.approx(zoom * pose.eye_distance_pixels[0])


def test_impossible_landmarks_fit_no_head():
    shuffled = seen(0, 0, 0)[:, [3, 1, 0, 2, 4]]
    assert head_pose(shuffled).fit_error[0] > 0.3 > head_pose(TEMPLATE[None]).fit_error[0]
    with pytest.raises(ValueError, match=r"\(T, 5, 2\) or \(T, 68, 2\)"):
        head_pose(np.zeros((5, 2)))


def test_frontal_faces_are_frontal(shared):
    detector, points = make_detector(DetectorConfig()), []
    for path in sorted((shared / "data" / "london").glob("*_neutral.jpg"))[::4]:
        image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        points.append(detector.detect(cv2.resize(image, (256, 256))).landmarks_xy[0])
    pose = head_pose(np.stack(points))
    means = [np.mean(getattr(pose, name)) for name in ANGLES]
    np.testing.assert_allclose(means, [0, 0, 0], atol=6)
    assert np.abs(pose.yaw_degrees).max() < 10 and np.abs(pose.pitch_degrees).max() < 15


def test_a_head_that_turns_turns_smoothly(shared, tmp_path):
    """From looking left in the picture over the camera to looking right, and back."""
    extract_video(shared / "data" / "videos" / "profile_turn.mp4", tmp_path / "s.h5", video_id="v")
    with open_store(tmp_path / "s.h5") as store:
        yaw = store.tracks[0].quality.yaw_degrees
    assert yaw[0] > 35 and yaw[-1] > 10
    lowest = int(yaw.argmin())
    assert 9 <= lowest <= 16 and yaw[lowest] < -15
    assert (np.diff(yaw[4 : lowest + 1]) < 3).all() and (np.diff(yaw[lowest:]) > -3).all()
    assert np.abs(np.diff(yaw)).max() < 20


# -- light, sharpness, size ------------------------------------------------------------------------

FACE = astronaut()[20:230, 120:330]
POINTS = np.array([[84.0, 82], [127, 84], [107, 105], [84, 123], [122, 124]])


def crop(picture=FACE, points=POINTS, size=112):
    """The aligned crop of a picture, as extraction makes it."""
    matrix = similarity_to_template(points, size)
    return cv2.warpAffine(picture, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE)


def of(*crops) -> Quality:
    return measure(np.stack(crops), np.tile(POINTS, (len(crops), 1, 1)), (210, 210))


def falls(values):
    return (np.diff(values) < 0).all()


def test_sharpness_falls_with_blur_of_every_kind():
    sharp = crop()
    smears = [cv2.GaussianBlur(sharp, (0, 0), s) if s else sharp for s in (0, 1, 2, 4)]
    assert falls(of(*smears).sharpness)
    across, diagonal = np.ones((1, 15)), np.eye(15)
    for path in (across, across.T, diagonal, diagonal[::-1]):
        moved = cv2.filter2D(sharp, -1, path / 15)
        before, after = of(sharp, moved).sharpness
        assert after < 0.6 * before


def test_an_enlarged_small_face_is_unsharp():
    pictures = [cv2.resize(FACE, (s, s), interpolation=cv2.INTER_AREA) for s in (210, 60, 40, 25)]
    crops = [crop(p, POINTS * len(p) / 210) for p in pictures]
    assert falls(of(*crops).sharpness)


def test_sharpness_depends_on_neither_light_nor_crop_size():
    sharp = crop()
    dimmed = of(sharp, (sharp * 0.5).astype(np.uint8)).sharpness
    assert dimmed[1] == pytest.approx(dimmed[0], rel=0.05)
    large = cv2.resize(FACE, None, fx=2, fy=2)
    sizes = [of(crop(cv2.GaussianBlur(large, (0, 0), 2), POINTS * 2, s)).sharpness[0] for s in (80, 112, 224)]
    assert max(sizes) < 1.3 * min(sizes)


def test_brightness_follows_gamma():
    curves = [(255 * (crop() / 255) ** gamma).astype(np.uint8) for gamma in (0.4, 1, 2.5)]
    quality = of(*curves, np.zeros_like(curves[0]), np.full_like(curves[0], 255))
    assert falls(quality.brightness[:4])
    assert quality.brightness[3:].tolist() == [0, 1] and quality.contrast[3:].tolist() == [0, 0]
    assert quality.sharpness[3:].tolist() == [0, 0]


def test_how_much_of_the_face_is_in_the_picture():
    picture = crop()
    moved = POINTS - np.array([0, 80, 105, 300])[:, None, None] * [1, 0]  # the face is at 105
    shares = measure(np.stack([picture] * 4), moved, (210, 210)).in_picture
    assert shares[0] == 1 and shares[3] == 0 and falls(shares)
    assert shares[2] == pytest.approx(0.5, abs=0.1)


def test_rows_are_measured_alike_alone_and_together():
    rng = np.random.default_rng(0)
    crops = rng.integers(0, 256, (23, 112, 112, 3), np.uint8)
    points = POINTS + rng.normal(0, 3, (23, 5, 2))
    together = measure(crops, points, (300, 200)).table
    alone = [measure(crops[i : i + 1], points[i : i + 1], (300, 200)).table for i in range(23)]
    np.testing.assert_array_equal(together, np.concatenate(alone))
    back = Quality.from_table(together)
    assert len(back) == 23 and together.shape == (23, len(QUALITY_COLUMNS))
    np.testing.assert_array_equal(back.table, together)
