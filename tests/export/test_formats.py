"""Formats of other tools, read back by these tools or by a reader that is not the writer."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import parselmouth
import pysubs2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parselmouth.praat import call
from pympi.Elan import Eaf
from test_export import STRANGE, export, report, rows

from seqfer.export import FORMATS, ExportConfig, output_path
from seqfer.export.timeline_json import read_timelines
from seqfer.labels import Vocabulary
from seqfer.timeline import Segment, Timeline

ODD = [
    "<img src=x onerror=alert(1)>.mp4",
    "../x",
    'it\'s "quoted" & more',
    "表情 \U0001f469‍\U0001f52c",
    "a\x07b",
]


def written(folder, made, name, **filters):
    export(folder, made, name, **filters)
    return output_path(folder, made.video_id, name)


def linked(made, link, **changes):
    return replace(made, source={**made.source, "link": link}, **changes)


def spans(timeline):
    return [(s.start_seconds, s.end_seconds, s.emotion) for s in timeline]


def test_elan_opens_a_tier_per_face_with_the_video_linked_and_emotions_to_choose_from(tmp_path):
    made = linked(report(), "../videos/x y.mp4")
    eaf = Eaf(str(written(tmp_path, made, "eaf")))
    assert list(eaf.get_tier_names()) == ["p001 face 0", "face 1"]
    found = [(a / 1000, b / 1000, text) for a, b, text in eaf.get_annotation_data_for_tier("p001 face 0")]
    assert found == spans(made.timelines[0])
    (media,) = eaf.get_linked_files()
    assert (media["RELATIVE_MEDIA_URL"], media["MIME_TYPE"]) == ("../videos/x y.mp4", "video/mp4")
    kind = eaf.get_parameters_for_linguistic_type("emotion")
    entries = eaf.get_cv_entries(kind["CONTROLLED_VOCABULARY_REF"])
    assert [values[0][0] for values, _ in entries.values()] == list(Vocabulary())


def test_praat_reads_the_textgrid(tmp_path):
    made = report()
    grid = parselmouth.read(str(written(tmp_path, made, "textgrid")))
    assert call(grid, "Get number of tiers") == 2
    assert call(grid, "Get tier name", 1) == "p001 face 0"
    labels = []
    for n in range(1, call(grid, "Get number of intervals", 1) + 1):
        if text := call(grid, "Get label of interval", 1, n):
            place = (call(grid, f"Get {what} time of interval", 1, n) for what in ("start", "end"))
            labels.append((*(pytest.approx(t, abs=1e-6) for t in place), text))
    assert spans(made.timelines[0]) == labels


@pytest.mark.parametrize("name", ["vtt", "srt"])
def test_subtitles_say_who_shows_what_when(tmp_path, name):
    made = report()
    cues = pysubs2.load(str(written(tmp_path, made, name)))
    wanted = sorted(
        (round(1000 * s.start_seconds), round(1000 * s.end_seconds), s.emotion)
        for t in made.timelines
        for s in t
    )
    assert sorted((c.start, c.end, c.plaintext.split(": ")[-1].split(">")[-1]) for c in cues) == wanted
    text = output_path(tmp_path, STRANGE, name).read_text(encoding="utf-8")
    assert ("<v p001 face 0>happiness" if name == "vtt" else "p001 face 0: happiness") in text


def test_rttm_has_ten_fields_whatever_the_name(tmp_path):
    made = report()
    lines = [
        line.split() for line in written(tmp_path, made, "rttm").read_text(encoding="utf-8").splitlines()
    ]
    assert {len(fields) for fields in lines} == {10}
    first = [f for f in lines if f[2] == "0"]
    found = [(float(f[3]), pytest.approx(float(f[3]) + float(f[4])), f[7]) for f in first]
    assert spans(made.timelines[0]) == found


def test_parquet_is_the_frame_table_with_its_types(tmp_path):
    made = report(untrusted=[(36, 40, "blurred")])
    table = pd.read_parquet(written(tmp_path, made, "parquet"))
    text = pd.read_csv(written(tmp_path, made, "frames"), keep_default_na=True)
    assert list(table.columns) == list(text.columns) and len(table) == len(text)
    for name in ("frame", "pts_s", "track_id", "intensity", "p_happiness", "trusted"):
        assert np.array_equal(table[name].astype("float64"), text[name].astype("float64"), equal_nan=True), (
            name
        )
    for name in ("emotion", "phase", "person_id"):
        assert table[name].astype("object").fillna("").tolist() == text[name].fillna("").tolist(), name
    assert str(table["track_id"].dtype) == "Int64" and str(table["trusted"].dtype) == "boolean"
    nobody = pd.read_parquet(written(tmp_path / "none", report(tracks=0), "parquet"))
    assert (
        nobody.dtypes.astype(str).tolist() == table.dtypes.astype(str).tolist()
    )  # so that files go together


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("seqfer.export.parquet.find_spec", lambda name: None)
    with pytest.raises(Exception, match=r"pip install 'seqfer\[parquet\]'"):
        export(tmp_path, report(), "parquet")


def test_transitions_are_those_of_the_json(tmp_path):
    made = report()
    table = rows(written(tmp_path, made, "transitions"))
    document = json.loads(output_path(tmp_path, STRANGE, "json").read_text(encoding="utf-8"))
    wanted = [t for track in document["tracks"] for t in track["transitions"]]
    assert [(r["from"], r["to"], float(r["time_s"]), float(r["confidence"])) for r in table] == [
        (t["from"], t["to"], t["time_s"], t["confidence"]) for t in wanted
    ]
    assert [r["person_id"] for r in table] == ["p001", "p001", "", ""]
    assert all(float(r["start_s"]) <= float(r["time_s"]) for r in table)


def test_filters_leave_out_the_short_and_the_others_but_the_json_tells_all(tmp_path):
    made = report()
    table = rows(written(tmp_path, made, "csv", min_duration_seconds=0.5, persons=("p001",)))
    assert [(r["track_id"], r["emotion"]) for r in table] == [
        ("0", "neutral"),
        ("0", "happiness"),
        ("0", "neutral"),
    ]
    assert {r["prev_emotion"] for r in table} == {"", "neutral"}  # what was left out is a gap
    assert {r["track_id"] for r in rows(written(tmp_path, made, "csv", persons=("1",)))} == {"1"}
    assert len(read_timelines(output_path(tmp_path, STRANGE, "json"))) == 2
    with pytest.raises(ValueError, match="unknown formats: pdf; there are csv, json"):
        ExportConfig(to=("pdf",))


@pytest.mark.parametrize("name", ODD)
def test_odd_names_stay_text_in_every_format(tmp_path, name):
    made = linked(report(f"in/{name.replace('/', '_')}"), f"../{name}", persons={0: name, 1: name})
    paths = {path.suffix: path for path in export(tmp_path, made, *FORMATS)}
    assert len(Eaf(str(paths[".eaf"])).get_tier_names()) == 2
    assert call(parselmouth.read(str(paths[".TextGrid"])), "Get number of tiers") == 2
    for suffix in (".vtt", ".srt"):
        assert len(pysubs2.load(str(paths[suffix]))) == 8
    assert "<img" not in paths[".vtt"].read_text(encoding="utf-8")
    assert set(rows(output_path(tmp_path, made.video_id, "csv"))[0].values()) >= {name}


def test_ten_thousand_segments_of_one_frame_are_all_there_in_every_format(tmp_path):
    count, fps = 10_000, 1200  # frames closer than the milliseconds that some formats count
    made = report(tracks=1)
    segments = tuple(
        Segment(
            start_seconds=n / fps, end_seconds=(n + 1) / fps, start_frame=n, end_frame=n + 1,
            emotion=Vocabulary().names[n % 7], confidence=0.5, intensity=0.0,
        )
        for n in range(count)
    )  # fmt: skip
    made = replace(made, timelines=(Timeline(video_id=STRANGE, track_id=0, segments=segments),))
    paths = {path.suffix: path for path in export(tmp_path, made, *FORMATS)}
    found = Eaf(str(paths[".eaf"])).get_annotation_data_for_tier("p001 face 0")
    assert len(found) == count and all(a < b for a, b, _ in found)
    assert all(a[1] <= b[0] for a, b in pairwise(found))
    assert call(parselmouth.read(str(paths[".TextGrid"])), "Get number of intervals", 1) >= count
    assert len(pysubs2.load(str(paths[".srt"]))) == count
    assert len(rows(output_path(tmp_path, STRANGE, "transitions"))) == count - 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(min_size=1, max_size=8),
    emotions=st.lists(st.text(min_size=1), min_size=2, max_size=2, unique=True),
)
def test_any_text_makes_files_that_readers_accept(tmp_path, name, emotions):
    made = report(tracks=1)
    renamed = [replace(s, emotion=emotions[n % 2]) for n, s in enumerate(made.timelines[0])]
    made = linked(made, name, video_id="v", timelines=(replace(made.timelines[0], segments=tuple(renamed)),))
    paths = {path.suffix: path for path in export(tmp_path, made, "eaf", "textgrid", "vtt", "srt", "rttm")}
    assert len(Eaf(str(paths[".eaf"])).get_annotation_data_for_tier("p001 face 0")) == 4
    assert call(parselmouth.read(str(paths[".TextGrid"])), "Get number of tiers") == 1
    assert {len(line.split()) for line in paths[".rttm"].read_text(encoding="utf-8").splitlines()} == {10}
    assert len(pysubs2.load(str(paths[".vtt"]))) == 4
