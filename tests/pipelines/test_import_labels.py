"""Timelines that were corrected in ELAN come back as labels for training."""

from __future__ import annotations

import csv

import pytest
from pympi.Elan import Eaf
from seqfer.pipelines.__main__ import main

from seqfer.data import read_labels
from seqfer.elan import read_elan
from seqfer.errors import LabelError
from seqfer.labels import Vocabulary


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def foreign(path, *annotations, participant="S01"):
    """A file that seqfer had no part in."""
    eaf = Eaf(author="somebody")
    eaf.remove_tier("default")
    eaf.add_linked_file("file:///C:/study/film one.mpg", relpath="./film one.mpg", mimetype="video/mpeg")
    eaf.add_tier("expression", part=participant)
    eaf.add_tier("speech")
    eaf.add_annotation("speech", 0, 900, "well, hello")
    for start, end, text in annotations:
        eaf.add_annotation("expression", start, end, text)
    eaf.to_file(str(path))
    return path


def test_a_corrected_export_is_what_training_reads(clips, model, seqfer, tmp_path):
    out, table = tmp_path / "out", tmp_path / "labels.csv"
    assert seqfer("run", clips / "a.mp4", "-o", out, "--model", model, "--to", "csv,eaf").returncode == 0
    eaf = Eaf(str(out / "a.eaf"))
    (media,) = eaf.get_linked_files()
    assert (out / media["RELATIVE_MEDIA_URL"]).resolve() == (clips / "a.mp4").resolve()
    (tier,) = eaf.get_tier_names()
    start, end, _ = eaf.get_annotation_data_for_tier(tier)[0]
    eaf.remove_annotation(tier, start)
    eaf.add_annotation(tier, start, end - 400, "sadness")
    eaf.add_annotation(tier, end - 400, end - 200, "Joy")
    eaf.add_annotation(tier, end - 200, end - 100, "")  # nobody can say
    eaf.add_annotation(tier, end - 100, end, "uncertain")
    eaf.to_file(str(out / "a.eaf"))

    assert main(["import-labels", str(out / "a.eaf"), "-o", str(table)]) == 0
    found = rows(table)[:2]
    assert [(r["video"], r["track"], r["emotion"]) for r in found] == [
        ("a", "0", "sadness"),
        ("a", "0", "happiness"),
    ]
    labels = read_labels(table, Vocabulary())
    assert labels[0].end_seconds == pytest.approx((end - 400) / 1000) and labels[0].track_id == 0


def test_files_of_others_are_read_with_their_own_words(tmp_path, capsys):
    path = foreign(tmp_path / "x.eaf", (0, 500, "laughing"), (500, 900, "Angry"), (900, 950, "?"))
    table = tmp_path / "labels.csv"
    assert main(["import-labels", str(path), "--tier", "expression", "-o", str(table)]) == 1
    said = capsys.readouterr().err
    assert "unknown emotions: 'laughing', '?'; the vocabulary is anger" in said and not table.exists()
    mapped = ["--map", "Laughing=happiness,?="]
    assert main(["import-labels", str(tmp_path), "--tier", "expression", *mapped, "-o", str(table)]) == 0
    assert [tuple(r.values()) for r in rows(table)] == [
        ("film one.mpg", "", "0.0", "0.5", "happiness", "S01"),
        ("film one.mpg", "", "0.5", "0.9", "anger", "S01"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("", "not a readable XML file"),
        ("<html/>", "not an ELAN file: it holds <html>"),
        ("<ANNOTATION_DOCUMENT/>", "not an ELAN file that can be understood"),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><ANNOTATION_DOCUMENT/>', "document type"),
        ("\x00\x01", "not a readable XML file"),
    ],
)
def test_what_is_no_elan_file_is_refused_in_words(tmp_path, content, message):
    path = tmp_path / "x.eaf"
    if content is not None:
        path.write_text(content)
    with pytest.raises(LabelError, match=message):
        read_elan(path)


def test_tiers_that_are_their_own_parents_are_refused(tmp_path):
    path = foreign(tmp_path / "x.eaf")
    text = path.read_text().replace('TIER_ID="speech"', 'TIER_ID="speech" PARENT_REF="expression"')
    path.write_text(text.replace('TIER_ID="expression"', 'TIER_ID="expression" PARENT_REF="speech"'))
    with pytest.raises(LabelError, match="its own parent"):
        read_elan(path)


def test_wrong_usage_says_so(tmp_path, capsys):
    path = foreign(tmp_path / "x.eaf", (0, 500, "anger"))
    for more, words in (
        (["--tier", "nope"], "no tier called 'nope'; there are 'expression', 'speech'"),
        (["--map", "joy"], "--map takes theirs=ours, got 'joy'"),
        (["--map", "joy=joyful"], "unknown emotion 'joyful'"),
    ):
        try:
            code = main(["import-labels", str(path), *more, "-o", str(tmp_path / "l.csv")])
        except SystemExit as stop:
            code = stop.code
        assert code in (1, 2) and words in capsys.readouterr().err
