"""Frames: colours, orientation, and crops that land where the matrix says."""

from __future__ import annotations

import itertools
from dataclasses import replace

import av
import cv2
import numpy as np
import pytest
from clips import moving_square, write_clip

from seqfer.video import Frame, FrameBatch, Orientation, RgbPicture, YuvPicture, read_frames
from seqfer.video.picture import warp_plane
from seqfer.video.pyav_reader import picture_of

ORIENTATIONS = [
    Orientation(transpose=t, flip_x=x, flip_y=y) for t, x, y in itertools.product([False, True], repeat=3)
]
SIZES = [(160, 120), (161, 121), (97, 150)]


def stored(upright, orientation):
    """The picture that ``orientation`` turns into ``upright``."""
    upright = upright[:: -1 if orientation.flip_y else 1, :: -1 if orientation.flip_x else 1]
    return np.ascontiguousarray(upright.transpose(1, 0, 2) if orientation.transpose else upright)


def frame_of(upright, orientation, kind):
    data = stored(upright, orientation)
    if kind == "rgb":
        picture = RgbPicture(data=data)
    else:
        rgb = av.VideoFrame.from_ndarray(data, format="rgb24")
        yuv = rgb.reformat(format="yuv444p", dst_colorspace=1, dst_color_range=1)
        y, u, v = (np.frombuffer(p, np.uint8).reshape(-1, p.line_size)[:, : p.width] for p in yuv.planes)
        # Chroma sited as in H.264: level with the left column, between two rows.
        left = np.array([[2.0, 0, 0], [0, 2.0, 0.5]])
        half = (y.shape[1] + 1) // 2, (y.shape[0] + 1) // 2
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        u, v = (cv2.warpAffine(c, left, half, flags=flags, borderMode=cv2.BORDER_REPLICATE) for c in (u, v))
        picture = YuvPicture(y=y.copy(), u=u, v=v, matrix=1, full_range=False)
    return Frame(frame_index=0, pts_seconds=0.0, picture=picture, orientation=orientation)


def dot(width, height, x, y, radius, colour=(255, 255, 255)):
    """A Gaussian spot on dark grey, its centre at (x, y) between pixels."""
    yy, xx = np.mgrid[:height, :width]
    spot = np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / (2 * radius**2))[..., None]
    return (40 + spot * (np.array(colour) - 40.0)).round().astype(np.uint8)


def centroid(image, threshold=20):
    weight = np.clip(image.astype(float) - 40 - threshold, 0, None)
    yy, xx = np.mgrid[: image.shape[0], : image.shape[1]]
    return np.array([(xx * weight).sum(), (yy * weight).sum()]) / weight.sum()


@pytest.mark.parametrize("kind", ["yuv", "rgb"])
@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_dot_lands_where_the_matrix_says(size, orientation, kind):
    width, height = size
    x, y = 0.53 * width, 0.41 * height
    frame = frame_of(dot(width, height, x, y, 5.0), orientation, kind)
    angle, scale = 0.3, 0.8
    a, b = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[a, -b], [b, a]])
    shift = np.array([30.3, 25.8]) - linear @ [x, y]
    crop = frame.crop(np.column_stack([linear, shift]), 64)
    assert crop.shape == (64, 64, 3) and crop.dtype == np.uint8
    assert centroid(crop[..., 1]) == pytest.approx([30.3, 25.8], abs=0.06)


@pytest.mark.parametrize("shrink", [0.5, 1.0, 1.9, 2.0, 2.7, 4.0, 7.5])
@pytest.mark.parametrize("orientation", [ORIENTATIONS[0], ORIENTATIONS[5]], ids=str)
def test_shrinking_crops_land_there_too(shrink, orientation):
    x, y = 311.4, 222.7
    frame = frame_of(dot(643, 481, x, y, 6 * shrink), orientation, "yuv")
    matrix = np.array([[1 / shrink, 0, 33.2 - x / shrink], [0, 1 / shrink, 29.9 - y / shrink]])
    crop = frame.crop(matrix, 64)
    assert centroid(crop[..., 1]) == pytest.approx([33.2, 29.9], abs=0.05)
    assert crop[30, 33].min() > 235


def test_colour_is_not_displaced_against_brightness():
    x, y = 80.4, 60.7
    frame = frame_of(dot(160, 120, x, y, 8.0, colour=(250, 40, 40)), ORIENTATIONS[0], "yuv")
    crop = frame.crop(np.array([[1.0, 0, 32 - x], [0, 1.0, 32 - y]]), 64)
    assert centroid(crop[..., 0]) == pytest.approx([32, 32], abs=0.1)


