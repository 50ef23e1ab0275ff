"""A run in words: its settings, one job a video, and what became of each."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .decoding import DecodingConfig, QualityGate
from .errors import InputError, readable
from .export import ExportConfig, FormatName, output_path
from .extraction import ExtractionConfig
from .persons import PersonsConfig
from .store import store_path

Stage = Literal["extract", "embed", "predict", "export"]
#: All that timelines need. ``embed`` is beside the way: nothing comes of it before all videos have it.
STAGES: tuple[Stage, ...] = ("extract", "predict", "export")
_ORDER: tuple[Stage, ...] = ("extract", "embed", "predict", "export")
#: What became of every video of a run, in the run's folder.
SUMMARY_NAME = "summary.csv"


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """All settings of a run.

    Attributes:
        extraction: video to face tracks.
        model: face tracks to per-frame probabilities: name of a bundled model, or path of a trained one.
        device: where the model runs, as PyTorch names it.
        batch_size: face-frames that go through the model's encoder at once.
        gate: which frames are not good enough to be judged.
        decoding: probabilities to segments.
        export: what to write beside the JSON.
        persons: which face tracks are one person.
        keep_crops: False takes the pictures of faces out of the track stores as soon as all is made of them
            that is asked for.
    """

    extraction: ExtractionConfig = field(default_factory=ExtractionConfig)
    model: str = "bundled"
    device: str = "cpu"
    batch_size: int = 32
    gate: QualityGate = field(default_factory=QualityGate)
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    export: ExportConfig = field(default_factory=ExportConfig)
    persons: PersonsConfig = field(default_factory=PersonsConfig)
    keep_crops: bool = True


@dataclass(frozen=True, kw_only=True)
class Job:
    """One video of a run.

    Attributes:
        video_id: its name within the run.
        path: the video; None where only its store is at hand.
        out: the run's folder.
        stages: which to run, in order.
        config: the run's settings.
    """

    video_id: str
    path: Path | None
    out: Path
    stages: tuple[Stage, ...]
    config: RunConfig

    @property
    def where(self) -> str:
        """What to call the input in messages."""
        return readable(self.path if self.path is not None else self.tracks_path)

    @property
    def path_of_stages(self) -> tuple[Stage, ...]:
        """All stages up to the last one asked for; those not asked for must have been run before."""
        stages = _ORDER[: _ORDER.index(self.stages[-1]) + 1]
        return tuple(s for s in stages if s != "embed" or s in self.stages)

    @property
    def tracks_path(self) -> Path:
        """Where the track store of this video is."""
        return store_path(self.out, "tracks", self.video_id)

    @property
    def predictions_path(self) -> Path:
        """Where the predictions for this video are."""
        return store_path(self.out, "predictions", self.video_id)

    @property
    def embeddings_path(self) -> Path:
        """Where the face embeddings of this video's tracks are."""
        return store_path(self.out, "embeddings", self.video_id)

    @property
    def results(self) -> tuple[Path, ...]:
        """Every file that the job may write."""
        outputs = (output_path(self.out, self.video_id, name) for name in self.formats)
        return (self.tracks_path, self.embeddings_path, self.predictions_path, *outputs)

    @property
    def formats(self) -> tuple[FormatName, ...]:
        """The formats to write."""
        return tuple(dict.fromkeys((*self.config.export.to, "json")))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one video: a row of ``summary.csv``.

    Attributes:
        status: ``ok`` or ``failed``.
        done: the stages that were run; the others were up to date.
        num_frames, duration_seconds: of the video; None if it never got that far.
        num_tracks, num_segments: None before the stage that counts them.
        notes: damage met on the way.
        error: why it failed, in one line.
    """

    video_id: str
    path: str
    status: Literal["ok", "failed"] = "ok"
    done: tuple[Stage, ...] = ()
    num_frames: int | None = None
    duration_seconds: float | None = None
    num_tracks: int | None = None
    num_segments: int | None = None
    notes: tuple[str, ...] = ()
    error: str = ""


def read_summary(out: Path) -> list[dict[str, str]]:
    """The rows of a run's ``summary.csv``.

    Raises:
        InputError: there is none that can be read.
    """
    path = out / SUMMARY_NAME
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(path, f"no readable summary of a run here ({error})") from error
