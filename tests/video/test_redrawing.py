"""Videos drawn over: their frames, their times, their sound."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from clips import moving_square, set_display_matrix, write_clip

from seqfer.errors import VideoError
from seqfer.video import probe, read_frames, redraw, redrawn_note

VARIABLE = [0, 40, 80, 300, 320, 333, 700, 1000, 1040, 1090, 1500, 1517, 2000]


def write_film(path, milliseconds, codec: str = "aac", seconds: float = 2.0, rate: int = 44100):
    """Pictures at these times, and a tone whose loudness steps up at one second of the file's own clock."""
    silent = path.with_name("silent.mp4")  # which tells every packet's times
    write_clip(silent, moving_square(len(milliseconds)), pts_milliseconds=milliseconds)
    t = np.arange(round(seconds * rate)) / rate
    tone = np.sin(2 * np.pi * 440 * t) * np.where(t < 1, 0.02, 0.8)
    samples = (tone * 32767).astype(np.int16)[None]
    with av.open(str(silent)) as source, av.open(str(path), "w") as output:
        pictures = source.streams.video[0]
        film = output.add_stream_from_template(pictures)
        sound = output.add_stream(codec, rate=rate)
        sound.codec_context.layout = "mono"
        for packet in source.demux(pictures):
            if packet.size:
                packet.stream = film
                output.mux(packet)
        for at in range(0, samples.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(samples[:, at : at + 1024], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
            output.mux(sound.encode(frame))
        output.mux(sound.encode(None))
    return path


def loud_from(path) -> float:
    """When the tone steps up, seconds on the clock of the first picture."""
    with av.open(str(path)) as container:
        start = min(p.pts * p.time_base for p in container.demux(video=0) if p.pts is not None)
        container.seek(0)
        for frame in container.decode(audio=0):
            values = frame.to_ndarray().astype(float)
            values /= 32768 if values.max() > 2 else 1
            loud = np.flatnonzero(np.abs(values.reshape(-1)) > 0.3)
            if len(loud):
                return float(frame.time - start) + loud[0] / frame.sample_rate
    raise AssertionError("never loud")


def times(path) -> list[float]:
    return [frame.pts_seconds for frame in read_frames(path)]


def test_times_of_a_variable_rate_stay_exact_and_frames_are_those_drawn(tmp_path):
    clip = write_clip(tmp_path / "a.mkv", moving_square(len(VARIABLE)), pts_milliseconds=VARIABLE)

    def draw(frame):
        picture = frame.rgb()
        picture[:40, :40] = 255 * (frame.frame_index % 2)
        return picture

    assert redraw(clip, tmp_path / "b.mp4", draw, note="n") == len(VARIABLE)
    assert times(tmp_path / "b.mp4") == pytest.approx([t / 1000 for t in VARIABLE], abs=1e-6)
    for frame in read_frames(tmp_path / "b.mp4"):
        assert abs(frame.rgb()[5:35, 5:35].mean() - 255 * (frame.frame_index % 2)) < 12


@pytest.mark.parametrize(("name", "codec", "kept"), [("a.mp4", "aac", True), ("a.mkv", "pcm_s16le", False)])
def test_sound_is_kept_and_in_step(tmp_path, name, codec, kept):
    clip = write_film(tmp_path / name, VARIABLE, codec)
    redraw(clip, tmp_path / "b.mp4", lambda frame: frame.rgb(), note="n")
    assert loud_from(tmp_path / "b.mp4") == pytest.approx(loud_from(clip), abs=0.03)
    assert loud_from(clip) == pytest.approx(1.0, abs=0.03)
    if kept:
        packets = [
            [bytes(p) for p in av.open(str(path)).demux(audio=0) if p.size]
            for path in (clip, tmp_path / "b.mp4")
        ]
        assert packets[0] == packets[1]


def test_a_late_start_is_zero_for_pictures_and_sound(tmp_path):
    late = [500 + t for t in VARIABLE]
    clip = write_film(tmp_path / "a.mkv", late)
    redraw(clip, tmp_path / "b.mp4", lambda frame: frame.rgb(), note="n")
    assert times(tmp_path / "b.mp4") == pytest.approx([t / 1000 for t in VARIABLE], abs=1e-6)
    assert loud_from(tmp_path / "b.mp4") == pytest.approx(0.5, abs=0.03)


def test_turned_squeezed_and_odd_pictures_come_out_upright(tmp_path):
    clip = write_clip(tmp_path / "a.mp4", moving_square(5, width=160, height=120))
    set_display_matrix(clip, 0, 1, -1, 0)
    redraw(clip, tmp_path / "b.mp4", lambda frame: frame.rgb()[:-1, :-1], note="n")
    source = probe(tmp_path / "b.mp4")
    assert (source.width, source.height, source.rotation_degrees) == (120, 160, 0)


def test_the_note_is_kept_and_the_same_input_gives_the_same_bytes(tmp_path):
    clip = write_clip(tmp_path / "a.mp4", moving_square(10))
    for name in ("b.mp4", "c.mp4"):
        redraw(clip, tmp_path / name, lambda frame: frame.rgb(), note="of something")
    assert redrawn_note(tmp_path / "b.mp4") == "of something" and redrawn_note(tmp_path / "none.mp4") is None
    assert (tmp_path / "b.mp4").read_bytes() == (tmp_path / "c.mp4").read_bytes()


def test_what_cannot_be_read_leaves_nothing_behind(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"\0" * 2000)
    with pytest.raises(VideoError, match=r"a\.mp4"):
        redraw(tmp_path / "a.mp4", tmp_path / "b.mp4", lambda frame: frame.rgb(), note="n")
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]
