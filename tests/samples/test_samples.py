"""The sample videos are what their descriptions say."""

from fractions import Fraction
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest

from seqfer.errors import InputError
from seqfer.faces.centerface import CenterFace
from seqfer.samples import write_portrait, write_samples
from seqfer.samples.film import write_film
from seqfer.samples.portrait import Portrait
from seqfer.samples.rig import thin_plate
from seqfer.samples.scenes import ramp

FRAMES = {
    "expression_change.mp4": 150,
    "two_faces.mp4": 100,
    "leaves_and_returns.mp4": 130,
    "hard_cut.mp4": 120,
    "no_face.mp4": 75,
}
FPS = 25


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples") / "made" / "on the way"
    return {sample.path.name: sample for sample in write_samples(folder)}


def frames(sample, seconds):
    """The frames on show at ``seconds``."""
    wanted = {round(s * FPS) for s in seconds}
    with av.open(str(sample.path)) as container:
        shown = enumerate(container.decode(video=0))
        return [frame.to_ndarray(format="rgb24") for index, frame in shown if index in wanted]


def faces(sample, seconds):
    """How many faces the default detector finds at ``seconds``."""
    detector = CenterFace()
    return [len(detector.detect(cv2.resize(frame, (480, 270)))) for frame in frames(sample, seconds)]


def test_every_file_is_there_and_listed_in_the_readme(samples):
    assert list(samples) == [*FRAMES, "broken.mp4"]
    readme = next(iter(samples.values())).path.with_name("README.txt").read_text()
    assert "SYNTHETIC" in readme and "Eileen Collins" in readme
    assert all(name in readme for name in samples)
    assert all("SYNTHETIC" in s.description for s in samples.values() if s.path.name != "broken.mp4")


@pytest.mark.parametrize("name", FRAMES)
def test_a_video_decodes_to_its_stated_length_and_holds_its_events(samples, name):
    sample = samples[name]
    with av.open(str(sample.path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == FPS
        times = [frame.pts * stream.time_base for frame in container.decode(stream)]
    assert times == [Fraction(i, FPS) for i in range(FRAMES[name])]
    moments = [time for time, _ in sample.events]
    assert moments == sorted(moments)
    assert all(0 < time < times[-1] for time in moments)


def test_the_broken_file_is_no_video(samples):
    with pytest.raises(av.FFmpegError):
        av.open(str(samples["broken.mp4"].path))


@pytest.mark.parametrize(
    ("name", "seconds", "found"),
    [
        ("expression_change.mp4", (0, 1.6, 1.72, 1.88, 3, 4.24, 5.96), [1] * 7),
        ("two_faces.mp4", (0, 2, 3.96), [2] * 3),
        ("leaves_and_returns.mp4", (0, 1.2, 2.0, 2.4, 2.8, 3.28, 3.7, 5.16), [1, 1, 0, 0, 0, 1, 1, 1]),
        ("hard_cut.mp4", (0, 1.96, 2.0, 3.56, 3.6, 4.76), [1, 1, 1, 1, 0, 0]),
        ("no_face.mp4", (0, 1, 2, 2.96), [0] * 4),
    ],
)
def test_faces_are_found_where_they_are_said_to_be(samples, name, seconds, found):
    assert faces(samples[name], seconds) == found


def test_the_picture_changes_at_the_cuts_and_nowhere_else(samples):
    sample = samples["hard_cut.mp4"]
    shown = frames(sample, np.arange(FRAMES["hard_cut.mp4"]) / FPS)
    jumps = [float(np.abs(b.astype(int) - a).mean()) for a, b in pairwise(shown)]
    assert [i + 1 for i, jump in enumerate(jumps) if jump > 15] == [round(t * FPS) for t, _ in sample.events]


def test_teeth_show_from_apex_to_offset_only(samples):
    sample = samples["expression_change.mp4"]
    moments = [time for time, _ in sample.events]
    detector = CenterFace()

    def white_between_the_lips(frame):
        left, right = detector.detect(frame).landmarks_xy[0][3:].round().astype(int)
        rows = slice((left[1] + right[1]) // 2 - 12, (left[1] + right[1]) // 2 + 16)
        mouth = frame[rows, left[0] : right[0]].astype(int)
        return np.mean((mouth.min(axis=-1) > 140) & (np.ptp(mouth, axis=-1) < 35))  # bright and colourless

    onset, apex, offset, relaxed = map(white_between_the_lips, frames(sample, moments))
    assert min(apex, offset) > 0.05 > 5 * max(onset, relaxed)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    first, again, other = (tmp_path / f"{name}.mp4" for name in ("first", "again", "other"))
    for path, seed in ((first, 0), (other, 1), (again, 0)):
        write_portrait(path, seconds=1, seed=seed)
    assert first.read_bytes() == again.read_bytes() != other.read_bytes()


def test_a_full_smile_is_the_photograph_itself():
    portrait = Portrait()
    rest, smile, photo = (
        t.astype(int) for t in (portrait.texture(0.0), portrait.texture(1.0), portrait._still)
    )
    assert np.abs(smile - photo).mean() < 0.05  # interpolation at the edge of the lips
    assert np.abs(rest - photo).mean() > 0.2
    np.testing.assert_array_equal(Portrait(mirrored=True).texture(1.0)[:, ::-1], portrait.texture(1.0))


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"file.*cannot be written") as caught:
        write_samples(tmp_path / "file" / "folder")
    assert "\n" not in str(caught.value)


def test_a_film_without_frames_is_an_error_and_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="no frames"):
        write_film(tmp_path / "empty.mp4", [], fps=25)
    assert not list(tmp_path.iterdir())


def test_a_thin_plate_passes_through_its_points_and_keeps_affine_maps():
    rng = np.random.default_rng(0)
    points, elsewhere = rng.random((12, 2)), rng.random((5, 2))
    values = rng.random((12, 2))
    np.testing.assert_allclose(thin_plate(points, values, points), values, atol=1e-9)
    matrix = np.array([[1.2, 0.1], [-0.3, 0.8]])
    np.testing.assert_allclose(thin_plate(points, points @ matrix, elsewhere), elsewhere @ matrix, atol=1e-9)


def test_a_ramp_is_flat_at_both_ends():
    assert [ramp(t, 1, 2) for t in (0, 1, 1.5, 2, 3)] == [0, 0, 0.5, 1, 1]
