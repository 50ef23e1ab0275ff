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


def landmarks(path, store_path, **config):
    """Times and landmarks of the first track."""
    extract_video(path, store_path, video_id="v", config=ExtractionConfig(**config))
    with open_store(store_path) as store:
        return store.tracks[0].pts_seconds, store.tracks[0].landmarks_xy


def apart(a, b):
    """Mean distance of landmarks, in distances between the eyes."""
    return np.linalg.norm(a - b, axis=2).mean() / np.linalg.norm(b[:, 0] - b[:, 1], axis=1).mean()


def test_decord_on_request_finds_the_same_faces(videos, tmp_path):
    pytest.importorskip("decord")
    path = videos / "single_face.mp4"
    times, points = landmarks(path, tmp_path / "p.h5", reader="pyav")
    decord_times, decord_points = landmarks(path, tmp_path / "d.h5", reader="decord")
    np.testing.assert_allclose(times, decord_times, atol=1e-6)
    assert apart(decord_points, points) < 0.04


def test_looking_at_every_frame_moves_the_crops_little(videos, tmp_path):
    """Interpolation between looks against detection in each frame."""
    path = videos / "two_faces_head_pose.mp4"
    _, usual = landmarks(path, tmp_path / "a.h5")
    _, dense = landmarks(path, tmp_path / "b.h5", tracking=TrackingConfig(detections_per_second=1000.0))
    assert apart(usual, dense) < 0.06


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


def test_the_sample_videos_have_the_tracks_they_were_made_with(tmp_path):
    from seqfer.samples import write_samples

    for sample in write_samples(tmp_path / "samples")[:-1]:
        result, tracks, _ = extracted(sample.path, tmp_path)
        assert result.num_tracks == sample.expected_faces, sample.path.name
        cuts = [time for time, what in sample.events if "cut" in what]
        for pts, indices, _ in tracks:
            assert not any(pts[0] < cut <= pts[-1] for cut in cuts), "a track goes on beyond a cut"
            if not cuts and "leaves" not in sample.path.name:
                np.testing.assert_array_equal(indices, np.arange(result.num_frames))


def test_a_key_covers_content_and_settings():
    a = extraction_key("f", ExtractionConfig())
    assert a == extraction_key("f", ExtractionConfig())
    assert a != extraction_key("g", ExtractionConfig())
    assert a != extraction_key("f", ExtractionConfig(jpeg_quality=90))
