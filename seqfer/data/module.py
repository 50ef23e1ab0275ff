"""Stores and a label table, made into batches for training and validation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
from torch.utils.data import DataLoader, Sampler

from ..errors import LabelError
from ..labels import EMOTIONS, as_vocabulary
from ..store import RunStore, open_run
from .augmentation import Augmentation
from .label_table import Label, read_labels
from .windows import TrackWindows, Window, cut_windows


class TracksDataModule(pl.LightningDataModule):
    """Windows of face tracks for training and validation, divided by subject.

    Args:
        stores: folders of runs, their ``tracks.h5``, or track stores.
        labels: label table, CSV (see :mod:`seqfer.data.label_table`).
        vocabulary: names of the emotions.
        sample_rate_hz: moments per second that the model sees.
        window_seconds: length of a window; training windows overlap by half.
        batch_size: windows.
        val_share: share of the subjects to validate on (at least one, never all).
        val_videos: validate on these videos instead.
        augmentation: of training windows; None for none.
        seed: of the division, the order and the augmentation.
        num_workers: processes that load; 0 loads in this one.
    """

    def __init__(
        self,
        *,
        stores: str | list[str],
        labels: str,
        vocabulary: Sequence[str] = EMOTIONS,
        sample_rate_hz: float = 25.0,
        window_seconds: float = 4.0,
        batch_size: int = 8,
        val_share: float = 0.2,
        val_videos: list[str] | None = None,
        augmentation: Augmentation | None = Augmentation(),  # noqa: B008 (frozen)
        seed: int = 1,
        num_workers: int = 0,
    ) -> None:
        super().__init__()
        if not 0 < val_share < 1:
            raise ValueError(f"val_share must be between 0 and 1, got {val_share}")
        self._stores = [stores] if isinstance(stores, str) else list(stores)
        self._labels = Path(labels)
        self.vocabulary = as_vocabulary(vocabulary)
        self._rate, self._seconds = sample_rate_hz, window_seconds
        self._batch_size, self._num_workers, self._seed = batch_size, num_workers, seed
        self._val_share, self._val_videos = val_share, val_videos
        self._augmentation = augmentation
        self.train_windows: TrackWindows | None = None
        self.val_windows: TrackWindows | None = None

    def setup(self, stage: str | None = None) -> None:
        """Read the table, look through the stores, divide.

        Raises:
            LabelError: the table cannot be understood, names a video without a store, or a subject of
                both sides.
            InputError: there are no stores, or two of one video.
        """
        if self.train_windows is not None:
            return
        labels = read_labels(self._labels, self.vocabulary)
        run = open_run(self._stores)
        by_video = _assign(self._labels, labels, run)
        held_out = self._held_out(by_video)
        sides: dict[bool, list[Window]] = {False: [], True: []}
        for video_id, rows in by_video.items():
            for track in run[video_id].tracks:
                own = [x for x in rows if x.track_id in (None, track.track_id)]
                subject = _subject(own, video_id)
                aside = (video_id if self._val_videos is not None else subject) in held_out
                sides[aside] += cut_windows(
                    video_id, track.track_id, track.pts_seconds, own, subject=subject,
                    sample_rate_hz=self._rate, window_seconds=self._seconds,
                    hop_seconds=self._seconds if aside else self._seconds / 2,
                )  # fmt: skip
        both = {w.subject for w in sides[True]} & {w.subject for w in sides[False]}
        if both:
            raise LabelError(
                self._labels, f"subjects both trained and validated on: {', '.join(sorted(both))}"
            )
        for aside, name in ((False, "train on"), (True, "validate on")):
            if not sides[aside]:
                raise LabelError(self._labels, f"no labelled stretch of a face is left to {name}")
        self.train_windows = self._dataset(run, sides[False], self._augmentation)
        self.val_windows = self._dataset(run, sides[True], None)

    def train_dataloader(self) -> DataLoader:
        assert self.train_windows is not None
        return DataLoader(
            self.train_windows, batch_size=self._batch_size, num_workers=self._num_workers,
            sampler=SeededOrder(len(self.train_windows), self._seed),
        )  # fmt: skip

    def val_dataloader(self) -> DataLoader:
        assert self.val_windows is not None
        return DataLoader(self.val_windows, batch_size=self._batch_size, num_workers=self._num_workers)

    def _dataset(
        self, run: RunStore, windows: list[Window], augmentation: Augmentation | None
    ) -> TrackWindows:
        return TrackWindows(
            run, windows, vocabulary=self.vocabulary, sample_rate_hz=self._rate,
            window_seconds=self._seconds, augmentation=augmentation,
        )  # fmt: skip

    def _held_out(self, by_video: dict[str, list[Label]]) -> set[str]:
        """Subjects to validate on (or videos, where ``val_videos`` names them)."""
        if self._val_videos is not None:
            unknown = sorted(set(self._val_videos) - by_video.keys())
            if unknown:
                raise LabelError(self._labels, f"val_videos without labels: {', '.join(unknown)}")
            return set(self._val_videos)
        subjects = sorted({label.subject or video for video, rows in by_video.items() for label in rows})
        if len(subjects) < 2:
            raise LabelError(
                self._labels, f"one subject only ({subjects[0]}): two are needed, to train and to validate on"
            )
        order = np.random.default_rng(self._seed).permutation(len(subjects))
        count = min(max(1, round(self._val_share * len(subjects))), len(subjects) - 1)
        return {subjects[i] for i in order[:count]}


class SeededOrder(Sampler[tuple[int, int]]):
    """Every item once per epoch, in an order and with seeds that depend on ``seed`` and the epoch alone.

    So training that is resumed goes on as if it had never stopped. Lightning calls ``set_epoch``.
    """

    def __init__(self, count: int, seed: int) -> None:
        self._count, self._seed, self._epoch = count, seed, 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[int, int]]:
        rng = np.random.default_rng([self._seed, self._epoch])
        order, seed = rng.permutation(self._count), int(rng.integers(2**31))
        return iter([(int(i), seed) for i in order])


def _assign(table: Path, labels: Sequence[Label], run: RunStore) -> dict[str, list[Label]]:
    """Labels by the id of the video they are of; a table may name the video's file instead of its id."""
    by_video: dict[str, list[Label]] = {}
    unknown = set()
    for label in labels:
        names = (
            label.video,
            str(Path(label.video).with_suffix("")),
            Path(label.video).name,
            Path(label.video).stem,
        )
        match = next((name for name in names if name in run.paths), None)
        if match is None:
            unknown.add(label.video)
        else:
            by_video.setdefault(match, []).append(label)
    if unknown:
        raise LabelError(table, f"videos without a track store: {', '.join(sorted(unknown))}")
    return dict(sorted(by_video.items()))


def _subject(labels: Sequence[Label], video_id: str) -> str:
    return next((x.subject for x in labels if x.subject), video_id)
