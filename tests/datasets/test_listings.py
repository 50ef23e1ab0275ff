"""Each data set's own layout, made tiny: what is listed, of whom, and what is said of a wrong one."""

from __future__ import annotations

import cv2
import h5py
import numpy as np
import pytest
from pympi.Elan import Eaf

from seqfer.datasets import ListingOptions, list_dataset
from seqfer.errors import InputError, SeqferError


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def stills(folder, name, count):
    folder.mkdir(parents=True)
    for n in range(count):
        cv2.imwrite(str(folder / name.format(n + 1)), np.zeros((8, 8), np.uint8))


def ck(root):
    for subject, sequence, code in (
        ("S005", "001", "   3.0000000e+00\n"),
        ("S010", "002", "1"),
        ("S010", "004", None),
    ):
        stills(root / "cohn-kanade-images" / subject / sequence, f"{subject}_{sequence}_{{:08d}}.png", 4)
        folder = root / "Emotion" / subject / sequence
        folder.mkdir(parents=True)
        if code:
            (folder / f"{subject}_{sequence}_00000004_emotion.txt").write_text(code)
    return root


def rows_of(listing):
    return {clip.video_id: clip.rows for clip in listing.clips}


def test_cohn_kanade_knows_the_neutral_first_still_and_the_apex(tmp_path):
    listing = list_dataset("ck", ck(tmp_path), ListingOptions(still_fps=10))
    rows = rows_of(listing)
    assert list(rows) == ["S005/001", "S010/002"]
    first, last = rows["S005/001"]
    assert (first["emotion"], first["start_s"], first["phase"], first["subject"]) == (
        "neutral",
        0,
        "neutral",
        "S005",
    )
    assert (last["emotion"], last["start_s"], last["end_s"], last["phase"]) == ("disgust", 0.3, 0.3, "apex")
    assert rows["S010/002"][1]["emotion"] == "anger" and listing.subjects == {"S005", "S010"}
    assert listing.notes == ("1 sequences without an emotion left out",)


def test_oulu_keeps_camera_and_light_apart_and_can_be_chosen_from(tmp_path):
    for light in ("VL/Strong", "NI/Dark"):
        for emotion in ("Anger", "Surprise"):
            stills(tmp_path / "B_OriginalImg" / light / "P001" / emotion, "{:03d}.jpeg", 3)
    listing = list_dataset("oulu", tmp_path)
    assert list(rows_of(listing)) == [
        f"{light}/P001/{emotion}" for light in ("NI/Dark", "VL/Strong") for emotion in ("Anger", "Surprise")
    ]
    assert list(rows_of(listing.chosen("VL/Strong/*"))) == ["VL/Strong/P001/Anger", "VL/Strong/P001/Surprise"]
    stills(tmp_path / "C_Cropped" / "VL" / "Strong" / "P001" / "Anger", "{:03d}.jpeg", 3)
    with pytest.raises(InputError, match="several versions of VL/Strong/P001/Anger"):
        list_dataset("oulu", tmp_path)


def test_ravdess_and_crema_d_are_read_from_their_file_names(tmp_path):
    names = ("01-01-03-01-02-01-12", "02-01-03-01-02-01-12", "02-01-05-02-01-01-07", "03-01-05-02-01-01-07")
    for name in names:
        touch(tmp_path / "rav" / f"Actor_{name[-2:]}" / f"{name}.mp4")
    rows = rows_of(list_dataset("ravdess", tmp_path / "rav"))
    assert {k: (v[0]["emotion"], v[0]["subject"]) for k, v in rows.items()} == {
        "Actor_12/01-01-03-01-02-01-12": ("happy", "Actor_12"),
        "Actor_07/02-01-05-02-01-01-07": ("angry", "Actor_07"),
    }
    touch(tmp_path / "crema" / "VideoFlash" / "1001_DFA_ANG_XX.flv")
    touch(tmp_path / "crema" / "VideoFlash" / "1076_TAI_NEU_XX.flv")
    rows = rows_of(list_dataset("cremad", tmp_path / "crema"))
    assert [(r["emotion"], r["subject"]) for (r,) in rows.values()] == [
        ("anger", "1001"),
        ("neutral", "1076"),
    ]


