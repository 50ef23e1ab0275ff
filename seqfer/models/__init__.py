"""Frame encoder, temporal models (ConvLSTM, CNN-RNN), saved weights, prediction over whole tracks.

What needs PyTorch is imported when first asked for: that takes seconds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .files import is_bundled, model_fingerprint

if TYPE_CHECKING:
    from .base import SequenceModel
    from .baselines import Cnn3d, FrameCnn, LandmarkRnn
    from .cnnrnn import CnnRnn
    from .convlstm import ConvLstm
    from .inference import predict_track
    from .losses import LossWeights, SequenceOutputs
    from .svm import CnnSvm, HogSvm
    from .thawing import StagedThaw, ThawPlan
    from .weights import ARCHITECTURES, load_model, read_metadata, save_model

_HOMES = {
    "ARCHITECTURES": "weights",
    "Cnn3d": "baselines",
    "CnnRnn": "cnnrnn",
    "CnnSvm": "svm",
    "ConvLstm": "convlstm",
    "FrameCnn": "baselines",
    "HogSvm": "svm",
    "LandmarkRnn": "baselines",
    "LossWeights": "losses",
    "SequenceModel": "base",
    "SequenceOutputs": "losses",
    "StagedThaw": "thawing",
    "ThawPlan": "thawing",
    "load_model": "weights",
    "predict_track": "inference",
    "read_metadata": "weights",
    "save_model": "weights",
}

__all__ = [
    "ARCHITECTURES",
    "Cnn3d",
    "CnnRnn",
    "CnnSvm",
    "ConvLstm",
    "FrameCnn",
    "HogSvm",
    "LandmarkRnn",
    "LossWeights",
    "SequenceModel",
    "SequenceOutputs",
    "StagedThaw",
    "ThawPlan",
    "is_bundled",
    "load_model",
    "model_fingerprint",
    "predict_track",
    "read_metadata",
    "save_model",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
