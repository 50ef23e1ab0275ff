"""The seqfer track store: one HDF5 file per video, self-describing, versioned.

This table drives the writer, the validator, the documentation and the tests.

::

    /                 attrs: format, version, key, video_id, source (JSON), config (JSON), software (JSON)
    /frames/          one row per frame of the video, with or without a face
    /tracks/00000/    one row per frame of the track; attrs: track_id

Every data set carries ``dims`` (names of its axes), ``units`` and ``description`` as attributes. Crops
are stored either as they are (``crops``) or as JPEG files laid end to end (``crops_jpeg``, with
``crops_offsets``); ``tracks`` attribute ``crop_codec`` says which, or ``none``: they were not kept.

Version history:
    1  first version.
    2  quality: what was measured of each row.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..faces.quality import QUALITY_COLUMNS

FORMAT = "seqfer.tracks"
VERSION = 2
ROOT_ATTRIBUTES = ("format", "version", "key", "video_id", "source", "config", "software")


@dataclass(frozen=True)
class Field:
    """One data set: its name, dtype, axes (letters stand for lengths), unit and meaning.

    Axes: N frames of the video, T rows of the track, L landmarks, S crop side, B bytes. ``columns`` names
    the columns of a table.
    """

    name: str
    dtype: str
    dims: tuple[str | int, ...]
    units: str
    description: str
    columns: tuple[str, ...] = ()


FRAME_FIELDS = (
    Field("pts_seconds", "f8", ("N",), "s", "presentation time, zero at the first displayed frame"),
    Field("shot", "i4", ("N",), "1", "number of the shot; it rises at every cut"),
    Field("damaged", "?", ("N",), "bool", "pieces are missing, or what came right before cannot be read"),
)

TRACK_FIELDS = (
    Field("frame_indices", "i8", ("T",), "frame", "row of /frames; a jump is a stretch without the face"),
    Field("pts_seconds", "f8", ("T",), "s", "presentation time, zero at the first displayed frame"),
    Field("boxes_xyxy", "f4", ("T", 4), "px", "face box in the upright picture: left, top, right, bottom"),
    Field("landmarks_xy", "f4", ("T", "L", 2), "px", "landmarks in the upright picture; L is 5 or 68"),
    Field("scores", "f4", ("T",), "1", "detector score, 0 to 1 (of the nearer detection if interpolated)"),
    Field("interpolated", "?", ("T",), "bool", "between two detections, not itself a detection"),
    Field(
        "quality",
        "f4",
        ("T", len(QUALITY_COLUMNS)),
        "as named",
        "what was measured of the face; attribute columns names the columns",
        QUALITY_COLUMNS,
    ),
)

RAW_CROPS = Field("crops", "u1", ("T", "S", "S", 3), "RGB", "aligned face, upright")
JPEG_CROPS = Field(
    "crops_jpeg", "u1", ("B",), "byte", "aligned faces (RGB, upright) as JPEG files, end to end"
)
JPEG_OFFSETS = Field(
    "crops_offsets", "i8", ("T+1",), "byte", "where each JPEG file starts; the last is the end"
)

NO_CROPS = "none"
CROP_FIELDS = {"raw": (RAW_CROPS,), "jpeg": (JPEG_CROPS, JPEG_OFFSETS), NO_CROPS: ()}


#: A folder of this ending beside a store holds what it will be made of: no stores of a run.
PARTS_SUFFIX = ".parts"


def track_group(track_id: int) -> str:
    """Path of a track's group."""
    return f"/tracks/{track_id:05d}"


PREDICTIONS_FORMAT = "seqfer.predictions"
PREDICTIONS_VERSION = 1
PREDICTIONS_ROOT_ATTRIBUTES = ("format", "version", "key", "video_id", "tracks_key", "model")

#: Of every /tracks/NNNNN group of a predictions file: K emotions, as root attribute ``model`` names them,
#: and P phases.
PREDICTION_FIELDS = (
    Field("frame_indices", "i8", ("T",), "frame", "row of /frames of the track store"),
    Field("pts_seconds", "f8", ("T",), "s", "presentation time, zero at the first displayed frame"),
    Field("emotion_probs", "f4", ("T", "K"), "1", "probability of each emotion; rows sum to 1"),
    Field("phase_probs", "f4", ("T", "P"), "1", "probability of neutral, onset, apex, offset"),
    Field("intensity", "f4", ("T",), "1", "0 (neutral) to 1 (as strong as it gets)"),
)

EMBEDDINGS_FORMAT = "seqfer.embeddings"
EMBEDDINGS_VERSION = 1
EMBEDDINGS_ROOT_ATTRIBUTES = ("format", "version", "key", "video_id", "tracks_key")

#: Of the /faces group of an embeddings file. Axes: K tracks, D components, P pairs.
EMBEDDING_FIELDS = (
    Field("track_ids", "i8", ("K",), "1", "number of the track in the track store"),
    Field("first_seconds", "f8", ("K",), "s", "time of the track's first frame"),
    Field("num_rows", "i8", ("K",), "1", "faces of the track that the vector is the mean of"),
    Field("vectors", "f4", ("K", "D"), "1", "face embedding of the track, of length 1"),
    Field("seen_together", "i8", ("P", 2), "1", "pairs of rows: two tracks in view in the same frame"),
)

#: An index has one external link a video to its track store, named by :func:`seqfer.store.index.link_name`.
INDEX_FORMAT = "seqfer.run"
INDEX_VERSION = 1