def test_folders_and_lists_give_emotion_and_split(tmp_path):
    touch(tmp_path / "afew" / "Train_AFEW" / "Angry" / "000046280.avi")
    touch(tmp_path / "afew" / "Val_AFEW" / "Sad" / "000130400.avi")
    rows = rows_of(list_dataset("afew", tmp_path / "afew"))
    assert [(r["emotion"], r["split"]) for (r,) in rows.values()] == [("Angry", "train"), ("Sad", "valid")]

    dfew = tmp_path / "dfew"
    for n in (1, 2, 30):
        touch(dfew / "Clip" / "part_1" / f"{n}.mp4")
    for split, text in (
        ("train", "video_name,label\n1,4\n30,1\n"),
        ("test", "video_name,label\n2,7\n99,1\n"),
    ):
        touch(dfew / "EmoLabel_DataSplit" / f"{split}(single-labeled)" / "set_1.csv").write_text(text)
    listing = list_dataset("dfew", dfew)
    rows = rows_of(listing)
    assert [(k[-2:], r["emotion"], r["split"]) for k, (r,) in rows.items()] == [
        ("/2", "fear", "test"), ("/1", "anger", "train"), ("30", "happiness", "train"),
    ]  # fmt: skip
    assert listing.notes == ("1 clips of the lists are not here",)
    (dfew / "EmoLabel_DataSplit" / "test(single-labeled)" / "set_1.csv").write_text("name,label\n2,8\n")
    with pytest.raises(SeqferError, match=r"line 2: '2,8' is no clip number"):
        list_dataset("dfew", dfew)


def test_a_table_of_ones_own_names_videos_and_unknown_ones_are_said(tmp_path):
    touch(tmp_path / "day1" / "a.mp4")
    table = tmp_path / "labels.csv"
    table.write_text("video,track,start_s,end_s,emotion,phase\nday1/a.mp4,0,0,1,smile,onset\na,,,,neutral,\n")
    (clip,) = list_dataset("labels", table).clips
    assert clip.video_id == "day1/a" and [r["emotion"] for r in clip.rows] == ["smile", "neutral"]
    table.write_text("video,emotion\na,neutral\nb.mp4,neutral\nc,fear\n")
    with pytest.raises(SeqferError, match=r"videos that are not there: b\.mp4, c"):
        list_dataset("labels", table)


def eaf(path, media, tiers):
    file = Eaf()
    file.remove_tier("default")
    file.add_linked_file(media, relpath=media, mimetype="video/mp4")
    for name, participant, spans in tiers:
        file.add_tier(name, part=participant)
        for start, end, text in spans:
            file.add_annotation(name, start, end, text)
    file.to_file(str(path))
    return path


def test_tiers_of_elan_files_are_faces_and_their_participants_subjects(tmp_path):
    touch(tmp_path / "a.mp4")
    touch(tmp_path / "b.mp4")
    eaf(tmp_path / "first.eaf", "a.mp4", [("face", "ann", [(0, 800, "joy"), (800, 1500, "neutral")])])
    pair = [(n, p, [(0, 500, "fear")]) for n, p in (("left", "ann"), ("right", ""))]
    eaf(tmp_path / "b.eaf", "elsewhere.mp4", pair)
    found = {clip.video_id: clip for clip in list_dataset("eaf", tmp_path).clips}
    one, two = found["a"], found["b"]
    said = sorted((r["start_s"], r["end_s"], r["emotion"], r["subject"]) for r in one.rows)
    assert said == [(0.0, 0.8, "joy", "ann"), (0.8, 1.5, "neutral", "ann")]
    assert one.one_face and not two.one_face and {r["person"] for r in two.rows} == {"ann", "right"}
    (tmp_path / "b.mp4").unlink()
    with pytest.raises(SeqferError, match="its video is not there: elsewhere"):
        list_dataset("eaf", tmp_path)


