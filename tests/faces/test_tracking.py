"""Shots and tracks on pictures whose content is known exactly: moved copies of one real face."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from skimage.data import astronaut

from seqfer.faces import (
    Detections,
    DetectorConfig,
    ShotTracker,
    TrackingConfig,
    TrackRows,
    make_detector,
)
from seqfer.faces.changes import ChangeMap
from seqfer.faces.pursuit import Held
from seqfer.faces.search import Search

FPS = 25
_FACE = cv2.resize(astronaut()[20:230, 120:330], (150, 150), interpolation=cv2.INTER_AREA)


@dataclass
class StillFrame:
    """A frame made in the test, with the methods the tracker needs."""

    frame_index: int
    pts_seconds: float
    image: np.ndarray

    @property
    def size(self):
        return self.image.shape[1], self.image.shape[0]

    def grey(self, width, height):
        return cv2.cvtColor(self.rgb_resized(width, height), cv2.COLOR_RGB2GRAY)

    def rgb_resized(self, width, height):
        return cv2.resize(self.image, (width, height), interpolation=cv2.INTER_AREA)

    def crop(self, matrix, size):
        return cv2.warpAffine(self.image, matrix, (size, size))


class Counting:
    """A detector that counts searches of whole pictures, and close-ups."""

    num_landmarks = 5

    def __init__(self, detector):
        self.detector, self.scans, self.close_ups, self.searched = detector, 0, 0, 0.0

    def detect(self, image, *, faint=False) -> Detections:
        if image.shape in ((96, 96, 3), (192, 192, 3)):
            self.close_ups += 1
        else:
            self.scans += 1
            self.searched += image.shape[0] * image.shape[1] / (135 * 240)
        return self.detector.detect(image, faint=faint)


def film(places, background=110, scale=1.0):
    """Frames 480×270 with the face centred at each of ``places``: one (x, y), several, or None."""
    frames = []
    for i, place in enumerate(places):
        image = np.full((270, 480, 3), background, np.uint8)
        points = [] if place is None else place if isinstance(place, list) else [place]
        for x, y in points:
            matrix = np.array([[scale, 0, x - 75 * scale], [0, scale, y - 75 * scale]])
            cv2.warpAffine(_FACE, matrix, (480, 270), dst=image, borderMode=cv2.BORDER_TRANSPARENT)
        frames.append(StillFrame(i, i / FPS, image))
    return frames


def follow(frames, **config) -> tuple[dict[int, TrackRows], Counting]:
    detector = Counting(make_detector(DetectorConfig()))
    tracker = ShotTracker(detector, TrackingConfig(**config), crop_size=64)
    blocks: dict[int, list[TrackRows]] = {}
    for frame in frames:
        for rows in tracker.feed(frame, frame.grey(64, 36)):
            blocks.setdefault(rows.track_id, []).append(rows)
    for rows in tracker.finish():
        blocks.setdefault(rows.track_id, []).append(rows)
    return {k: TrackRows.concatenate(v) for k, v in blocks.items()}, detector


def test_a_still_face_costs_two_looks_a_second_and_gets_every_frame():
    tracks, detector = follow(film([(240, 130)] * 75))
    assert list(tracks) == [0]
    np.testing.assert_array_equal(tracks[0].frame_indices, np.arange(75))
    np.testing.assert_allclose(tracks[0].pts_seconds, np.arange(75) / FPS)
    assert detector.scans == 2 and detector.close_ups <= 2 * 3 + 3
    assert tracks[0].interpolated.mean() > 0.7
    assert len(np.unique(tracks[0].crops, axis=0)) == 1  # the same picture in, the same crop out


def test_a_still_picture_without_a_face_costs_one_search():
    tracks, detector = follow(film([None] * 75))
    assert tracks == {} and detector.scans == 2 and detector.close_ups == 0


def test_a_moving_face_is_followed_between_looks():
    x = 240 + 120 * np.sin(np.arange(75) / 75 * 2 * np.pi)
    tracks, _ = follow(film([(v, 130) for v in x]))
    assert list(tracks) == [0] and len(tracks[0]) == 75
    centre = tracks[0].landmarks_xy[:, :2].mean(axis=(1, 2))
    error = (tracks[0].landmarks_xy[:, 2, 0] - x) - (tracks[0].landmarks_xy[:, 2, 0] - x).mean()
    assert np.abs(error).max() < 4, "nose tip off by more than a tenth of the distance between the eyes"
    assert np.isfinite(centre).all()


def test_a_track_begins_and_ends_on_the_right_frame():
    tracks, _ = follow(film([None] * 13 + [(240, 130)] * 31 + [None] * 16))
    assert list(tracks) == [0]
    np.testing.assert_array_equal(tracks[0].frame_indices, np.arange(13, 44))


def test_a_short_absence_is_bridged_and_a_long_one_leaves_a_gap_in_the_same_track():
    short, _ = follow(film([(240, 130)] * 20 + [None] * 8 + [(240, 130)] * 20))
    np.testing.assert_array_equal(short[0].frame_indices, np.arange(48))
    assert short[0].interpolated[20:28].all()
    long, _ = follow(film([(240, 130)] * 20 + [None] * 40 + [(240, 130)] * 20))
    assert list(long) == [0]
    np.testing.assert_array_equal(long[0].frame_indices, [*range(20), *range(60, 80)])


def test_two_faces_are_two_tracks_throughout():
    tracks, _ = follow(film([[(120 + i, 130), (360 - i, 140)] for i in range(50)]))
    assert list(tracks) == [0, 1]
    for rows in tracks.values():
        np.testing.assert_array_equal(rows.frame_indices, np.arange(50))
    assert tracks[0].boxes_xyxy[:, 0].max() < tracks[1].boxes_xyxy[:, 0].min()


def test_landmarks_of_a_small_face_are_as_good_as_of_a_large_one():
    """Relative to the face, and against those found in the photograph itself."""
    detector = make_detector(DetectorConfig())
    reference = detector.detect(astronaut())
    for scale in (0.25, 0.5, 1.5):
        face = cv2.resize(astronaut(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        canvas = np.full((1080, 1920, 3), 110, np.uint8)
        canvas[100 : 100 + face.shape[0], 900 : 900 + face.shape[1]] = face
        tracks, _ = follow([StillFrame(0, 0.0, canvas)])
        assert len(tracks) == 1 and tracks[0].scores[0] > 0.6
        points = (tracks[0].landmarks_xy[0] - [900, 100] + 0.5) / scale - 0.5
        error = np.linalg.norm(points - reference.landmarks_xy[0], axis=1).mean() / 44
        assert error < 0.1, f"{error:.3f} of the distance between the eyes at scale {scale}"


def test_a_face_that_comes_into_view_is_followed_back_to_its_first_frame():
    """Searches are a second apart, as all of the picture changes all the time; fine ones, three."""
    rng = np.random.default_rng(0)
    frames = film([None] * 60 + [(240, 130)] * 60)
    for frame in frames:  # another backdrop each time
        noise = cv2.resize(rng.integers(0, 255, (4, 8, 3), np.uint8), (480, 270))
        frame.image = np.where(frame.image == 110, noise // 2 + 60, frame.image).astype(np.uint8)
    tracks, detector = follow(frames)
    assert list(tracks) == [0]
    np.testing.assert_array_equal(tracks[0].frame_indices, np.arange(60, 120))
    assert detector.scans <= 2 * (3 + 120 / FPS), "each search is one for usual faces and one for huge ones"


def test_a_search_hands_on_what_only_a_close_up_can_tell_for_a_face():
    """35 pixels wide before a wild backdrop, 17 as the search sees it."""
    noise = cv2.resize(np.random.default_rng(5).integers(0, 255, (4, 8, 3), np.uint8), (480, 270))
    frames = film([(240, 130)] * 30, scale=0.55)
    for frame in frames:
        frame.image = np.where(frame.image == 110, noise // 2 + 60, frame.image).astype(np.uint8)
    detector = make_detector(DetectorConfig())
    assert not len(detector.detect(frames[0].rgb_resized(240, 135)))
    tracks, _ = follow(frames)
    assert {number: len(track) for number, track in tracks.items()} == {0: 30}


def test_where_everything_changes_it_is_searched_finely_again_within_seconds():
    search = Search(make_detector(DetectorConfig()), TrackingConfig(), (1280, 720))
    rng, fine = np.random.default_rng(0), []
    for second in range(20):
        image = np.zeros((720, 1280, 3), np.uint8)
        small = rng.uniform(0, 255, (36, 64)).astype(np.float32)
        held = Held(StillFrame(second, float(second), image), small)
        area = search.area(held, np.zeros((0, 4)))
        if area is not None:
            assert area.is_whole
            search.run(held, area)
            fine += [second] * (not area.is_coarse)
    assert fine == [0, 8, 16]


def test_a_camera_that_shakes_and_pans_shows_little_that_is_new():
    wide = cv2.resize(np.random.default_rng(0).integers(0, 255, (10, 20, 3), np.uint8), (960, 480))
    changes, shares = ChangeMap((480, 270)), []
    for i in range(100):
        x, y = int(60 + 2 * i + 4 * np.sin(i)), int(40 + 4 * np.cos(1.7 * i))
        frame = StillFrame(i, i / FPS, np.ascontiguousarray(wide[y : y + 270, x : x + 480]))
        small = frame.grey(64, 36).astype(np.float32)
        box = changes.region(small, np.zeros((0, 4)))
        changes.search(small, box)
        shares.append(np.prod(box[2:] - box[:2]) / (480 * 270))
    assert shares[0] == 1 and np.mean(shares[1:]) < 0.3, np.mean(shares[1:])


def test_what_changes_where_a_known_face_is_is_not_new():
    changes = ChangeMap((480, 270))
    before, after = (f.grey(64, 36).astype(np.float32) for f in film([(240, 100), (246, 104)]))
    changes.search(before, changes.region(before, np.zeros((0, 4))))
    assert not changes.region(after, np.array([[180.0, 30, 310, 170]])).any()
    assert changes.region(after, np.zeros((0, 4))).any()


def test_a_blink_of_the_detector_is_no_track():
    tracks, _ = follow(film([None] * 20 + [(240, 130)] * 3 + [None] * 20))
    assert tracks == {}


def test_a_single_picture_is_a_track():
    tracks, _ = follow(film([(240, 130)]))
    np.testing.assert_array_equal(tracks[0].frame_indices, [0])


def test_memory_holds_three_seconds_of_frames_at_most():
    detector = make_detector(DetectorConfig())
    tracker = ShotTracker(detector, TrackingConfig(), crop_size=64)
    most = 0
    for frame in film([(240, 130)] * 30 + [None] * 40 + [(240, 130)] * 30):
        list(tracker.feed(frame, frame.grey(64, 36)))
        most = max(most, len(tracker._held))
    assert most <= 3 * FPS
