"""Shots: cuts on their frame, fades and dissolves within their length, and nothing where nothing was cut."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import astronaut, cat, coffee

from seqfer.faces import is_cut_between, mark_shots
from seqfer.faces.gradual import LONGEST

SIZE = (160, 90)
A, B, C = (cv2.resize(picture(), SIZE, interpolation=cv2.INTER_AREA) for picture in (astronaut, cat, coffee))
BLACK, WHITE = np.zeros_like(A), np.full_like(A, 255)


@dataclass
class Seen:
    """A frame made in the test."""

    image: np.ndarray
    pts_seconds: float = 0.0

    def grey(self, width, height):
        small = cv2.resize(self.image, (width, height), interpolation=cv2.INTER_AREA)
        return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)


def still(picture, count, noise=3.0, seed=0):
    rng = np.random.default_rng(seed)
    return [
        np.clip(picture + rng.normal(0, noise, picture.shape), 0, 255).astype(np.uint8) for _ in range(count)
    ]


def mixed(a, b, count):
    """Frames from ``a`` to ``b``, neither of them among these."""
    weights = (np.arange(count) + 1) / (count + 1)
    return [np.rint((1 - w) * a + w * b).astype(np.uint8) for w in weights]


def moved(picture, count, step, zoom=1.0):
    frames = []
    for number in range(count):
        scale = 0.6 * zoom**number
        x, y = (1 - scale) * SIZE[0] / 2 - step * number * 0.6, (1 - scale) * SIZE[1] / 2
        matrix = np.array([[scale, 0, x], [0, scale, y]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        frames.append(cv2.warpAffine(picture, matrix, SIZE, flags=flags, borderMode=cv2.BORDER_REFLECT))
    return frames


def seen(frames):
    """At 25 frames a second."""
    return (Seen(image, number / 25) for number, image in enumerate(frames))


def cuts(frames):
    shots = [shot for _, shot, _ in mark_shots(seen(frames))]
    assert not shots or shots[0] == 0
    return (1 + np.flatnonzero(np.diff(shots))).tolist()


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_very_short_films_have_one_shot(count):
    assert [shot for _, shot, _ in mark_shots(seen(still(A, count)))] == [0] * count


def test_every_frame_comes_once_in_order_with_its_thumbnail():
    frames = list(seen(moved(A, 20, 4)))
    marked = list(mark_shots(iter(frames)))
    assert [frame for frame, _, _ in marked] == frames
    for frame, _, small in marked:
        assert small.dtype == np.uint8
        np.testing.assert_array_equal(small, frame.grey(64, 36))


def test_frames_are_not_held_back_for_long():
    taken = 0

    def count():
        nonlocal taken
        for frame in seen(moved(A, 30, 4)):
            taken += 1
            yield frame

    for given_out, _ in enumerate(mark_shots(count()), start=1):
        assert taken - given_out <= 3


def test_hard_cuts_are_found_on_their_frame():
    frames = still(A, 30) + moved(B, 25, 6) + still(C, 10) + still(A, 30)
    assert cuts(frames) == [30, 55, 65]


def test_a_cut_between_two_portraits_before_the_same_ground_is_found(shared):
    one, two = (
        cv2.resize(cv2.imread(str(shared / f"data/london/{n}_neutral.jpg")), SIZE) for n in ("001", "002")
    )
    assert cuts(still(one, 30) + still(two, 30)) == [30]


@pytest.mark.parametrize("plain", [BLACK, WHITE], ids=["black", "white"])
@pytest.mark.parametrize("hold", [1, 12])
@pytest.mark.parametrize("length", [6, 15, 40])
def test_a_fade_is_one_cut_within_its_length(length, hold, plain):
    frames = still(A, 30) + mixed(A, plain, length) + [plain] * hold + mixed(plain, B, length) + still(B, 60)
    (cut,) = cuts(frames)
    assert 30 <= cut <= 30 + 2 * length + hold


@pytest.mark.parametrize("length", [1, 2, 3, 5, 8, 13, 25, 50, 75])
def test_a_dissolve_is_one_cut_within_its_length(length):
    (cut,) = cuts(still(A, 40) + mixed(A, B, length) + still(B, 90))
    assert 40 <= cut <= 40 + length


@settings(max_examples=8, deadline=None)
@given(st.integers(6, 60), st.integers(25, 100), st.integers(0, 2**32 - 1))
def test_a_dissolve_between_moving_pictures_is_never_found_twice_or_elsewhere(length, start, seed):
    rng = np.random.default_rng(seed)
    step_a, step_b = rng.uniform(-0.8, 0.8, 2)
    old, new = moved(A, start + length, step_a), moved(B, length + 80, step_b)
    between = [
        np.rint((1 - w) * a + w * b).astype(np.uint8)
        for a, b, w in zip(old[start:], new, (np.arange(length) + 1) / (length + 1), strict=False)
    ]
    found = cuts(old[:start] + between + new[length:])
    assert len(found) <= 1 and all(start <= cut <= start + length for cut in found)


def lit(picture, factors):
    return [np.clip(picture * f, 0, 255).astype(np.uint8) for f in factors]


UNCUT = {
    "pan": lambda: moved(A, 80, 6),
    "slow pan of a soft picture": lambda: moved(cv2.GaussianBlur(B, None, 4), 80, 1.3),
    "whip": lambda: moved(A, 20, 0) + moved(A, 30, 40),
    "zoom": lambda: moved(A, 80, 0, 1.01),
    "fast zoom": lambda: moved(A, 30, 0, 0.96),
    "noise": lambda: still(A, 60, noise=40),
    "flash": lambda: still(A, 20) + lit(A, [2.5]) + still(A, 20),
    "double flash with afterglow": lambda: still(A, 20) + lit(A, [3.0, 3.0, 1.5]) + still(A, 20),
    "lights off": lambda: lit(A, [1.0] * 20 + [0.3] * 30 + [1.0] * 20),
    "dimmed": lambda: lit(A, np.linspace(1, 0.2, 50)) + lit(A, np.linspace(0.2, 1, 12)),
    "black for a while": lambda: still(A, 30) + mixed(A, BLACK, 10) + [BLACK] * 5 + mixed(BLACK, A, 10),
    "out of black": lambda: [BLACK] * 10 + mixed(BLACK, A, 20) + still(A, 30),
    "dropped frames": lambda: [image for image in moved(A, 40, 1.5) for _ in range(2)],
}


def test_motion_goes_on_where_frames_are_missing_but_a_cut_there_is_a_cut():
    """Variable rates: a quarter of a second without a frame."""
    frames = list(seen(moved(A, 60, 0.5)))
    thinned = frames[:30] + frames[37:]
    assert len({shot for _, shot, _ in mark_shots(thinned)}) == 1
    other = [Seen(image, frame.pts_seconds) for image, frame in zip(moved(B, 60, 0.5), frames, strict=True)]
    assert [shot for _, shot, _ in mark_shots(frames[:30] + other[37:])] == [0] * 30 + [1] * 23


@pytest.mark.parametrize("what", UNCUT)
def test_what_is_no_change_of_shot_is_no_cut(what):
    assert cuts(UNCUT[what]()) == []


def smalls(frames):
    return [Seen(image).grey(64, 36) for image in frames]


def test_a_cut_at_the_boundary_of_two_stretches_is_told():
    one, other = smalls(moved(A, 6, 2)), smalls(moved(B, 6, 2))
    assert is_cut_between(one, other)
    assert not is_cut_between(one[:3], one[3:])
    assert not is_cut_between(one + other[:3], other[3:])
    assert not is_cut_between([], other)


def test_a_dissolve_across_the_boundary_is_told_and_one_beside_it_is_not():
    film = smalls(still(A, 100) + mixed(A, B, 30) + still(B, 150))
    for boundary, across in [(115, True), (60, False), (160, False)]:
        before, after = (
            film[boundary - min(boundary, LONGEST) : boundary],
            film[boundary : boundary + LONGEST],
        )
        assert is_cut_between(before, after) == across


@settings(max_examples=10, deadline=None)
@given(st.integers(5, 95))
def test_the_boundary_is_judged_as_the_whole_would_be(boundary):
    """Wherever a film of hard cuts is divided."""
    frames = still(A, 30) + moved(B, 25, 3) + still(C, 20) + still(A, 25)
    film = smalls(frames)
    assert is_cut_between(film[:boundary], film[boundary:]) == (boundary in cuts(frames))