def fer_csv(folder, lines):
    folder.mkdir(exist_ok=True)
    pixels = " ".join(["7"] * 48**2)
    text = "".join(f"{emotion},{pixels},{usage}\n" for emotion, usage in lines)
    (folder / "fer2013.csv").write_text("emotion,pixels,Usage\n" + text)
    return folder


def test_fer2013_and_ferplus_as_csv_and_hdf5(tmp_path):
    folder = fer_csv(tmp_path / "fer", [(3, "Training"), (0, "Training"), (6, "PrivateTest")])
    plain = list_dataset("fer", folder)
    assert [(s.video_id, [r["emotion"] for r in s.rows]) for s in plain.stills] == [
        ("train", ["happiness", "anger"]), ("test", ["neutral"]),
    ]  # fmt: skip
    assert plain.stills[0].pictures.shape == (2, 48, 48) and plain.stills[1].rows[0]["split"] == "test"
    columns = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    votes = (
        "Training,fer1.png,0,0,0,0,0,0,0,8,2,0\n"
        "Training,fer2.png,1,0,0,0,1,0,0,0,8,0\n"
        "PrivateTest,,4,0,0,0,6,0,0,0,0,0\n"
    )
    (folder / "fer2013new.csv").write_text(f"Usage,Image name,{columns}\n{votes}")
    plus = list_dataset("fer", folder)
    assert [[r["emotion"] for r in s.rows] for s in plus.stills] == [["contempt"], ["anger"]]
    assert (
        plus.facts.name == "FER+"
        and plus.facts.agreement == 0.7
        and plus.notes == ("1 stills without one emotion left out",)
    )
    with h5py.File(tmp_path / "fer.h5", "w") as file:
        group = file.create_group("train")
        group["images"] = np.zeros((2, 48, 48), np.uint8)
        group["votes"] = np.array([[10, 0], [5, 5]], np.uint8)
        file.attrs["vote_columns"] = ["happiness", "unknown"]
    (only,) = list_dataset("fer", tmp_path / "fer.h5").stills
    assert [r["emotion"] for r in only.rows] == ["happiness"] and len(only.pictures) == 1


def test_unknown_emotions_are_listed_and_a_mapping_makes_them_known(tmp_path):
    for emotion in ("Helpless", "Bored", "Happy", "Other"):
        touch(tmp_path / emotion / f"{emotion}.mp4")
    listing = list_dataset("afew", tmp_path)
    with pytest.raises(SeqferError, match="unknown emotions: Bored, Helpless, Other"):
        listing.renamed({}, tmp_path)
    made = listing.renamed({"helpless": "sadness", "bored": "boredom", "other": None}, tmp_path)
    assert sorted(r["emotion"] for (r,) in rows_of(made).values()) == ["boredom", "happiness", "sadness"]
    assert made.notes == ("1 labels of Other left out",)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("ck", "not Cohn-Kanade as it ships"), ("oulu", "not Oulu-CASIA as it ships"),
        ("ravdess", "no videos here"),
        ("cremad", "no videos here"), ("dfew", "not as DFEW ships"), ("afew", "no videos here"),
        ("fer", "fer2013.csv: cannot be read"),
    ],
)  # fmt: skip
def test_a_folder_that_is_something_else_is_said_in_one_line(kind, said, tmp_path):
    with pytest.raises(SeqferError, match=said) as caught:
        list_dataset(kind, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_damaged_emotion_file_is_named(tmp_path):
    ck(tmp_path)
    (bad,) = tmp_path.glob("Emotion/S010/002/*.txt")
    bad.write_text("nan")
    with pytest.raises(SeqferError, match=r"S010_002_00000004_emotion\.txt: holds no emotion number"):
        list_dataset("ck", tmp_path)
