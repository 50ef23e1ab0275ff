"""One vector for each face track of a video, from a few of its best faces."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import WeightsError
from ..faces.hub import file_digest, weights_at
from ..keys import key_of
from ..store import StoredTrack, VideoEmbeddings, open_store, write_embeddings
from ..store.schema import EMBEDDINGS_VERSION
from .config import PersonsConfig

if TYPE_CHECKING:
    from ..faces.embedding import FaceEmbedder

_TURNED_DEGREES = 40.0
_FULL_EYE_DISTANCE_PIXELS = 32.0  # a larger face adds nothing to a 112-pixel crop
_FULL_SHARPNESS = 0.3
_INTERPOLATED_WORTH = 0.5
_KEPT_SHARE = 0.75


def embedding_key(tracks_key: str, config: PersonsConfig) -> str:
    """Digest of all that a video's embeddings depend on; see :mod:`seqfer.keys`.

    Raises:
        WeightsError: the embedder is not to be had.
    """
    return key_of(
        stage="embed",
        format=EMBEDDINGS_VERSION,
        tracks=tracks_key,
        embedder=embedder_digest(config),
        input=[config.mean, config.std, config.channels],
        rows_per_track=config.rows_per_track,
    )


def embedder_digest(config: PersonsConfig) -> str:
    """SHA-256 of the network's file.

    Raises:
        WeightsError: it is not to be had.
    """
    return file_digest(_weights(config))


def embed_video(tracks_path: Path, embeddings_path: Path, config: PersonsConfig) -> None:
    """Make the embeddings file of one track store.

    Raises:
        StoreError: the store cannot be read, or the file not written.
        WeightsError: the embedder is not to be had, or not one.
    """
    embedder = make_embedder(config)
    with open_store(tracks_path) as store:
        tracks = [track for track in store.tracks if len(track)]
        vectors, counts = np.zeros((len(tracks), embedder.length), np.float32), []
        for number, track in enumerate(tracks):
            rows = choose_rows(track, config.rows_per_track)
            crops = np.concatenate([track.crops(int(row), int(row) + 1) for row in rows])
            vectors[number] = robust_mean(embedder.embed(crops))
            counts.append(len(rows))
        write_embeddings(
            embeddings_path,
            VideoEmbeddings(
                video_id=store.video_id,
                key=embedding_key(store.key, config),
                tracks_key=store.key,
                track_ids=np.array([t.track_id for t in tracks], np.int64),
                first_seconds=np.array([t.pts_seconds[0] for t in tracks], np.float64),
                num_rows=np.array(counts, np.int64),
                vectors=vectors,
                seen_together=find_seen_together([t.frame_indices for t in tracks]),
            ),
        )


def make_embedder(config: PersonsConfig) -> FaceEmbedder:
    """The network that ``config`` describes.

    Raises:
        WeightsError: it is not to be had, or not an embedder.
    """
    return _embedder(_weights(config), config.mean, config.std, config.channels)


def choose_rows(track: StoredTrack, count: int) -> NDArray[np.int64]:
    """Which faces of a track to look at: of each of ``count`` equal stretches the best one.

    A face is good that was detected with certainty, not interpolated, is large, sharp and in the picture,
    and looks into the camera.
    """
    quality = track.quality
    turned = np.hypot(quality.yaw_degrees, quality.pitch_degrees) / _TURNED_DEGREES
    worth = track.scores * quality.in_picture * np.exp(-(turned**2))
    worth = worth * np.clip(quality.eye_distance_pixels / _FULL_EYE_DISTANCE_PIXELS, 0, 1)
    worth = worth * np.clip(quality.sharpness / _FULL_SHARPNESS, 0, 1)
    worth = np.where(track.interpolated, _INTERPOLATED_WORTH * worth, worth)
    stretches = np.array_split(np.arange(len(track)), min(count, len(track)))
    return np.array([rows[np.argmax(worth[rows])] for rows in stretches], np.int64)


def robust_mean(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The direction of most of ``vectors`` (T, D): of the three quarters nearest to the mean of all."""
    nearness = vectors @ vectors.mean(axis=0)
    kept = np.argsort(-nearness, kind="stable")[: int(np.ceil(_KEPT_SHARE * len(vectors)))]
    mean = vectors[np.sort(kept)].mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-12)


def find_seen_together(frame_indices: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Pairs of tracks that share a frame, from the (rising) frames of each: int64 (P, 2), sorted."""
    pairs = []
    order = sorted(range(len(frame_indices)), key=lambda n: int(frame_indices[n][0]))
    open_now: list[int] = []
    for n in order:
        frames = frame_indices[n]
        open_now = [m for m in open_now if frame_indices[m][-1] >= frames[0]]
        pairs += [
            sorted((m, n))
            for m in open_now
            if np.intersect1d(frame_indices[m], frames, assume_unique=True).size
        ]
        open_now.append(n)
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)


def _weights(config: PersonsConfig) -> Path:
    if config.embedder is None:
        raise WeightsError("embedder", "none is named, and none comes with seqfer")
    return weights_at(config.embedder, config.sha256)


@lru_cache(maxsize=1)
def _embedder(weights: Path, mean, std, channels) -> FaceEmbedder:
    from ..faces.embedding import FaceEmbedder  # with onnxruntime, slow to import

    return FaceEmbedder(weights, mean=mean, std=std, channels=channels)
