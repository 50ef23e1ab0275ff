"""The command line as users meet it: real videos, a real Dask cluster, exit codes and words."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from seqfer.pipelines.__main__ import VERBS, main


def summary(out: Path) -> dict[str, dict[str, str]]:
    with (out / "summary.csv").open(newline="") as file:
        return {row["video"]: row for row in csv.DictReader(file)}


def digests(out: Path) -> dict[str, str]:
    """Of all that is a result: the ledger, which is hidden, holds times."""
    files = sorted(p for p in out.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_from_a_folder_to_timelines_the_same_with_one_worker_and_with_two(clips, model, seqfer, tmp_path):
    outs = {}
    for workers in (1, 2):
        out = tmp_path / str(workers)
        done = seqfer("run", clips, "-o", out, "--model", model, f"--cluster.workers={workers}")
        assert done.returncode == 1, done.stderr  # one file is broken
        assert "broken.mp4: is not a readable video" in done.stderr
        assert "Traceback" not in done.stderr + done.stdout
        outs[workers] = digests(out)
    assert outs[1] == outs[2]
    assert set(outs[1]) == {
        "summary.csv",
        "tracks.h5",
        *(f"{v}{end}" for v in ("a", "deep/b") for end in (".segments.csv", ".json")),
        *(f"{kind}/{v}.h5" for v in ("a", "deep/b") for kind in ("tracks", "predictions")),
    }
    rows = summary(tmp_path / "1")
    assert [(v, r["status"], r["tracks"]) for v, r in rows.items()] == [
        ("a", "ok", "1"),
        ("broken", "failed", ""),
        ("deep/b", "ok", "1"),
    ]
    assert rows["a"]["frames"] == "50" and float(rows["a"]["duration_s"]) == pytest.approx(2.0)


def test_a_long_video_is_divided_and_comes_to_the_same_with_one_worker_and_with_two(seqfer, tmp_path):
    from seqfer.samples import write_portrait

    folder = tmp_path / "videos"
    folder.mkdir()
    write_portrait(folder / "long.mp4", seconds=10.0, width=320, height=180)
    write_portrait(folder / "short.mp4", seconds=1.0, width=320, height=180)
    made = {}
    for workers in (1, 2):
        out = tmp_path / str(workers)
        result = seqfer(
            "extract", folder, "-o", out, "--extraction.span_seconds", "2", "--cluster.workers", workers
        )
        assert result.returncode == 0, result.stderr
        made[workers] = digests(out)
    assert made[1] == made[2]
    assert sorted(made[1]) == ["summary.csv", "tracks.h5", "tracks/long.h5", "tracks/short.h5"]


def test_a_second_run_does_only_what_is_missing_or_depends_on_a_change(clips, model, seqfer, tmp_path):
    out = tmp_path / "out"
    run = ("run", clips / "a.mp4", "-o", out, "--model", model, "--cluster.workers=1")
    assert seqfer(*run).returncode == 0
    first = digests(out)

    again = seqfer(*run)
    assert again.returncode == 0 and "Nothing to do" in again.stdout and "up to date" in again.stdout
    assert digests(out) == first

    stamps = {p: p.stat().st_mtime_ns for p in out.rglob("*.h5")}
    assert seqfer(*run, "--decoding.min_duration_seconds=0.5").returncode == 0
    assert {p: p.stat().st_mtime_ns for p in out.rglob("*.h5")} == stamps, "only the export was to be redone"

    (out / "a.json").unlink()
    (out / "predictions" / "a.h5").write_bytes(b"cut off")
    assert seqfer(*run).returncode == 0
    assert digests(out) == first
    assert (out / "tracks" / "a.h5").stat().st_mtime_ns == stamps[out / "tracks" / "a.h5"]

    assert seqfer(*run, "--extraction.crop_size=96").returncode == 0
    changed = digests(out)
    assert all(changed[name] != first[name] for name in ("tracks/a.h5", "predictions/a.h5", "a.json"))


def test_the_stages_by_themselves_come_to_the_same(clips, model, seqfer, tmp_path):
    whole, steps = tmp_path / "whole", tmp_path / "steps"
    assert seqfer("run", clips / "a.mp4", "-o", whole, "--model", model).returncode == 0
    assert seqfer("extract", clips / "a.mp4", "-o", steps).returncode == 0
    assert seqfer("predict", steps, "--model", model).returncode == 0
    assert seqfer("export", steps).returncode == 0
    first, second = digests(whole), digests(steps)
    first.pop("summary.csv"), second.pop("summary.csv")  # names the input it was given: video, then store
    assert first == second
    assert seqfer("export", steps, "--to", "csv,frames").returncode == 0
    assert (steps / "a.frames.csv").is_file()


def test_numbered_stills_are_one_video(clips, model, seqfer, tmp_path):
    import cv2

    from seqfer import video

    folder = tmp_path / "S005" / "001"
    folder.mkdir(parents=True)
    for frame in video.read_frames(clips / "a.mp4"):
        if frame.frame_index % 5 == 0:
            name = f"S005_001_{frame.frame_index // 5 + 1:08d}.png"
            cv2.imwrite(str(folder / name), frame.rgb()[..., ::-1])
    out = tmp_path / "out"
    done = seqfer("run", tmp_path / "S005", "-o", out, "--model", model, "--extraction.still_fps=5")
    assert done.returncode == 0, done.stderr
    document = json.loads((out / "001.json").read_text())
    assert document["source"]["num_frames"] == 10
    assert document["tracks"][0]["segments"][-1]["end_s"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["run", "{tmp}/nowhere.mp4", "-o", "{tmp}/o"], 1, "nowhere.mp4: "),
        (["run", "{tmp}/empty", "-o", "{tmp}/o"], 1, "empty: no videos"),
        (["run", "{tmp}/none*.mp4", "-o", "{tmp}/o"], 1, "none*.mp4: "),
        (["run", "{clips}/a.mp4", "-o", "{tmp}/file/o", "--model", "{model}"], 1, "cannot be written"),
        (["run", "{clips}/a.mp4", "-o", "{tmp}/o", "--model", "no/such"], 2, "no/such: no such model"),
        (["run", "{clips}/a.mp4", "-o", "{tmp}/o", "--model", "{clips}/broken.mp4"], 2, "broken.mp4: "),
        (["run", "{clips}/a.mp4"], 2, "out"),
        (["run", "{clips}/a.mp4", "-o", "{tmp}/o", "--decoding.switch_kost=1"], 2, "switch_kost"),
        (["run", "{clips}/a.mp4", "-o", "{tmp}/o", "--extraction.crop_size=3"], 2, "crop_size must lie"),
        (["run", "{clips}/a.mp4", "-o", "{tmp}/o", "--config", "{tmp}/typo.yaml"], 2, "detecter"),
        (["extract", "{clips}/a.mp4", "-o", "{tmp}/o", "--cluster.workers=0"], 2, "must be at least 1"),
        (["extract", "{clips}/a.mp4", "-o", "{tmp}/o", "--extraction.detector.name=yunet",
          "--extraction.detector.weights={tmp}/no.onnx"], 2, "no.onnx: no such weights"),
        (["predict", "{tmp}/empty"], 1, "no track stores here; seqfer extract makes them"),
        (["inspect", "{tmp}/nowhere"], 1, "nowhere: no such file"),
        (["inspect", "{clips}/a.mp4"], 1, "a.mp4: not a readable HDF5 file"),
        (["analyse"], 2, "unknown verb 'analyse'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_a_line_each(args, code, words, clips, model, tmp_path, capfd):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "typo.yaml").write_text("extraction:\n  detecter:\n    name: yunet\n")
    names = {"tmp": tmp_path, "clips": clips, "model": model}
    try:
        returned = main([a.format(**names) for a in args])
    except SystemExit as stop:  # how argument parsers say no
        returned = stop.code
    _, err = capfd.readouterr()
    assert returned == code, err
    assert words in err and "Traceback" not in err
    assert all(line.startswith("seqfer") for line in err.splitlines()), err


def start(args):
    command = [sys.executable, "-m", "seqfer.pipelines", *map(str, args)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # What a shell starts in the background ignores Ctrl-C, and so would all that the tests start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_ctrl_c_leaves_nothing_half_written_and_the_next_run_completes(clips, model, seqfer, tmp_path):
    for n in range(6):
        shutil.copy(clips / "a.mp4", tmp_path / f"v{n}.mp4")
    out = tmp_path / "out"
    run = ("run", tmp_path, "-o", out, "--model", model, "--cluster.workers=1")
    process = start(run)
    deadline = time.monotonic() + 120
    while not list(out.rglob("*.h5")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of the group
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on from there" in errors and "Traceback" not in errors + output
    assert not list(out.rglob("*.partial"))
    finished = {p: p.stat().st_mtime_ns for p in out.rglob("*.h5") if p.parent != out}
    assert finished

    done = seqfer(*run)
    assert done.returncode == 0, done.stderr
    assert len(summary(out)) == 6
    assert all(p.stat().st_mtime_ns == t for p, t in finished.items()), "what was finished is kept"


def test_strange_names_stay_names(clips, model, seqfer, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    names = [
        "[red]=1+1 <img src=x onerror=alert(1)>.mp4",
        "line\nbreak.mp4",
        "-o.mp4",
        "x" * 240 + ".mp4",
        "表情.mp4",
    ]
    for name in names:
        shutil.copy(clips / "deep" / "b.mp4", folder / name)
    shutil.copy(clips / "deep" / "b.mp4", os.fsencode(folder) + b"/\xff not utf-8.mp4")
    out = tmp_path / "out"
    done = seqfer("run", folder, "-o", out, "--model", model, "--report")
    assert done.returncode == 0, done.stderr
    rows = summary(out)
    assert len(rows) == 6 and all(r["status"] == "ok" and "\n" not in v for v, r in rows.items())
    assert len(list(out.glob("*.json"))) == 6
    assert "[red]" in done.stdout
    pages = [path.read_text() for path in (out / "report").glob("*.html")]
    assert len(pages) == 6 and not any("<img src=x" in page for page in pages)
    assert sum("<source src=" in page for page in pages) == 5  # a name that is no text cannot be linked


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 20 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("needs the right to mount a small file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_said_for_each_video_and_room_made_the_run_completes(clips, model, seqfer, small_disk):
    (small_disk / "fill").write_bytes(bytes(6 << 20))
    run = ("run", clips / "a.mp4", clips / "deep", "-o", small_disk / "out", "--model", model)
    full = seqfer(*run)
    assert full.returncode == 1 and "Traceback" not in full.stderr
    assert full.stderr.count("cannot be written, the disk is full") == 3  # two videos and the summary
    assert [p.name for p in (small_disk / "out").rglob("*") if p.is_file()] == [".seqfer-lock"]
    (small_disk / "fill").unlink()
    assert seqfer(*run).returncode == 0


def test_inspect_tells_what_is_in_each_kind_of_file(clips, model, seqfer, tmp_path, capsys):
    out = tmp_path / "out"
    assert seqfer("run", clips, "-o", out, "--model", model).returncode == 1
    for path, words in (
        (out, "3 videos, 1 failed"),
        (out / "tracks/a.h5", "a: track store"),
        (out / "predictions/a.h5", "a: predictions by CnnRnn"),
        (out / "a.json", "from_s"),
    ):
        assert main(["inspect", str(path)]) == 0
        assert words in capsys.readouterr().out
    assert main(["inspect", str(out), "--failed"]) == 0
    said = capsys.readouterr().out
    assert "broken" in said and "deep/b" not in said


def test_help_names_every_verb_and_each_verb_explains_itself(capsys):
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(verb in said for verb in VERBS)
    for verb in VERBS:
        with pytest.raises(SystemExit) as stop:
            main([verb, "--help"])
        assert stop.value.code == 0
        assert "usage: seqfer" in capsys.readouterr().out


@pytest.mark.parametrize("path", sorted(Path("configs").glob("*.yaml")), ids=lambda p: p.name)
def test_every_shipped_configuration_is_understood(path, capsys, tmp_path):
    verb = path.name.split("_")[0]
    if verb == "train":
        pytest.skip("tested with seqfer train")
    with pytest.raises(SystemExit) as stop:
        main([verb, "x.mp4", "-o", str(tmp_path), "--config", str(path), "--print_config"])
    assert stop.value.code == 0
