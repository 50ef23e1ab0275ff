"""The command line as a companion: help, suggestions, progress, JSON, completion, no colours in files."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import time

import pytest
from seqfer.pipelines.__main__ import VERBS, main, usage
from seqfer.pipelines.progress import BatchProgress

from seqfer.jobs import Outcome

ESCAPES = re.compile(r"\x1b\[")


def said(capsys, *args):
    try:
        code = main([str(a) for a in args])
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


def test_help_shows_examples_first_and_all_settings_only_when_asked(capsys):
    _, short, _ = said(capsys, "run", "--help")
    _, long, _ = said(capsys, "run", "--help-all")
    assert short.index("examples:") < short.index("options:") and len(short.splitlines()) < 70
    assert "--gate.min_sharpness" not in short and "--gate.min_sharpness" in long
    assert "seqfer run --help-all tells of" in short and "--gate.*" in short
    assert "<class" not in long
    assert re.search(r"^  eaf +<video>.eaf +ELAN", short, re.M)
    assert all(f"\n  {verb} " in usage() for verb in VERBS)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["exprt"], "unknown verb 'exprt'; did you mean export?"),
        (["export", "x", "--too", "eaf"], "did you mean --to?"),
        (["export", "x", "--to", "efa"], "unknown formats: efa; there are csv, json"),
        (["export", "x", "--min-duration=-1"], "from 0, got -1.0"),
        (["run", "x", "-o", "y", "--synchrony.rate_hz=0"], "must be above 0"),
    ],
)
def test_what_is_wrong_comes_with_what_to_do(capsys, args, words):
    code, _, err = said(capsys, *args)
    assert code == 2 and words in err and err.count("\n") == 1


def test_json_is_all_that_is_on_standard_output(clips, model, tmp_path, capsys):
    out = tmp_path / "out"
    to = ("--to", "csv,transitions")
    code, text, err = said(
        capsys, "run", clips, "-o", out, "--model", model, "--json", *to, "--cluster.workers=1"
    )
    told = json.loads(text)
    assert code == told["exit_code"] == 1 and told["failed"] == 1 and "broken.mp4" in err
    assert [(v["video_id"], v["status"]) for v in told["videos"]] == [
        ("a", "ok"),
        ("broken", "failed"),
        ("deep/b", "ok"),
    ]
    assert (out / "transition_matrix.csv").is_file() and (out / "dwell_times.csv").is_file()

    stamps = {p: p.stat().st_mtime_ns for p in out.rglob("*.csv")}
    assert said(capsys, "export", out, *to, "--quiet")[:2] == (0, "")
    names = ("a.segments.csv", "deep/b.transitions.csv")
    assert all((out / n).stat().st_mtime_ns == stamps[out / n] for n in names), "nothing was to be done"
    assert said(capsys, "export", out, *to, "--min-duration=0.5", "--quiet")[0] == 0
    assert all((out / n).stat().st_mtime_ns != stamps[out / n] for n in names), "filters count as settings"
    code, _, err = said(capsys, "export", out, "--person", "p001")
    assert code == 1 and "nobody knows who is who here: seqfer persons finds out" in err

    for place, key in ((out, "videos"), (out / "a.json", "segments"), (out / "tracks/a.h5", "tracks"),
                       (out / "predictions/a.h5", "model")):  # fmt: skip
        code, text, _ = said(capsys, "inspect", place, "--json")
        assert code == 0 and key in text and json.loads(text)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_verbs_options_and_values(capsys, tmp_path):
    script = tmp_path / "seqfer.bash"
    script.write_text(said(capsys, "completion", "bash")[1])
    asked = (["seqfer", "exp"], ["seqfer", "export", "--min"], ["seqfer", "plot", "x", "--kind", "tr"])
    for words, answer in zip(asked, ("export", "--min-duration", "transitions"), strict=True):
        line = " ".join(words)
        code = f"""
source {script}
COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; COMP_LINE='{line}'; COMP_POINT={len(line)}
complete -p seqfer >/dev/null && _shtab_seqfer
echo "${{COMPREPLY[@]}}"
"""
        done = subprocess.run(["bash", "-c", code], capture_output=True, text=True)
        assert answer in done.stdout.split(), (line, done.stdout, done.stderr)
    for shell in ("zsh", "tcsh"):
        assert "seqfer" in said(capsys, "completion", shell)[1]


def test_colours_are_for_terminals(clips, model, tmp_path):
    command = [sys.executable, "-m", "seqfer.pipelines", "inspect", str(clips)]
    out = tmp_path / "out"
    run = [
        *command[:3],
        "run",
        str(clips / "a.mp4"),
        "-o",
        str(out),
        "--model",
        str(model),
        "--cluster.workers=1",
    ]
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(run, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        seen = bytearray()
        while True:
            try:
                chunk = os.read(ours, 4096)
            except OSError:  # how Linux says that the other end is closed
                break
            if not chunk:
                break
            seen += chunk
    os.close(ours)
    text = seen.decode("utf-8", "replace")
    assert process.returncode == 0 and ESCAPES.search(text) and "0/1" in text
    plain = subprocess.run([*run[:3], "inspect", str(out)], capture_output=True, text=True)
    assert "1 videos" in plain.stdout and not ESCAPES.search(plain.stdout + plain.stderr)


class Clock:
    """Time that goes on when told."""

    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


def outcome(n, seconds=60.0, status="ok"):
    return Outcome(video_id=f"v{n}", path=f"v{n}.mp4", status=status, duration_seconds=seconds)


def test_a_log_tells_rate_and_time_left_of_many_and_of_one_long_video(monkeypatch, capsys):
    clock = Clock(monkeypatch)
    with BatchProgress(10, "run") as progress:
        for n in range(4):
            clock.now += 15
            progress.done(n, outcome(n, status="failed" if n == 1 else "ok"))
    first, second = capsys.readouterr().err.splitlines()
    assert first == "run: 2 of 10 videos, 20%, 4.0 videos/min, 4.0 × real time, 1 failed, 2 min 00 s left"
    assert second.startswith("run: 4 of 10 videos, 40%") and second.endswith("1 min 30 s left")

    with BatchProgress(1, "run") as progress:
        progress.divided(0, 120)
        for part in range(30):
            clock.now += 60
            progress.fraction(0, 1.0, part)
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "run: 0 of 1 videos, 25%, 1 h 30 min left" and len(lines) == 30


def test_on_a_terminal_long_videos_have_bars_of_their_own_and_names_stay_text(monkeypatch):
    clock = Clock(monkeypatch)
    screen = io.StringIO()
    from rich.console import Console

    monkeypatch.setattr(
        "seqfer.pipelines.progress.Console",
        lambda **_: Console(file=screen, force_terminal=True, width=120, _environ={"TERM": "xterm"}),
    )
    with BatchProgress(3, "run", names={0: "[red]long[/red].mp4", 1: "b"}) as progress:
        progress.fraction(0, 0.1)
        clock.now += 10
        progress.fraction(0, 0.5)
        progress.done(1, outcome(1))
        clock.now += 10
        progress.fraction(0, 0.6)
        progress._bar.refresh()
    text = screen.getvalue()
    assert "[red]long[/red].mp4" in text and "60%" in text and "13 s left" in text and "1/3" in text
