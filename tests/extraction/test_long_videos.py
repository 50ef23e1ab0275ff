"""A long video in spans: the same tracks as in one go, however the spans lie, whoever makes them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from clips import write_clip
from skimage.data import astronaut

from seqfer.extraction import (
    ExtractionConfig,
    extract_span,
    extract_video,
    missing_spans,
    parts_folder,
)
from seqfer.store import open_store

RATE, SECONDS = 20, 12
_FACE = cv2.resize(astronaut()[0:240, 100:350], (100, 96), interpolation=cv2.INTER_AREA)


def pictures():
    """Two faces; one moves throughout, one leaves at 3.9 s and is back at 6.3 s; a cut at 9 s."""
    for i in range(RATE * SECONDS):
        seconds = i / RATE
        picture = np.full((180, 320, 3), 110 if seconds < 9 else 30, np.uint8)
        x = int(20 + 3 * seconds + (60 if seconds >= 9 else 0))
        picture[40:136, x : x + 100] = _FACE
        if seconds < 3.9 or 6.3 <= seconds < 9:
            picture[50:146, 200:300] = _FACE[:, ::-1]
        yield picture


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spans")
    return write_clip(folder / "long.mp4", pictures(), rate=RATE, gop=RATE // 2, bf="2")


def extracted(clip, store_path, span_seconds):
    config = ExtractionConfig(span_seconds=span_seconds)
    result = extract_video(clip, store_path, video_id="v", config=config)
    with open_store(store_path) as store:
        return (
            result,
            [(t.frame_indices, t.pts_seconds, t.landmarks_xy, t.crops()) for t in store.tracks],
            store.frame_pts_seconds,
            store.frame_shots,
        )


@pytest.mark.parametrize("span_seconds", [1, 2, 4, 5])
def test_spans_give_the_tracks_of_the_undivided_video(clip, tmp_path, span_seconds):
    whole, tracks, times, shots = extracted(clip, tmp_path / "a.h5", 1000)
    divided, parts, part_times, part_shots = extracted(clip, tmp_path / "b.h5", span_seconds)
    assert whole == divided and whole.num_tracks == 3
    np.testing.assert_array_equal(times, part_times)
    np.testing.assert_array_equal(shots, part_shots)
    for (indices, pts, points, crops), (indices_b, pts_b, points_b, crops_b) in zip(
        tracks, parts, strict=True
    ):
        np.testing.assert_array_equal(indices, indices_b)
        np.testing.assert_array_equal(pts, pts_b)
        assert np.abs(points - points_b).max() < 2
        assert np.abs(crops.astype(int) - crops_b).mean() < 6, "where a span begins, faces are found anew"
    assert not parts_folder(tmp_path / "b.h5").exists()


def test_who_makes_the_spans_and_in_which_order_changes_no_byte(clip, tmp_path):
    config = ExtractionConfig(span_seconds=2)
    extract_video(clip, tmp_path / "a.h5", video_id="v", config=config)
    spans = missing_spans(clip, tmp_path / "b.h5", video_id="v", config=config)
    assert len(spans) == SECONDS / 2
    for span in (spans[3], spans[0], spans[4]):
        extract_span(clip, tmp_path / "b.h5", span, video_id="v", config=config)
    left = missing_spans(clip, tmp_path / "b.h5", video_id="v", config=config)
    assert [s.index for s in left] == [1, 2, 5]
    extract_video(clip, tmp_path / "b.h5", video_id="v", config=config)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_parts_of_other_settings_are_made_anew(clip, tmp_path):
    for quality in (90, 95):
        config = ExtractionConfig(span_seconds=4, jpeg_quality=quality)
        spans = missing_spans(clip, tmp_path / "a.h5", video_id="v", config=config)
        assert len(spans) == 3
        extract_span(clip, tmp_path / "a.h5", spans[1], video_id="v", config=config)


def test_a_short_video_has_no_spans(clip, tmp_path):
    assert missing_spans(clip, tmp_path / "a.h5", video_id="v", config=ExtractionConfig()) == ()
