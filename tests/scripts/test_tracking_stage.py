"""The truth of the tracking benchmark's films is where things are drawn."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tracking.films import HIDDEN, PARTIAL, VISIBLE, Film, Scenario, Scene, Truth, make_clip, truth_of
from tracking.portraits import Puppet, make_puppet, mirrored, portrait_files, pyramid
from tracking.scenery import Noise, camera, clouds, ground, hand
from tracking.stage import Actor, Pose, Prop, Shot, moved_box, render, truth

from seqfer.errors import InputError
from seqfer.faces.centerface import CenterFace
from seqfer.video import read_frames

SIZE = (320, 240)
DARK = ground(np.zeros((240, 320, 3), np.uint8), SIZE)


def puppet_with_a_spot(spot_xy, background=0):
    """An opaque square of 301 pixels, a soft bright spot on it, and all landmarks where the spot is."""
    y, x = np.mgrid[:301, :301]
    spot = 255 * np.exp(-((x - spot_xy[0]) ** 2 + (y - spot_xy[1]) ** 2) / (2 * 11.0**2))
    grey = np.maximum(spot, background)[..., None]
    rgba = np.rint(np.concatenate([grey, grey, grey, np.full_like(grey, 255)], axis=-1)).astype(np.uint8)
    return Puppet(
        name="spot",
        levels=pyramid(rgba),
        box_xyxy=np.array([50.0, 20.0, 250.0, 280.0]),
        landmarks_xy=np.tile(np.array(spot_xy, float), (5, 1)),
    )


@settings(max_examples=40, deadline=None)
@given(
    spot=st.tuples(st.floats(60, 240), st.floats(60, 240)),
    x=st.floats(130, 190),
    y=st.floats(100, 140),
    width=st.floats(14, 130),
    turn=st.floats(-60, 60),
    zoom=st.floats(0.8, 1.2),
)
def test_a_landmark_is_where_it_is_drawn_to_a_tenth_of_a_pixel(spot, x, y, width, turn, zoom):
    pose = Pose(x=x, y=y, size=width, turn_degrees=turn)
    look = camera(SIZE, lambda _: (3.3, -2.7), lambda _: zoom, lambda _: 4.0)
    shot = Shot(
        ground=DARK, layers=[Actor(puppet=puppet_with_a_spot(spot), pose=lambda _: pose)], camera=look
    )
    (face,) = truth(shot, 0.0, SIZE)
    light = render(shot, 0.0, SIZE)[..., 0].astype(float)
    rows, columns = np.indices(light.shape)
    centroid = np.array([(columns * light).sum(), (rows * light).sum()]) / light.sum()
    np.testing.assert_allclose(centroid, face.landmarks_xy[0], atol=0.1)


def test_the_box_is_that_of_the_round_face():
    box = np.array([10.0, 20.0, 30.0, 60.0])
    upright = np.array([[2.0, 0, 5], [0, 2.0, 7]])
    np.testing.assert_allclose(moved_box(box, upright), [25, 47, 65, 127])
    quarter = np.array([[0.0, -1, 0], [1.0, 0, 0]])
    np.testing.assert_allclose(moved_box(box, quarter), [-60, 10, -20, 30])


@pytest.mark.parametrize(("x", "inside"), [(160, 1.0), (0, 0.5), (-60, 0.0)])
def test_a_face_at_the_edge_is_inside_in_part(x, inside):
    actor = Actor(puppet=puppet_with_a_spot((150, 150)), pose=lambda _: Pose(x=x, y=120, size=100))
    (face,) = truth(Shot(ground=DARK, layers=[actor]), 0.0, SIZE)
    assert face.inside == pytest.approx(inside, abs=0.03)


def test_what_is_in_front_hides_what_is_behind_and_not_the_other_way():
    near, far = (
        Actor(puppet=puppet_with_a_spot((150, 150), shade), pose=lambda _, s=size: Pose(x=160, y=120, size=s))
        for shade, size in ((200, 100), (90, 60))
    )
    shown = {
        a: f.shown for a, f in zip("fn", truth(Shot(ground=DARK, layers=[far, near]), 0, SIZE), strict=True)
    }
    assert shown == {"f": 0, "n": 1}
    over_half = Prop(levels=near.puppet.levels, pose=lambda _: Pose(x=160 + 100, y=120, size=200))
    (face,) = truth(Shot(ground=DARK, layers=[near, over_half]), 0, SIZE)
    assert face.shown == pytest.approx(0.5, abs=0.03)


def test_states_follow_weight_and_visibility():
    poses = {0: 160, 1: 0, 2: -100}
    actor = Actor(
        puppet=puppet_with_a_spot((150, 150)), pose=lambda t: Pose(x=poses[int(t)], y=120, size=100)
    )
    shot = Shot(ground=DARK, layers=[actor])
    film = Film(scenes=[Scene(shot=shot), Scene(shot=shot, weight=lambda _: 0.4)], changes=[(0.5, 1.5)])
    result = truth_of(film, np.array([0.0, 1.0, 2.0]), SIZE)
    assert result.states.tolist() == [VISIBLE, PARTIAL, PARTIAL, PARTIAL, HIDDEN, HIDDEN]
    assert result.frames.tolist() == [0, 0, 1, 1, 2, 2]
    assert len(set(result.ids.tolist())) == 2  # one person, two shots
    assert result.changes.tolist() == [[1, 2]]


@pytest.mark.parametrize("fps", [12, 0])
def test_a_film_has_the_frames_and_times_of_its_truth_and_is_made_once(tmp_path, fps):
    def wander(cast, size, seed):
        actor = Actor(puppet=cast[0], pose=lambda t: Pose(x=40 + 20 * t, y=60, size=40))
        return Film(scenes=[Scene(shot=Shot(ground=ground(clouds(seed), size), layers=[actor]))])

    made = Scenario(name="wander", make=wander, size=(160, 120), seconds=1.5, fps=fps)
    cast = [puppet_with_a_spot((150, 150))]
    clip = make_clip(made, cast, "digest", tmp_path, 3)
    kept = Truth.load(clip.truth_path)
    assert [f.pts_seconds for f in read_frames(clip.path)] == pytest.approx(
        kept.pts_seconds.tolist(), abs=1e-4
    )
    assert kept.num_frames == len(kept.frames) and kept.size == (160, 120)
    before = clip.path.stat().st_mtime_ns
    assert make_clip(made, cast, "digest", tmp_path, 3).path.stat().st_mtime_ns == before
    assert make_clip(replace(made, seconds=1.0), cast, "digest", tmp_path, 3).path != clip.path


def test_blur_noise_and_light_change_the_picture_and_not_the_truth():
    actor = Actor(puppet=puppet_with_a_spot((150, 150)), pose=lambda t: Pose(x=60 + 400 * t, y=120, size=100))
    plain = Shot(
        ground=DARK, layers=[actor, Prop(levels=hand(0), pose=lambda _: Pose(x=280, y=120, size=40))]
    )
    worse = replace(plain, shutter_seconds=0.1, defocus=lambda _: 2.0, light=lambda _: 0.5)
    sharp, blurred = (render(s, 0.2, SIZE).astype(int) for s in (plain, worse))
    assert blurred.max() < 0.6 * sharp.max()
    a, b = (truth(s, 0.2, SIZE)[0].landmarks_xy for s in (plain, worse))
    np.testing.assert_array_equal(a, b)
    noise = Noise(SIZE, 0)
    grey = np.full((240, 320, 3), 100, np.uint8)
    assert 1.5 < noise(grey).std() < 3 and not np.array_equal(noise(grey), noise(grey))


def test_a_portrait_is_found_again_where_its_truth_says(tmp_path):
    from skimage import data

    puppet = make_puppet("astronaut", data.astronaut()[:336])
    for person in (puppet, mirrored(puppet)):
        actor = Actor(puppet=person, pose=lambda _: Pose(x=150, y=110, size=70, turn_degrees=5))
        shot = Shot(ground=ground(clouds(1), SIZE), layers=[actor])
        (face,) = truth(shot, 0.0, SIZE)
        seen = CenterFace().detect(render(shot, 0.0, SIZE))
        between_eyes = np.linalg.norm(face.landmarks_xy[1] - face.landmarks_xy[0])
        assert len(seen) == 1
        assert np.abs(seen.landmarks_xy[0] - face.landmarks_xy).max() < 0.2 * between_eyes
    assert make_puppet("wall", clouds(0)) is None


def test_a_folder_without_portraits_is_one_clear_line(tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(InputError, match=r"holds no \.jpg or \.png portraits"):
        portrait_files(tmp_path)
