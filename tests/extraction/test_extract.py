"""Video to tracks on real clips, with what is known of them (../shared/data/README.md)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from seqfer.errors import VideoError
from seqfer.extraction import ExtractionConfig, extract_video, extraction_key
from seqfer.faces import TrackingConfig
from seqfer.store import open_store


def extracted(path, tmp_path, **config):
    """Result, and per track: times, frame indices, and the store's frame times."""
    store_path = tmp_path / "out.h5"
    result = extract_video(path, store_path, video_id="v", config=ExtractionConfig(**config))
    with open_store(store_path) as store:
        tracks = [(t.pts_seconds, t.frame_indices, t.crops(0, 3)) for t in store.tracks]
        return result, tracks, store.frame_pts_seconds


@pytest.fixture
def videos(shared):
    return shared / "data" / "videos"


def test_one_face_throughout(videos, tmp_path):
    result, tracks, times = extracted(videos / "single_face.mp4", tmp_path)
    assert (result.num_frames, result.num_tracks, result.notes) == (72, 1, ())
    pts, indices, crops = tracks[0]
    np.testing.assert_array_equal(indices, np.arange(72))
    np.testing.assert_array_equal(pts, times)
    assert crops.shape == (3, 112, 112, 3) and crops.std() > 20


def test_a_track_ends_at_the_cut(videos, tmp_path):
    result, tracks, times = extracted(videos / "face_noface.mov", tmp_path)
    assert result.num_frames == 169 and len(tracks) == 1
    _, indices, _ = tracks[0]
    assert indices[0] == 0 and len(indices) == indices[-1] + 1
    with_face = times[indices[-1] + 1]
    assert with_face == pytest.approx(2.4, abs=0.2)


def test_a_cartoon_has_no_track(videos, tmp_path):
    result, tracks, times = extracted(videos / "no_face.mp4", tmp_path)
    assert (result.num_frames, tracks, len(times)) == (95, [], 95)


def test_two_people_are_two_tracks_over_the_whole_clip(videos, tmp_path):
    _, tracks, times = extracted(videos / "two_faces_head_pose.mp4", tmp_path)
    assert len(tracks) == 2
    for _, indices, _ in tracks:
        np.testing.assert_array_equal(indices, np.arange(len(times)))


def test_a_turn_to_profile_and_back_keeps_its_number(videos, tmp_path):
    _, tracks, times = extracted(videos / "profile_turn.mp4", tmp_path)
    assert len(tracks) == 1
    assert len(tracks[0][1]) == len(times)


def test_decord_on_request_finds_the_same_faces(videos, tmp_path):
    pytest.importorskip("decord")
    path = videos / "single_face.mp4"
    with_pyav, with_decord = (extracted(path, tmp_path, reader=r)[1] for r in ("pyav", "decord"))
    np.testing.assert_allclose(with_pyav[0][0], with_decord[0][0], atol=1e-6)
    difference = np.abs(with_pyav[0][2].astype(int) - with_decord[0][2])
    assert difference.mean() < 6


def test_looking_at_every_frame_moves_the_crops_little(videos, tmp_path):
    """Interpolation between looks against detection in each frame, by where the eyes come to lie."""
    path = videos / "two_faces_head_pose.mp4"
    points = []
    for rate in (5.0, 1000.0):
        store_path = tmp_path / f"{rate}.h5"
        tracking = TrackingConfig(detections_per_second=rate)
        extract_video(path, store_path, video_id="v", config=ExtractionConfig(tracking=tracking))
        with open_store(store_path) as store:
            points.append(store.tracks[0].landmarks_xy)
    between_eyes = np.linalg.norm(points[1][:, 0] - points[1][:, 1], axis=1).mean()
    error = np.linalg.norm(points[0] - points[1], axis=2).mean() / between_eyes
    assert error < 0.06


def test_every_hard_file_gives_a_store_or_one_line(shared, tmp_path):
    """What the frames are is tested with the reader; here: nothing crashes on the whole way."""
    for path in sorted((shared / "data" / "decode").iterdir()):
        try:
            result, _, times = extracted(path, tmp_path)
        except VideoError as error:
            assert path.name == "sine_mono_s16.wav"
            assert "no video stream" in str(error) and "\n" not in str(error)
        else:
            assert result.num_frames == len(times) > 0
            assert times[0] == 0 and all(a < b for a, b in itertools.pairwise(times))


def test_a_key_covers_content_and_settings():
    a = extraction_key("f", ExtractionConfig())
    assert a == extraction_key("f", ExtractionConfig())
    assert a != extraction_key("g", ExtractionConfig())
    assert a != extraction_key("f", ExtractionConfig(jpeg_quality=90))
