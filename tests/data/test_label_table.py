"""Label tables: what is read, and what is said of a bad one."""

from __future__ import annotations

from collections import Counter

import pytest

from seqfer.data import read_labels, write_labels
from seqfer.errors import LabelError
from seqfer.labels import EMOTIONS, PHASES, Vocabulary

HEADER = "video,track,start_s,end_s,emotion,phase,intensity,subject\n"


def table(tmp_path, text):
    path = tmp_path / "labels.csv"
    path.write_text(text)
    return path


def test_every_kind_of_label_is_read(tmp_path):
    path = table(
        tmp_path,
        "\ufeff"
        + HEADER
        + 'a.mp4,0,0,1.5,Happy,onset,0.5,S1\na.mp4,,,,neutral,,,\n"b, c.mp4",3,2,2,fear,apex,1,S2\n',
    )
    segment, clip, moment = read_labels(path, Vocabulary())
    assert (segment.video, segment.track_id, segment.start_seconds, segment.end_seconds) == (
        "a.mp4",
        0,
        0.0,
        1.5,
    )
    assert EMOTIONS[segment.emotion] == "happiness" and PHASES[segment.phase] == "onset"
    assert segment.intensity == 0.5 and segment.subject == "S1"
    assert clip.whole_clip and clip.track_id is None and clip.phase is None and clip.subject is None
    assert moment.start_seconds == moment.end_seconds == 2 and moment.video == "b, c.mp4" and moment.line == 4


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a,,0,1,joyful,,,\nb,,0,1,bored,,,\n", "unknown emotions: bored, joyful"),
        ("a,,0,,fear,,,\n", "line 2: start_s and end_s"),
        ("a,,2,1,fear,,,\n", "line 2: end_s 1 is before"),
        ("a,,x,1,fear,,,\n", "line 2: start_s 'x' is not a number"),
        ("a,,0,inf,fear,,,\n", "not a number"),
        ("a,,0,1,fear,peak,,\n", "phase 'peak'"),
        ("a,,0,1,fear,,1.5,\n", "intensity 1.5"),
        ("a,one,0,1,fear,,,\n", "track 'one'"),
        (",,0,1,fear,,,\n", "video is blank"),
        ("a,,0,2,fear,,,\na,,3,4,fear,,,\na,1,1,3,anger,,,\n", "lines 2 and 4"),
        ("a,,nan,1,fear,,,\n", "start_s 'nan' is not a number"),
        ("", "no labels"),
    ],
)
def test_bad_rows_are_named_in_one_line(tmp_path, rows, said):
    path = table(tmp_path, HEADER + rows)
    with pytest.raises(LabelError, match=said) as caught:
        read_labels(path, Vocabulary())
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_emotions_outside_the_vocabulary_are_left_out_and_others_renamed(tmp_path):
    path = table(tmp_path, HEADER + "a,,0,1,Happy,,,\na,,1,2,contempt,,,\nb,,0,1,smirk,,,\nb,,1,2,fear,,,\n")
    left_out = Counter()
    found = read_labels(
        path,
        Vocabulary(("happiness", "fear")),
        mapping={"Smirk": "happiness", "fear": None},
        left_out=left_out,
    )
    assert [(x.line, x.emotion) for x in found] == [(2, 0), (4, 0)]
    assert left_out == {"contempt": 1, "fear": 1}
    with pytest.raises(LabelError, match="no labels of the vocabulary in it, but Happy, contempt"):
        read_labels(path, Vocabulary(("sadness", "boredom")), mapping={"smirk": None})


def test_a_written_table_is_read_back(tmp_path):
    rows = [
        dict(
            video="a/b",
            track=3,
            start_s=0.25,
            end_s=1,
            emotion="fear",
            phase="apex",
            intensity=1,
            subject="p",
        ),
        dict(video="c", emotion="fear", split="valid"),
    ]
    write_labels(tmp_path / "t.csv", rows)
    first, second = read_labels(tmp_path / "t.csv", Vocabulary())
    assert (first.video, first.track_id, first.start_seconds, first.end_seconds) == ("a/b", 3, 0.25, 1)
    assert (first.phase, first.intensity, first.subject) == (2, 1, "p")
    assert second.whole_clip and second.split == "valid"


def test_missing_columns_and_files_are_named(tmp_path):
    with pytest.raises(LabelError, match="columns are missing: end_s, emotion"):
        read_labels(table(tmp_path, "video,start_s\na,1\n"), Vocabulary())
    with pytest.raises(LabelError, match="No such file"):
        read_labels(tmp_path / "none.csv", Vocabulary())


def test_two_tracks_may_differ_at_one_time(tmp_path):
    path = table(tmp_path, HEADER + "a,0,0,1,fear,,,\na,1,0,1,anger,,,\na,0,1,2,anger,,,\n")
    assert len(read_labels(path, Vocabulary())) == 3
