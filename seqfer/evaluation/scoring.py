"""A model held against labels, face by face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from ..data import Label, TrackWindows, frame_targets
from ..decoding import DecodingConfig, decode
from ..labels import PHASES, Vocabulary
from ..models import SequenceModel, predict_track
from ..models.kept import KeptFeatures
from ..models.losses import clip_probabilities
from ..store import RunStore
from ..timeline import FramePredictions
from .tally import Tally, decisions
from .timelines import (
    OVERLAPS,
    edit_score,
    mark_errors,
    segment_counts,
    told_episodes,
    transition_counts,
    true_episodes,
)

_APEX = PHASES.index("apex")


@dataclass(frozen=True, kw_only=True)
class ScoringConfig:
    """How predictions are held against labels.

    Attributes:
        tolerance_seconds: how far off a change may be told.
        decoding: probabilities to segments.
    """

    tolerance_seconds: float = 0.5
    decoding: DecodingConfig = field(default_factory=DecodingConfig)


def score_faces(
    model: SequenceModel,
    run: RunStore,
    faces: Mapping[tuple[str, int], Sequence[Label]],
    subjects: Mapping[tuple[str, int], str],
    vocabulary: Vocabulary,
    *,
    config: ScoringConfig,
    windows: TrackWindows | None = None,
    kept: KeptFeatures | None = None,
) -> dict[str, Tally]:
    """What a model gets right and wrong of each subject.

    Args:
        model: ready to predict.
        run: the stores.
        faces: labels of each face, columns of ``vocabulary``.
        subjects: whose it is.
        vocabulary: of the labels; the model's, or some of its names.
        config: settings.
        windows: of these faces, for models whose attention says what a clip shows.
        kept: features of the model; those that are not in it are added.

    Raises:
        ValueError: the vocabulary has names that the model does not know.
    """
    clips = _attended(model, windows) if getattr(model, "attention", None) is not None and windows else {}
    found: dict[str, Tally] = {}
    for face, labels in faces.items():
        track, known = run.track(*face), None
        if kept is not None:
            kept.make(model, track, face, np.arange(len(track)))
            known = partial(kept.of, face)
        said = restricted(predict_track(model, track, known=known), vocabulary)
        tally = tally_face(said, labels, config=config, video_id=face[0], clip_probs=clips.get(face))
        who = subjects[face]
        found[who] = found[who] + tally if who in found else tally
    return found


def restricted(said: FramePredictions, vocabulary: Vocabulary) -> FramePredictions:
    """Predictions as if there were no other emotions than those of ``vocabulary``.

    Raises:
        ValueError: it has names that the predictions have no column for.
    """
    if said.vocabulary == vocabulary:
        return said
    unknown = [name for name in vocabulary if name not in said.vocabulary]
    if unknown:
        raise ValueError(
            f"the model does not know {', '.join(unknown)}; its vocabulary is {', '.join(said.vocabulary)}"
        )
    probs = said.emotion_probs[:, [said.vocabulary.index(name) for name in vocabulary]]
    probs = (probs + 1e-12) / (probs + 1e-12).sum(axis=1, keepdims=True)
    return replace(said, emotion_probs=probs.astype(np.float32), vocabulary=vocabulary)


def tally_face(
    said: FramePredictions,
    labels: Sequence[Label],
    *,
    config: ScoringConfig,
    video_id: str,
    clip_probs: NDArray[np.float64] | None = None,
) -> Tally:
    """Counts of one face.

    Frames count where they are labelled. A clip counts if it is labelled as a whole, by the mean over its
    frames (or ``clip_probs``); or if its apex is, by the frame at the apex. Timelines count where stretches
    of time are labelled.
    """
    names = said.vocabulary
    tally = Tally.nothing(len(names))
    truth = frame_targets(said.pts_seconds, labels, names)
    told = truth["emotion"].any(axis=1)
    if told.any():
        counts, bins = decisions(said.emotion_probs[told], truth["emotion"][told].argmax(axis=1))
        tally.frames[...], tally.frame_bins[...] = counts, bins
    clip = int(truth["clip_emotion"])
    probs = said.emotion_probs.mean(axis=0) if clip_probs is None else clip_probs
    if clip < 0:
        apexes = [x for x in labels if x.phase == _APEX and x.start_seconds == x.end_seconds]
        if apexes and apexes[-1].start_seconds is not None:
            clip = apexes[-1].emotion
            probs = said.emotion_probs[int(np.argmin(np.abs(said.pts_seconds - apexes[-1].start_seconds)))]
    if clip >= 0:
        tally.clips[...], tally.clip_bins[...] = decisions(probs[None], [clip])
    _tally_timeline(tally, said, labels, config, video_id)
    return tally


def _tally_timeline(
    tally: Tally, said: FramePredictions, labels: Sequence[Label], config: ScoringConfig, video_id: str
) -> None:
    real = true_episodes(labels, said.vocabulary.neutral_index)
    if not real:
        return
    timeline = decode(said, video_id=video_id, config=config.decoding)
    truth = [e.stretch for e in real]
    guessed = told_episodes(timeline, said.vocabulary.names, truth)
    guess = [e.stretch for e in guessed]
    tally.edit[...] = edit_score(truth, guess), 1
    for i, overlap in enumerate(OVERLAPS):
        tally.segments[i] = segment_counts(truth, guess, overlap)
    tally.transitions[...] = transition_counts(truth, guess, config.tolerance_seconds)
    for errors, into in zip(mark_errors(real, guessed), (tally.onset, tally.apex), strict=True):
        into[...] = float(np.abs(errors).sum()), len(errors)


@torch.inference_mode()
def _attended(model: SequenceModel, windows: TrackWindows) -> dict[tuple[str, int], NDArray[np.float64]]:
    """What each face's clip shows by the model's own weighting, the mean over its windows."""
    found: dict[tuple[str, int], list[NDArray[np.float64]]] = {}
    for i, window in enumerate(windows.windows):
        item = {name: value[None] for name, value in windows[i].items()}
        probs = clip_probabilities(model.look(item), item["mask"])[0].double().numpy()
        found.setdefault((window.video_id, window.track_id), []).append(probs)
    return {face: np.mean(parts, axis=0) for face, parts in found.items()}