def test_shrinking_does_not_alias():
    """A pattern of single pixels becomes even grey, wherever the crop happens to lie."""
    checks = (np.indices((480, 640)).sum(axis=0) % 2 * 255).astype(np.uint8)
    for shift in (0.0, 0.25, 0.5, 1.3):
        crop = warp_plane(checks, np.array([[0.25, 0, shift], [0, 0.25, shift]]), 100, 100)
        assert np.abs(crop.astype(int) - 127).max() <= 1


def test_beyond_the_edge_the_edge_goes_on():
    picture = np.full((40, 60, 3), 10, np.uint8)
    picture[:, :6] = 200
    frame = Frame(frame_index=0, pts_seconds=0.0, picture=RgbPicture(data=picture))
    assert (frame.crop(np.array([[1.0, 0, 40], [0, 1, 0]]), 40)[:, :40] == 200).all()
    far = frame.crop(np.array([[1.0, 0, 5000], [0, 1, -7000]]), 16)
    assert (far == 200).all()


@pytest.mark.parametrize("matrix", [np.zeros((2, 3)), np.full((2, 3), np.nan), np.eye(3)])
def test_an_impossible_matrix_is_refused(matrix):
    frame = Frame(frame_index=0, pts_seconds=0.0, picture=RgbPicture(data=np.zeros((9, 9, 3), np.uint8)))
    with pytest.raises(ValueError, match=r"2x3|\(2, 3\)"):
        frame.crop(matrix, 8)


@pytest.mark.parametrize("kind", ["yuv", "rgb"])
@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_view_shows_the_upright_picture(size, orientation, kind):
    upright = next(moving_square(1, *size))
    frame = frame_of(upright, orientation, kind)
    assert frame.size == size
    assert np.abs(frame.rgb().astype(int) - upright).mean() < 2
    small = cv2.resize(upright, (40, 30), interpolation=cv2.INTER_AREA)
    assert np.abs(frame.rgb_resized(40, 30).astype(int) - small).mean() < 2
    weights = [0.2126, 0.7152, 0.0722] if kind == "yuv" else [0.299, 0.587, 0.114]
    assert np.abs(frame.grey(40, 30) - small @ weights).mean() < 2
    identity = frame.crop(np.eye(2, 3), 90)
    assert np.abs(identity.astype(int) - frame.rgb()[:90, :90]).max() <= 1


@pytest.mark.parametrize("colorspace", [1, 6, 9])
@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "nv12", "yuv422p", "yuv420p10le"])
def test_colours_follow_the_tags_and_come_back_as_they_were(colorspace, pixels):
    original = next(moving_square(1))
    full = 2 if pixels.startswith("yuvj") else 1
    rgb = av.VideoFrame.from_ndarray(original, format="rgb24")
    coded = rgb.reformat(format=pixels, dst_colorspace=colorspace, dst_color_range=full)
    coded.colorspace, coded.color_range = colorspace, full
    ours = picture_of(coded).rgb().astype(int)
    assert np.abs(ours - original).mean() < 1
    theirs = coded.to_ndarray(format="rgb24", src_colorspace=colorspace)
    assert np.abs(ours - theirs).mean() < 2.5  # swscale itself is that far from the original


def test_reducing_in_steps_is_averaging_over_areas():
    rng = np.random.default_rng(3)
    picture = RgbPicture(data=rng.integers(0, 256, (720, 1280, 3), dtype=np.uint8))
    exact = picture.data.reshape(90, 8, 160, 8, 3).mean(axis=(1, 3))
    assert np.abs(picture.rgb_resized(160, 90) - exact).max() <= 1.5


def test_views_of_a_decoded_frame_do_not_change_it(tmp_path):
    decoded = next(read_frames(write_clip(tmp_path / "a.mp4", moving_square(2))))
    for frame in (decoded, replace(decoded, picture=RgbPicture(data=decoded.rgb()))):
        before = frame.rgb().copy()
        frame.grey(160, 120)[:] = 0
        frame.rgb_resized(160, 120)[:] = 0
        frame.crop(np.eye(2, 3), 32)[:] = 0
        frame.rgb()[:] = 0
        assert np.array_equal(frame.rgb(), before)


def test_shapes_are_checked():
    y, half = np.zeros((5, 7), np.uint8), np.zeros((3, 4), np.uint8)
    YuvPicture(y=y, u=half, v=half, matrix=1, full_range=False)
    with pytest.raises(ValueError, match=r"7x5 .* \(3, 4\), got \(2, 3\)"):
        YuvPicture(y=y, u=half[:2, :3], v=half, matrix=1, full_range=False)
    with pytest.raises(ValueError, match="RGB must be uint8"):
        RgbPicture(data=np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError, match="data, frame_indices"):
        FrameBatch(
            data=np.zeros((2, 4, 4, 3), np.uint8),
            frame_indices=np.zeros(3, np.int64),
            pts_seconds=np.zeros(2),
        )
