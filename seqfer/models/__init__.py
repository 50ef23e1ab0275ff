"""Frame encoder, temporal models (ConvLSTM, CNN-RNN), saved weights, prediction over whole tracks."""

from .base import SequenceModel
from .cnnrnn import CnnRnn
from .convlstm import ConvLstm
from .inference import predict_track
from .losses import LossWeights, SequenceOutputs
from .weights import ARCHITECTURES, load_model, model_fingerprint, read_metadata, save_model

__all__ = [
    "ARCHITECTURES",
    "CnnRnn",
    "ConvLstm",
    "LossWeights",
    "SequenceModel",
    "SequenceOutputs",
    "load_model",
    "model_fingerprint",
    "predict_track",
    "read_metadata",
    "save_model",
]
