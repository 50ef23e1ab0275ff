"""Stores and label tables, made into batches for training and validation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pytorch_lightning as pl
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from ..errors import LabelError
from ..labels import EMOTIONS, as_vocabulary
from ..models.base import SequenceModel
from ..models.kept import KeptFeatures
from ..store import RunStore, open_run
from .augmentation import Augmentation
from .dividing import (
    TEST,
    TRAIN,
    VALID,
    Side,
    by_video,
    check_apart,
    chosen_subjects,
    random_subjects,
    split_of,
    subject_of,
)
from .label_table import Label, read_labels
from .sampling import ResumableLoader, SeededOrder, share
from .windows import Inputs, TrackWindows, Window, cut_windows

_WORDS = {TRAIN: "train on", VALID: "validate on", TEST: "test on"}


class TracksDataModule(pl.LightningDataModule):
    """Windows of face tracks for training and validation, divided by subject.

    Args:
        stores: folders of runs, their ``tracks.h5``, or track stores.
        labels: label table, CSV (see :mod:`seqfer.data.label_table`).
        vocabulary: names of the emotions, as a list or between commas. Any of
            :data:`seqfer.labels.KNOWN_EMOTIONS` may be absent: its rows are left out.
        emotion_map: what emotions of the table are called in the vocabulary, to merge some or to use names
            of one's own; null leaves them out.
        sample_rate_hz: moments per second that the model sees.
        window_seconds: length of a window; training windows overlap by half.
        moment_seconds: a label for a single moment (an apex frame) holds this long before and after it.
        batch_size: windows.
        split: ``subjects`` sets some aside, ``column`` follows the table's column ``split``.
        val_share: share of the subjects to validate on (at least one, never all).
        val_videos: validate on these videos instead,
        val_subjects: or on these subjects.
        test_subjects: neither trained nor validated on.
        balance: windows of emotion k are drawn with a chance ~ (its frames) ** -balance; 0 sees each window
            once, 1 sees all emotions equally often.
        augmentation: of training windows; None for none.
        seed: of the division, the order and the augmentation.
        num_workers: processes that load; 0 loads in this one.

    Attributes:
        stores, table, augmentation: as given.
        inputs: what the windows show; set before :meth:`setup`.
        class_counts: float (K,), labelled moments of each emotion in the training windows.
        kept: features of faces, where a model keeps them (:meth:`keep_features`).
        left_out: rows of the table that the vocabulary has no name for, by emotion.
    """

    def __init__(
        self,
        *,
        stores: str | list[str],
        labels: str,
        vocabulary: Sequence[str] | str = EMOTIONS,
        emotion_map: Mapping[str, str | None] | None = None,
        sample_rate_hz: float = 25.0,
        window_seconds: float = 4.0,
        moment_seconds: float = 0.0,
        batch_size: int = 8,
        split: Literal["subjects", "column"] = "subjects",
        val_share: float = 0.2,
        val_videos: list[str] | None = None,
        val_subjects: list[str] | None = None,
        test_subjects: list[str] | None = None,
        balance: float = 0.0,
        augmentation: Augmentation | None = Augmentation(),  # noqa: B008 (frozen)
        seed: int = 1,
        num_workers: int = 0,
    ) -> None:
        super().__init__()
        if not 0 < val_share < 1:
            raise ValueError(f"val_share must be between 0 and 1, got {val_share}")
        if not 0 <= balance <= 1:
            raise ValueError(f"balance must lie between 0 and 1, got {balance}")
        self.stores = [stores] if isinstance(stores, str) else list(stores)
        self.table = Path(labels)
        self.vocabulary = as_vocabulary(vocabulary)
        self._emotion_map = dict(emotion_map or {})
        self._rate, self._seconds, self._moment = sample_rate_hz, window_seconds, moment_seconds
        self._batch_size, self._num_workers, self._seed = batch_size, num_workers, seed
        self._split, self._val_share, self._balance = split, val_share, balance
        self._val_videos, self._val_subjects, self._test_subjects = val_videos, val_subjects, test_subjects
        self.augmentation = augmentation
        self.inputs: Inputs = "crops"
        self.left_out: Counter[str] = Counter()
        self.class_counts: NDArray[np.float64] = np.zeros(len(self.vocabulary))
        self.kept = KeptFeatures()
        self._sides: dict[tuple[str, int], Side] = {}
        self.train_windows: TrackWindows | None = None
        self.val_windows: TrackWindows | None = None
        self.test_windows: TrackWindows | None = None

    def setup(self, stage: str | None = None) -> None:
        """Read the table, look through the stores, divide.

        Raises:
            LabelError: the table cannot be understood, names a video without a store, times outside it, or
                a subject of two sides; a side is empty, or the training side shows one emotion only.
            InputError: there are no stores, or two of one video.
        """
        if self.train_windows is not None:
            return
        run = open_run(self.stores)
        faces = self.faces(run)
        self._sides = sides = self._divide(faces)
        windows: dict[Side, list[Window]] = {TRAIN: [], VALID: [], TEST: []}
        for (video_id, track_id), rows in faces.items():
            side = sides[video_id, track_id]
            windows[side] += cut_windows(
                video_id, track_id, run.track(video_id, track_id).pts_seconds, rows,
                subject=subject_of(rows, video_id), sample_rate_hz=self._rate, window_seconds=self._seconds,
                hop_seconds=self._seconds / 2 if side == TRAIN else self._seconds,
            )  # fmt: skip
        check_apart(self.table, {side: {w.subject for w in ws} for side, ws in windows.items()})
        for side in (TRAIN, VALID):
            if not windows[side]:
                raise LabelError(self.table, f"no labelled stretch of a face is left to {_WORDS[side]}")
        self.train_windows = self._dataset(run, windows[TRAIN], self.augmentation)
        self.val_windows = self._dataset(run, windows[VALID], None)
        self.test_windows = self._dataset(run, windows[TEST], None) if windows[TEST] else None
        self._count_classes()

    def keep_features(self, model: SequenceModel) -> None:
        """Windows hold what ``model`` makes of faces from now on, made now unless it was before."""
        for windows in (self.train_windows, self.val_windows, self.test_windows):
            if windows is not None:
                windows.keep_features(self.kept, model)

    def faces(self, run: RunStore) -> dict[tuple[str, int], list[Label]]:
        """The labels of each labelled face: video and track.

        Raises:
            LabelError: see :meth:`setup`.
        """
        self.left_out.clear()
        labels = read_labels(self.table, self.vocabulary, mapping=self._emotion_map, left_out=self.left_out)
        faces = {}
        for video_id, rows in by_video(self.table, labels, run).items():
            for track in run[video_id].tracks:
                own = [x for x in rows if x.track_id in (None, track.track_id)]
                if own:
                    faces[video_id, track.track_id] = own
        return faces

    @property
    def split_by_column(self) -> bool:
        """The table says who is on which side."""
        return self._split == "column"

    def of_side(self, side: Side) -> set[tuple[str, int]]:
        """The faces (video, track) that are trained, validated or tested on; by the table before setup."""
        sides = self._sides or self._divide(self.faces(open_run(self.stores)))
        return {face for face, found in sides.items() if found == side}

    @property
    def subjects(self) -> list[str]:
        """Everybody trained or validated on, sorted."""
        windows = [w for part in (self.train_windows, self.val_windows) if part for w in part.windows]
        return sorted({window.subject for window in windows})

    def train_dataloader(self) -> DataLoader:
        assert self.train_windows is not None
        rank, world = self._place
        order = SeededOrder(
            len(self.train_windows), self._seed, chances=self._chances, rank=rank, world=world
        )
        return ResumableLoader(
            self.train_windows, batch_size=self._batch_size, num_workers=self._num_workers, sampler=order
        )

    def val_dataloader(self) -> DataLoader:
        return self.plain_loader(self.val_windows)

    def plain_loader(self, windows: TrackWindows | None) -> DataLoader:
        """All of ``windows`` in order, as they are; of several processes each gets its share."""
        assert windows is not None
        own = share(np.arange(len(windows)), *self._place).tolist()
        return DataLoader(windows, batch_size=self._batch_size, num_workers=self._num_workers, sampler=own)

    @property
    def _place(self) -> tuple[int, int]:
        """Which of how many processes this is."""
        trainer = self.trainer
        return (trainer.global_rank, trainer.world_size) if trainer is not None else (0, 1)

    def _dataset(
        self, run: RunStore, windows: list[Window], augmentation: Augmentation | None
    ) -> TrackWindows:
        return TrackWindows(
            run, windows, vocabulary=self.vocabulary, sample_rate_hz=self._rate,
            window_seconds=self._seconds, moment_seconds=self._moment, augmentation=augmentation,
            inputs=self.inputs,
        )  # fmt: skip

    def _count_classes(self) -> None:
        """How many moments of each emotion are trained on, and with what chance each window is drawn."""
        assert self.train_windows is not None
        shown = np.zeros((len(self.train_windows), len(self.vocabulary)))
        for i, window in enumerate(self.train_windows.windows):
            targets = self.train_windows.targets(i)
            shown[i] = targets["emotion"].sum(axis=0)
            if targets["clip_emotion"] >= 0 and not shown[i].any():
                shown[i, targets["clip_emotion"]] = window.num_steps
        self.class_counts = shown.sum(axis=0)
        present = self.class_counts > 0
        if present.sum() < 2:
            names = [name for name, here in zip(self.vocabulary, present, strict=True) if here]
            raise LabelError(self.table, f"one emotion only to train on: {', '.join(names) or 'none'}")
        self._chances: NDArray[np.float64] | None = None
        if self._balance:
            weight = np.where(present, np.maximum(self.class_counts, 1e-9), 1.0) ** -self._balance
            # A window is drawn for the mean over its moments: one that shows something rare counts for it.
            labelled = np.maximum(shown.sum(axis=1), 1e-9)
            self._chances = np.maximum((shown * weight).sum(axis=1) / labelled, 1e-12)

    def _divide(self, faces: Mapping[tuple[str, int], list[Label]]) -> dict[tuple[str, int], Side]:
        """The side of each face."""
        if self._split == "column":
            splits = {face: split_of(self.table, rows, face[0]) for face, rows in faces.items()}
            without = sorted({video for (video, _), side in splits.items() if side is None})
            if without:
                raise LabelError(self.table, f"videos without a split: {', '.join(without[:5])}")
            if VALID not in splits.values():  # nothing to choose the best model by: some subjects will do
                return self._set_aside(faces, {f for f, side in splits.items() if side == TEST})
            return {face: side or TRAIN for face, side in splits.items()}
        subject = {face: subject_of(rows, face[0]) for face, rows in faces.items()}
        tested = chosen_subjects(
            self.table, set(subject.values()), self._test_subjects or (), "test_subjects"
        )
        return self._set_aside(faces, {face for face, who in subject.items() if who in tested})

    def _set_aside(
        self, faces: Mapping[tuple[str, int], list[Label]], tested: set[tuple[str, int]]
    ) -> dict[tuple[str, int], Side]:
        rest = {face: subject_of(rows, face[0]) for face, rows in faces.items() if face not in tested}
        sides: dict[tuple[str, int], Side] = dict.fromkeys(tested, TEST)
        if self._val_videos is not None:
            unknown = sorted(set(self._val_videos) - {video for video, _ in faces})
            if unknown:
                raise LabelError(self.table, f"val_videos without labels: {', '.join(unknown)}")
            return sides | {f: VALID if f[0] in self._val_videos else TRAIN for f in rest}
        if self._val_subjects is not None:
            held = chosen_subjects(self.table, set(rest.values()), self._val_subjects, "val_subjects")
        else:
            held = random_subjects(self.table, set(rest.values()), self._val_share, self._seed)
        return sides | {face: VALID if who in held else TRAIN for face, who in rest.items()}
