"""Times: exact where the stream tells them, sensible and told where it does not."""

from __future__ import annotations

import itertools
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from seqfer.video.clock import Clock


def run(ticks, *, resets=False):
    """Times in steps of a tenth of a second, (seconds, number) of every frame kept, and what was said."""
    said = []
    clock = Clock(time_base=Fraction(1, 100), step=Fraction(1, 10), resets=resets, say=said.append)
    return list(clock.run(zip(ticks, range(len(ticks)), strict=True))), said


def test_times_begin_at_zero_and_are_exact():
    assert run([733, 743, 744, 1000]) == ([(0.0, 0), (0.1, 1), (0.11, 2), (2.67, 3)], [])


def test_a_duplicate_is_dropped():
    frames, said = run([0, 10, 10, 20])
    assert frames == [(0.0, 0), (0.1, 1), (0.2, 3)]
    assert said == ["1 frame(s) dropped whose time does not come after the one before"]


def test_a_mislabelled_frame_goes_into_its_gap():
    frames, said = run([0, 10, 0, 30])
    assert frames == [(0.0, 0), (0.1, 1), (0.2, 2), (0.3, 3)]
    assert said == ["1 frame(s) with a time out of order, put between their neighbours"]


def test_a_clock_set_back_goes_on():
    frames, said = run([500, 510, 520, 0, 10])
    assert frames == [(0.0, 0), (0.1, 1), (0.2, 2), (0.3, 3), (0.4, 4)]
    assert len(said) == 1 and "jumps by -5.2 s" in said[0]


def test_a_leap_ahead_is_a_pause_in_a_file_and_a_reset_in_a_transport_stream():
    assert run([0, 10, 5000])[0][-1] == (50.0, 2)
    assert run([0, 10, 5000], resets=True)[0][-1] == (0.2, 2)


def test_frames_without_a_time_are_counted_on():
    assert run([None, None, None])[0] == [(0.0, 0), (0.1, 1), (0.2, 2)]
    assert run([50, 60, None, 80]) == ([(0.0, 0), (0.1, 1), (0.2, 2), (0.3, 3)], [])


@given(st.lists(st.none() | st.integers(-(10**9), 10**9) | st.integers(0, 60), max_size=60), st.booleans())
def test_times_always_rise_and_frames_keep_their_order(ticks, resets):
    frames, _ = run(ticks, resets=resets)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in itertools.pairwise(frames))
    assert bool(frames) == bool(ticks)
    assert not frames or frames[0] == (0.0, 0)
