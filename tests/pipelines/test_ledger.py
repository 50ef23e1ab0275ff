"""What the ledger vouches for is not looked at again, and what has changed is found all the same."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from seqfer.pipelines import batch
from seqfer.pipelines.ledger import NAME
from seqfer.pipelines.options import ClusterConfig

from seqfer.decoding import DecodingConfig
from seqfer.jobs import STAGES, Job, RunConfig
from seqfer.stages import finished, process


@pytest.fixture(scope="module")
def processed(clips, model, tmp_path_factory) -> Path:
    """A run's folder with one video beside it, made to timelines."""
    folder = tmp_path_factory.mktemp("processed")
    shutil.copy(clips / "a.mp4", folder / "a.mp4")
    assert process(job_in(folder, model)).status == "ok"
    return folder


@pytest.fixture
def run(processed, model, tmp_path) -> Run:
    shutil.copytree(processed, tmp_path, dirs_exist_ok=True)
    return Run(tmp_path, job_in(tmp_path, model))


def job_in(folder: Path, model: Path) -> Job:
    config = RunConfig(model=str(model))
    return Job(video_id="a", path=folder / "a.mp4", out=folder / "out", stages=STAGES, config=config)


class Run:
    def __init__(self, folder: Path, job: Job) -> None:
        self.folder, self.job, self.ledger = folder, job, job.out / NAME

    def plan(self, job: Job | None = None) -> tuple[str, object]:
        """Plan the job: by what it was known ("ledger", "thorough", or "work" left to do), its outcome."""
        asked: list[Job] = []
        worked: list[int] = []

        def thorough(job):
            asked.append(job)
            return finished(job)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(batch, "finished", thorough)
            patch.setattr(batch, "compute", lambda waiting, *_: worked.extend(waiting))
            made = batch.compute_batch(
                [job or self.job], self.job.out, ClusterConfig(), quiet=True, verb="run"
            )
        outcome = made.outcomes[0] if made.outcomes else None
        return "work" if worked else "thorough" if asked else "ledger", outcome


def test_what_was_found_finished_once_is_known_from_then_on(run):
    how, first = run.plan()
    assert how == "thorough" and first.status == "ok" and first.done == ()
    written = run.ledger.stat().st_mtime_ns
    assert run.plan() == ("ledger", first)
    assert run.ledger.stat().st_mtime_ns == written, "nothing new, nothing to write"


def test_a_touched_video_is_looked_at_and_a_replaced_one_is_redone(run):
    run.plan()
    os.utime(run.job.path)
    assert run.plan()[0] == "thorough"
    assert run.plan()[0] == "ledger"
    data = bytearray(run.job.path.read_bytes())
    data[-1] ^= 1
    before = run.job.path.stat()
    run.job.path.write_bytes(data)  # as many bytes, and made to look as old
    os.utime(run.job.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert run.plan()[0] == "work"


def test_a_changed_setting_or_model_is_found(run, model, tmp_path):
    run.plan()
    decoding = DecodingConfig(min_duration_seconds=0.5)
    assert run.plan(replace(run.job, config=replace(run.job.config, decoding=decoding)))[0] == "work"
    assert run.plan()[0] == "ledger"
    for suffix in (".safetensors", ".json"):
        shutil.copy(Path(model).with_suffix(suffix), (tmp_path / "own").with_suffix(suffix))
    own = replace(run.job, config=replace(run.job.config, model=str(tmp_path / "own")))
    assert [run.plan(own)[0], run.plan(own)[0]] == ["thorough", "ledger"]
    notes = tmp_path / "own.json"
    notes.write_text(notes.read_text() + " ")
    assert run.plan(own)[0] == "work"


def test_a_result_removed_or_cut_off_is_found(run):
    for path in [path for path in run.job.results if path.exists()]:
        whole = path.read_bytes()
        run.plan()
        assert run.plan()[0] == "ledger"
        path.unlink()
        assert run.plan()[0] == "work", path
        path.write_bytes(whole)
        run.plan()
        if path.suffix != ".csv":  # of which it is only asked that it is there
            path.write_bytes(whole[: len(whole) // 2])
            assert run.plan()[0] == "work", path
            path.write_bytes(whole)


def test_persons_that_come_later_are_found(run):
    run.plan()
    (run.job.out / "persons.json").write_text("not what it should be")
    assert run.plan()[0] == "work"


def test_each_choice_of_stages_is_known_by_itself(run):
    extract = replace(run.job, stages=("extract",))
    assert [run.plan()[0], run.plan(extract)[0]] == ["thorough", "thorough"]
    assert [run.plan()[0], run.plan(extract)[0]] == ["ledger", "ledger"]
    run.job.predictions_path.unlink()
    assert [run.plan()[0], run.plan(extract)[0]] == ["work", "ledger"]


def test_a_run_that_was_copied_is_looked_at_again(run, model, tmp_path):
    run.plan()
    copy = tmp_path / "elsewhere"
    shutil.copytree(run.folder, copy, ignore=shutil.ignore_patterns("elsewhere"))
    other = Run(copy, job_in(copy, model))
    assert other.ledger.exists()
    assert [other.plan()[0], other.plan()[0]] == ["thorough", "ledger"]


@pytest.mark.parametrize("damage", ["", "{", "[]\n", '{"video": "a"}\n', "null\n", "\0\udcff"])
def test_a_damaged_ledger_counts_as_none(run, damage):
    run.plan()
    run.ledger.write_bytes(damage.encode("utf-8", "surrogateescape"))
    assert [run.plan()[0], run.plan()[0]] == ["thorough", "ledger"]


def test_a_ledger_cut_off_anywhere_never_does_harm(run):
    first = run.plan()[1]
    whole = run.ledger.read_bytes()
    for size in range(0, len(whole) - 1, 97):
        run.ledger.write_bytes(whole[:size])
        assert run.plan()[1] == first
