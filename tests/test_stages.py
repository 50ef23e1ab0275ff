"""The Python way in, and what is known of the real clips, with the bundled model."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import seqfer
from seqfer.errors import StoreError, VideoError
from seqfer.jobs import STAGES, Job, RunConfig
from seqfer.stages import finished, process


def test_a_smile_in_a_real_clip_is_found_when_it_happens(shared):
    (timeline,) = seqfer.analyze(shared / "data" / "videos" / "single_face.mp4")
    first, second = timeline.segments[:2]
    assert (first.emotion, second.emotion) == ("neutral", "happiness")
    assert first.start_seconds == 0
    assert second.start_seconds == pytest.approx(0.63, abs=0.1)
    assert second.onset_seconds <= second.start_seconds <= second.apex_seconds < second.end_seconds
    rise = timeline.transitions()[0]
    assert (rise.source, rise.target) == ("neutral", "happiness")
    assert rise.time_seconds == pytest.approx(0.63, abs=0.1)
    assert all(s.duration_seconds >= 0.2 for s in timeline)
    # By hand: neutral until 0.60 s, smiling from 0.66 to 2.26 s, fading after that.
    seen = [(k / 30, "neutral") for k in range(18)] + [(k / 30, "happiness") for k in range(20, 68)]
    assert np.mean([timeline.at(t + 1e-3).emotion == emotion for t, emotion in seen]) >= 0.95


def test_a_video_without_a_face_has_no_timeline(shared):
    assert seqfer.analyze(shared / "data" / "videos" / "no_face.mp4") == ()


def test_results_are_kept_and_found_again_on_request(shared, tmp_path):
    clip = shared / "data" / "videos" / "profile_turn.mp4"
    first = seqfer.analyze(clip, out=tmp_path)
    stamps = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()}
    assert len(stamps) == 4
    assert seqfer.analyze(clip, out=tmp_path) == first
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()} == stamps


def test_what_is_wrong_is_raised_in_one_line(tmp_path):
    with pytest.raises(VideoError, match=r"nowhere\.mp4: "):
        seqfer.analyze(tmp_path / "nowhere.mp4")


def test_a_damaged_store_fails_its_own_job_and_extracting_mends_it(shared, tmp_path):
    clip = shared / "data" / "videos" / "profile_turn.mp4"
    whole = Job(video_id="v", path=clip, out=tmp_path, stages=STAGES, config=RunConfig())
    assert process(whole).status == "ok" and finished(whole)
    whole.tracks_path.write_bytes(whole.tracks_path.read_bytes()[:5000])
    alone = Job(video_id="v", path=None, out=tmp_path, stages=("predict",), config=RunConfig())
    outcome = process(alone)
    assert outcome.status == "failed" and "v.h5: not a readable HDF5 file" in outcome.error
    assert finished(whole) is None
    again = process(whole)
    assert again.status == "ok" and again.done == ("extract",)  # the rest still fits what comes out


def test_exporting_what_was_never_predicted_says_so(tmp_path):
    job = Job(video_id="v", path=None, out=tmp_path, stages=("export",), config=RunConfig())
    assert process(job).error == str(StoreError(tmp_path / "tracks" / "v.h5", "no such file"))


_PEAK = """
import resource, sys
from pathlib import Path
from seqfer.extraction import extract_video
extract_video(Path(sys.argv[1]), Path(sys.argv[2]), video_id="v")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_length_of_the_video(tmp_path):
    from seqfer.samples import write_portrait

    peaks = []
    for seconds in (8, 30):
        clip = tmp_path / f"{seconds}.mp4"
        write_portrait(clip, seconds=seconds, width=320, height=180)
        done = subprocess.run(
            [sys.executable, "-c", _PEAK, clip, tmp_path / "x.h5"], capture_output=True, text=True, check=True
        )
        peaks.append(float(done.stdout))
    assert peaks[1] - peaks[0] < 30, f"MiB for 8 s and 30 s of video: {peaks}"
