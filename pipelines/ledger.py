"""What was found finished before: a file in the run's folder, so that resuming ten thousand videos is quick.

To be sure that a video is done takes reading it and opening its results, which is milliseconds for each.
The ledger notes the sizes and times of all those files; where they and the settings are what they were,
nothing has to be opened. Where anything differs it has nothing to say, and all is looked at again: it is
never needed, and may be deleted, or be left behind when a run is copied.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import seqfer
from seqfer import models
from seqfer.errors import SeqferError
from seqfer.export import output_path
from seqfer.files import atomic_text
from seqfer.jobs import Job, Outcome
from seqfer.keys import key_of, plain
from seqfer.persons import embedding_key
from seqfer.store import schema

#: Hidden, because it holds times: two runs that came to the same results have it different.
NAME = ".seqfer-ledger.jsonl"
_FORMATS = (schema.VERSION, schema.EMBEDDINGS_VERSION, schema.PREDICTIONS_VERSION)

_State = list[int] | None  # of a file: bytes, time of change of content and of its inode, ns; None: absent


class Ledger:
    """The outcomes of videos that were up to date; written back at the end of a ``with`` block.

    Args:
        out: the run's folder. A ledger there that is damaged counts as none.
    """

    def __init__(self, out: Path) -> None:
        self._path = out / NAME
        self._entries = _read(self._path)
        self._settings: dict[tuple[int, tuple[str, ...]], str | None] = {}
        self._inputs: dict[str, _State] = {}
        self._changed = False

    def __enter__(self) -> Ledger:
        self._log: IO[str] | None = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write it, after an interrupt too; where that cannot be done, the next run is slower, no more."""
        if self._log is not None:
            with suppress(OSError):
                self._log.close()
        if self._changed:
            with suppress(SeqferError), atomic_text(self._path) as file:
                file.writelines(json.dumps(entry) + "\n" for entry in self._entries.values())

    def find(self, job: Job) -> Outcome | None:
        """The outcome of a job all of whose files are as they were when it was noted; None if unsure."""
        # The input as it is before anything is made of it: if it is replaced while at work, that shows.
        if job.path is not None:
            self._inputs[job.video_id] = _state(job.path)
        entry = self._entries.get(_name(job))
        try:
            if entry is None or entry["about"] != self._about(job) or entry["results"] != _results(job):
                return None
            known = entry["outcome"]
            return Outcome(**{**known, "notes": tuple(known["notes"]), "done": (), "path": job.where})
        except (KeyError, TypeError):
            return None

    def note(self, job: Job, outcome: Outcome) -> None:
        """Remember a job that :meth:`find` did not know, as soon as it is up to date."""
        about, results = self._about(job), _results(job)
        if about is None or results is None or outcome.status != "ok":
            return
        self._entries[_name(job)] = entry = {
            "video": job.video_id,
            "stages": list(job.stages),
            "about": about,
            "results": results,
            "outcome": plain(replace(outcome, done=())),
        }
        self._changed = True
        # At once, for the next run if this one is killed; brought into shape at the end.
        with suppress(OSError):
            if self._log is None:
                self._log = self._path.open("a", encoding="utf-8")
                self._log.write("\n")  # after the last one's half line, if it was
            self._log.write(json.dumps(entry) + "\n")
            self._log.flush()

    def _about(self, job: Job) -> dict[str, Any] | None:
        """Settings and input; None where there are no such weights, or a folder of stills is the input."""
        settings = self._settings_key(job)
        if settings is None:
            return None
        if job.path is None or "extract" not in job.stages:
            return {"settings": settings}
        state = self._inputs[job.video_id]
        return {"settings": settings, "input": str(job.path), "state": state} if state else None

    def _settings_key(self, job: Job) -> str | None:
        known = id(job.config), job.stages  # the jobs of a batch share theirs, and keep it alive
        if known not in self._settings:
            self._settings[known] = _settings_key(job)
        return self._settings[known]


def _settings_key(job: Job) -> str | None:
    try:
        return key_of(
            seqfer=seqfer.__version__,
            formats=_FORMATS,
            config=job.config,
            model=models.model_fingerprint(job.config.model) if "predict" in job.stages else None,
            embedder=embedding_key("", job.config.persons) if "embed" in job.stages else None,
        )
    except SeqferError:
        return None


def _results(job: Job) -> list[_State] | None:
    """The state of every file that the job needs to be there; None where one is not."""
    files: dict[str, Sequence[Path]] = {
        "extract": (job.tracks_path,),
        "embed": (job.embeddings_path,),
        "predict": (job.predictions_path,),
        "export": [output_path(job.out, job.video_id, name) for name in job.formats],
    }
    states = [_state(path) for stage in job.path_of_stages for path in files[stage]]
    if None in states:
        return None
    if job.stages[-1] == "export":
        states.append(_state(job.out / "persons.json"))  # what is exported depends on it, there or not
    return states


def _state(path: Path) -> _State:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _name(job: Job) -> tuple[str, tuple[str, ...]]:
    return job.video_id, job.stages


def _read(path: Path) -> dict[tuple[str, tuple[str, ...]], dict[str, Any]]:
    entries = {}
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return {}
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            entries[entry["video"], tuple(entry["stages"])] = entry
    return entries
