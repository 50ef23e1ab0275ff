"""Timelines as files: complete, to the schema, and read back the same."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import jsonschema
import numpy as np
import pytest

from seqfer.decoding import REASONS, DecodingConfig, Judgement, decode
from seqfer.errors import InputError, StoreError
from seqfer.export import FORMATS, ExportConfig, VideoReport, output_path, write_outputs
from seqfer.export.segments_csv import COLUMNS
from seqfer.export.timeline_json import SCHEMA_PATH, read_timelines
from seqfer.labels import EMOTIONS, Vocabulary
from seqfer.timeline import FramePredictions

STRANGE = 'dir/=1+1 "quoted", naïve <img src=x> 表情'


def report(video_id=STRANGE, tracks=2, untrusted=()) -> VideoReport:
    """Faces in frames 5 (6, …) to 59 and 90 to 119, of 130; ``untrusted``: first, stop, reason."""
    predictions, judgements = [], []
    for n in range(tracks):
        indices = np.array([*range(5 + n, 60), *range(90, 120)])
        labels = np.where((indices > 30) & (indices < 50), 3, 6)
        probs = np.full((len(indices), 7), 0.01, np.float32)
        probs[np.arange(len(indices)), labels] = 0.94
        failed = np.zeros((len(indices), len(REASONS)), bool)
        for first, stop, reason in untrusted:
            failed[(indices >= first) & (indices < stop), REASONS.index(reason)] = True
        judgements.append(Judgement(failed=failed))
        predictions.append(
            FramePredictions(
                track_id=n,
                frame_indices=indices,
                pts_seconds=indices / 25,
                emotion_probs=probs,
                phase_probs=np.full((len(indices), 4), 0.25, np.float32),
                intensity=(labels == 3).astype(np.float32),
                vocabulary=Vocabulary(),
            )
        )
    return VideoReport(
        video_id=video_id,
        key="0" * 64,
        source={"name": "x.mp4", "fingerprint": "f", "num_frames": 130, "duration_seconds": 5.2, "notes": []},
        model={"name": "m", "fingerprint": "f", "vocabulary": list(EMOTIONS)},
        frame_pts_seconds=np.arange(130) / 25,
        predictions=tuple(predictions),
        judgements=tuple(judgements),
        timelines=tuple(
            decode(p, video_id=video_id, trusted=j.trusted)
            for p, j in zip(predictions, judgements, strict=True)
        ),
        persons={0: "p001"},
    )


def export(folder, made, *to, **filters):
    return write_outputs(folder, made, ExportConfig(to=to, **filters))


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_json_is_as_the_schema_says_and_reads_back_the_same(tmp_path):
    made = report()
    (path,) = export(tmp_path, made)
    schema = json.loads(SCHEMA_PATH.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    assert document["video"] == STRANGE
    assert [track["person_id"] for track in document["tracks"]] == ["p001", None]
    for found, wanted in zip(read_timelines(path), made.timelines, strict=True):
        for a, b in zip(found, wanted, strict=True):
            assert (a.emotion, a.start_frame, a.end_frame) == (b.emotion, b.start_frame, b.end_frame)
            assert a.start_seconds == pytest.approx(b.start_seconds, abs=1e-6)
    changes = [(t["from"], t["to"]) for t in document["tracks"][0]["transitions"]]
    assert changes == [("neutral", "happiness"), ("happiness", "neutral")]


def test_segments_csv_names_neighbours_only_where_they_touch(tmp_path):
    export(tmp_path, report(), "csv")
    table = rows(output_path(tmp_path, STRANGE, "csv"))
    assert tuple(table[0]) == COLUMNS
    first = [r for r in table if r["track_id"] == "0"]
    assert [r["emotion"] for r in first] == ["neutral", "happiness", "neutral", "neutral"]
    assert [r["prev_emotion"] for r in first] == ["", "neutral", "happiness", ""]
    assert [r["next_emotion"] for r in first] == ["happiness", "neutral", "", ""]
    assert [r["onset_s"] != "" for r in first] == [False, True, False, False]
    assert {r["video"] for r in table} == {STRANGE}
    assert {(r["track_id"], r["person_id"]) for r in table} == {("0", "p001"), ("1", "")}


def test_frames_csv_has_every_frame_of_the_video(tmp_path):
    export(tmp_path, report(), "frames")
    table = rows(output_path(tmp_path, STRANGE, "frames"))
    assert sorted({int(r["frame"]) for r in table}) == list(range(130))
    assert [int(r["frame"]) for r in table] == sorted(int(r["frame"]) for r in table)
    nobody = [int(r["frame"]) for r in table if r["track_id"] == ""]
    assert nobody == [*range(5), *range(60, 90), *range(120, 130)]
    face = next(r for r in table if r["frame"] == "40" and r["track_id"] == "1")
    assert face["emotion"] == "happiness" and float(face["p_happiness"]) == pytest.approx(0.94)


def test_what_was_not_trusted_is_said_in_every_format(tmp_path):
    # A short smear inside the smile is bridged; a long turn away, dark at first, is a gap.
    made = report(untrusted=[(36, 40, "blurred"), (92, 110, "yaw"), (92, 95, "dark")])
    paths = export(tmp_path, made, *FORMATS)
    document = json.loads(paths[-1].read_text(encoding="utf-8"))
    jsonschema.validate(document, json.loads(SCHEMA_PATH.read_text()))
    track = document["tracks"][0]
    assert (track["num_frames"], track["num_trusted"]) == (85, 63)
    assert track["untrusted"] == [
        {"start_s": 1.44, "end_s": 1.6, "start_frame": 36, "end_frame": 40, "reasons": ["blurred"]},
        {"start_s": 3.68, "end_s": 4.4, "start_frame": 92, "end_frame": 110, "reasons": ["dark", "yaw"]},
    ]
    assert read_timelines(paths[-1])[0].segments[1].trusted == pytest.approx(1 - 4 / 19, abs=1e-4)
    segments = [r for r in rows(output_path(tmp_path, STRANGE, "csv")) if r["track_id"] == "0"]
    places = [(int(r["start_frame"]), int(r["end_frame"])) for r in segments]
    assert places == [(5, 31), (31, 50), (50, 60), (90, 92), (110, 120)]
    assert [float(r["trusted"]) for r in segments] == [1, 0.7895, 1, 1, 1]
    table = rows(output_path(tmp_path, STRANGE, "frames"))
    frames = {int(r["frame"]): r for r in table if r["track_id"] != "1"}
    told = [(frames[n]["emotion"], frames[n]["trusted"], frames[n]["reason"]) for n in (35, 37, 93, 100, 120)]
    assert told == [
        ("happiness", "1", ""), ("happiness", "0", "blurred"), ("", "0", "dark+yaw"), ("", "0", "yaw"),
        ("", "", ""),
    ]  # fmt: skip


def test_the_schema_knows_the_reasons():
    schema = json.loads(SCHEMA_PATH.read_text())
    assert schema["$defs"]["untrusted"]["properties"]["reasons"]["items"]["enum"] == list(REASONS)


def test_a_video_without_a_face_still_gives_whole_files(tmp_path):
    paths = export(tmp_path, report(tracks=0), *FORMATS)
    assert len(paths) == len(FORMATS)
    assert rows(output_path(tmp_path, STRANGE, "csv")) == []
    assert len(rows(output_path(tmp_path, STRANGE, "frames"))) == 130
    assert read_timelines(output_path(tmp_path, STRANGE, "json")) == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a readable JSON"),
        ("[]", "not a seqfer.timeline"),
        ('{"format": "seqfer.timeline", "version": 99}', "version 99"),
        ('{"format": "seqfer.timeline", "version": 2, "video": "v", "tracks": [{}]}', "damaged timeline"),
    ],
)
def test_a_timeline_that_is_none_is_refused_in_words(tmp_path, content, message):
    path = tmp_path / "t.json"
    path.write_text(content)
    with pytest.raises(StoreError, match=message):
        read_timelines(path)
    with pytest.raises(StoreError, match="no such file"):
        read_timelines(tmp_path / "none.json")


def test_segments_in_doubt_are_uncertain_in_every_file(tmp_path):
    plain = report(tracks=1)
    (told,) = plain.predictions
    doubting = decode(told, video_id=STRANGE, config=DecodingConfig(min_confidence=0.99))
    export(tmp_path, replace(plain, timelines=(doubting,)), *FORMATS)
    assert {r["emotion"] for r in rows(output_path(tmp_path, STRANGE, "csv"))} == {"uncertain"}
    path = output_path(tmp_path, STRANGE, "json")
    jsonschema.validate(json.loads(path.read_text()), json.loads(SCHEMA_PATH.read_text()))
    assert {s.emotion for s in read_timelines(path)[0]} == {"uncertain"}
    assert "uncertain" in {r["emotion"] for r in rows(output_path(tmp_path, STRANGE, "frames"))}


def test_a_folder_that_cannot_be_written_to_is_said_in_words(tmp_path):
    (tmp_path / "dir").write_text("a file where a folder should be")
    with pytest.raises(InputError, match="cannot be written"):
        export(tmp_path, report(), "csv")
