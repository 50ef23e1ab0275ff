"""One video all the way: extract, predict, export, each only where its result is not there already.

This is what a worker runs, what :func:`seqfer.analyze` runs, and where it is decided what must be redone
when a setting changes: each stage's key covers the key of the stage before it (:mod:`seqfer.keys`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import models, video  # PyTorch is slow to import: models is only named where it is used
from .decoding import decode
from .errors import SeqferError, StoreError
from .export import VideoReport, find_persons, output_path, write_outputs
from .export.timeline_json import read_document, read_timelines
from .extraction import extract_span, extract_video, extraction_key, missing_spans
from .files import link_to
from .jobs import STAGES, Job, Outcome, RunConfig, Stage
from .keys import key_of
from .persons import embed_video, embedding_key
from .store import (
    StoredTrack,
    drop_crops,
    find_damage,
    open_store,
    read_predictions,
    stored_key,
    write_predictions,
)
from .store.schema import (
    EMBEDDINGS_FORMAT,
    EMBEDDINGS_VERSION,
    FORMAT,
    PREDICTIONS_FORMAT,
    PREDICTIONS_VERSION,
    VERSION,
)
from .timelines import Timelines

Progress = Callable[[float], None]


def process(job: Job, *, on_progress: Progress | None = None) -> Outcome:
    """Bring one video up to date; what is wrong with it or its files is in the outcome, not raised."""
    try:
        done = bring_up_to_date(job, on_progress=on_progress)
        return _summarise(job, done)
    except SeqferError as error:
        return Outcome(video_id=job.video_id, path=job.where, status="failed", error=str(error))


def divide(job: Job) -> tuple[video.Span, ...]:
    """The spans of a long video still to be extracted; none where :func:`process` is all it takes."""
    if job.path is None or "extract" not in job.stages:
        return ()
    try:
        config = job.config.extraction
        spans = missing_spans(job.path, job.tracks_path, video_id=job.video_id, config=config)
        return spans if spans and _extract_key(job, "")[1] else ()
    except SeqferError:
        return ()  # what is wrong is said by process()


def process_span(job: Job, span: video.Span, *, on_progress: Progress | None = None) -> None:
    """Extract one span of a job, for :func:`process` to join; what is wrong will be said there."""
    assert job.path is not None
    with suppress(SeqferError):
        extract_span(
            job.path,
            job.tracks_path,
            span,
            video_id=job.video_id,
            config=job.config.extraction,
            on_progress=on_progress,
        )


def finished(job: Job) -> Outcome | None:
    """The outcome of a job that has nothing left to do; None if there is something."""
    try:
        key = ""
        for stage in job.path_of_stages:
            key, needed = _KEYS[stage](job, key)
            if needed:
                return None
        if not job.config.keep_crops and _LOOKING & set(job.stages) and _has_crops(job):
            return None
        return _summarise(job, ())
    except SeqferError:
        return None


def bring_up_to_date(job: Job, *, on_progress: Progress | None = None) -> tuple[Stage, ...]:
    """Run the stages of a job whose results are not there already; which were run.

    Raises:
        SeqferError: what is wrong, in one line that names the file.
    """
    done: list[Stage] = []
    key = ""
    try:
        for stage in job.path_of_stages:
            key, needed = _KEYS[stage](job, key)
            if needed:
                if stage in _LOOKING and "extract" in job.stages and job.path and not _has_crops(job):
                    _extract(job, key, on_progress)  # they were not kept, and are needed again
                    done.append("extract")
                _WORK[stage](job, key, on_progress)
                done.append(stage)
    finally:  # also where something is wrong
        if not job.config.keep_crops and _LOOKING & set(job.stages) and job.tracks_path.exists():
            drop_crops(job.tracks_path)
    return tuple(done)


def _has_crops(job: Job) -> bool:
    with open_store(job.tracks_path) as store:
        return store.has_crops


# Each of these gives the key the stage's result should have, and whether it is not there.


def _extract_key(job: Job, _: str) -> tuple[str, bool]:
    if "extract" not in job.stages or job.path is None:
        found = stored_key(job.tracks_path, format=FORMAT, version=VERSION)
        if found is None:
            with open_store(job.tracks_path):  # says what is wrong with it
                pass
        # An export reads no pictures, and is done in less time than looking for damage takes.
        if job.stages != ("export",) and (damage := find_damage(job.tracks_path)):
            raise StoreError(job.tracks_path, damage)
        return str(found), False
    found = stored_key(job.tracks_path, format=FORMAT, version=VERSION, intact=True)
    key = extraction_key(video.fingerprint(job.path), job.config.extraction)
    return key, found != key or (job.config.keep_crops and not _has_crops(job))


def _embed_key(job: Job, tracks_key: str) -> tuple[str, bool]:
    path = job.embeddings_path
    found = stored_key(path, format=EMBEDDINGS_FORMAT, version=EMBEDDINGS_VERSION, intact=True)
    # What comes after depends on the tracks, not on this.
    return tracks_key, found != embedding_key(tracks_key, job.config.persons)


def _predict_key(job: Job, tracks_key: str) -> tuple[str, bool]:
    path = job.predictions_path
    found = stored_key(path, format=PREDICTIONS_FORMAT, version=PREDICTIONS_VERSION, intact=True)
    if "predict" not in job.stages:
        if found is None:
            read_predictions(path)  # says what is wrong with it
        return str(found), False
    model = models.model_fingerprint(job.config.model)
    key = key_of(stage="predict", format=PREDICTIONS_VERSION, tracks=tracks_key, model=model)
    return key, found != key


def _export_key(job: Job, predictions_key: str) -> tuple[str, bool]:
    key = key_of(
        stage="export",
        predictions=predictions_key,
        gate=job.config.gate,
        decoding=job.config.decoding,
        export=replace(job.config.export, to=tuple(sorted(job.formats))),
        persons=_persons(job),
        link=_link(job),
    )
    paths = [output_path(job.out, job.video_id, name) for name in job.formats]
    if not all(path.exists() for path in paths):
        return key, True
    try:
        return key, read_document(output_path(job.out, job.video_id, "json"))["key"] != key
    except (StoreError, KeyError):
        return key, True


# Each of these makes the stage's result.


def _extract(job: Job, key: str, on_progress: Progress | None) -> None:
    assert job.path is not None
    extract_video(
        job.path,
        job.tracks_path,
        video_id=job.video_id,
        config=job.config.extraction,
        on_progress=on_progress,
    )


def _embed(job: Job, key: str, on_progress: Progress | None) -> None:
    embed_video(job.tracks_path, job.embeddings_path, job.config.persons)


def _predict(job: Job, key: str, on_progress: Progress | None) -> None:
    config = job.config
    model = models.load_model(config.model, device=config.device)
    notes = models.read_metadata(config.model)
    with open_store(job.tracks_path) as store:
        write_predictions(
            job.predictions_path,
            (
                models.predict_track(model, _Watched(track, on_progress), batch_size=config.batch_size)
                for track in store.tracks
            ),
            video_id=job.video_id,
            key=key,
            tracks_key=store.key,
            model={
                "name": notes.get("name", notes["architecture"]),
                "fingerprint": models.model_fingerprint(config.model),
                "vocabulary": list(model.vocabulary),
            },
        )


class _Watched:
    """A track that says so each time its pictures are looked at: who watches a long one sees it advance."""

    def __init__(self, track: StoredTrack, on_progress: Progress | None) -> None:
        self._track, self._say = track, on_progress or (lambda _: None)
        self.track_id = track.track_id
        self.frame_indices, self.pts_seconds = track.frame_indices, track.pts_seconds

    def __len__(self) -> int:
        return len(self._track)

    def crops(self, start: int, stop: int) -> NDArray[np.uint8]:
        self._say(1.0)
        return self._track.crops(start, stop)


def _export(job: Job, key: str, on_progress: Progress | None) -> None:
    predictions = read_predictions(job.predictions_path)
    with open_store(job.tracks_path) as store:
        if predictions.tracks_key != store.key:
            reason = "made from other face tracks than there are now; predict again"
            raise StoreError(job.predictions_path, reason)
        judgements = [job.config.gate.judge(track.quality, track.scores) for track in store.tracks]
        report = VideoReport(
            video_id=job.video_id,
            key=key,
            source={**store.source, "link": _link(job)},
            model=predictions.model,
            frame_pts_seconds=store.frame_pts_seconds,
            predictions=predictions.tracks,
            judgements=tuple(judgements),
            timelines=tuple(
                decode(track, video_id=job.video_id, config=job.config.decoding, trusted=judgement.trusted)
                for track, judgement in zip(predictions.tracks, judgements, strict=True)
            ),
            persons=_persons(job),
        )
    write_outputs(job.out, report, job.config.export)


def _persons(job: Job) -> dict[int, str]:
    persons = find_persons(job.out)
    key = stored_key(job.tracks_path, format=FORMAT, version=VERSION) if persons else None
    return persons.of_video(job.video_id, key) if persons and key else {}


def _link(job: Job) -> str | None:
    """The video as seen from the folder of its outputs: where it was found now, or when it was extracted."""
    video_path = job.path
    if video_path is None:
        with open_store(job.tracks_path) as store:
            link = store.source.get("link")
        if link is None:
            return None
        video_path = Path(os.path.normpath(job.tracks_path.parent.resolve() / link))
    return link_to(video_path, output_path(job.out, job.video_id, "json").parent)


#: Stages that look at the pictures of faces.
_LOOKING: frozenset[Stage] = frozenset({"embed", "predict"})
_KEYS = {"extract": _extract_key, "embed": _embed_key, "predict": _predict_key, "export": _export_key}
_WORK = {"extract": _extract, "embed": _embed, "predict": _predict, "export": _export}


def _summarise(job: Job, done: tuple[Stage, ...]) -> Outcome:
    with open_store(job.tracks_path) as store:
        source, num_tracks = store.source, len(store.tracks)
    num_segments = None
    if job.stages[-1] == "export":
        num_segments = sum(map(len, read_timelines(output_path(job.out, job.video_id, "json"))))
    return Outcome(
        video_id=job.video_id,
        path=job.where,
        done=done,
        num_frames=source["num_frames"],
        duration_seconds=source["duration_seconds"],
        num_tracks=num_tracks,
        num_segments=num_segments,
        notes=tuple(source["notes"]),
    )


def analyze(path: str | Path, *, out: str | Path | None = None, config: RunConfig | None = None) -> Timelines:
    """The emotion timelines of one video, one for each face followed through it.

    They show themselves in a notebook, and can be sliced, merged and made a table of.

    Args:
        path: a video file, or a folder of numbered still frames.
        out: folder to keep the track store, the predictions, the CSV and the JSON in, and to find them
            again; by default nothing is kept.
        config: settings; the defaults where None.

    Raises:
        SeqferError: what is wrong, in one line that names the file.

    >>> timelines = analyze("clip.mp4")  # doctest: +SKIP
    >>> [(s.emotion, s.start_seconds, s.apex_seconds) for s in timelines[0]]  # doctest: +SKIP
    """
    with tempfile.TemporaryDirectory(prefix="seqfer-") as scratch:
        job = Job(
            video_id=Path(path).stem or "video",
            path=Path(path),
            out=Path(out) if out is not None else Path(scratch),
            stages=STAGES,
            config=config or RunConfig(),
        )
        bring_up_to_date(job)
        return read_timelines(output_path(job.out, job.video_id, "json"))
