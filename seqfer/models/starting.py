"""Going on from what another model has learnt, all of it: encoder, network over time, readings."""

from __future__ import annotations

from pathlib import Path

import torch

from ..errors import WeightsError
from .base import SequenceModel
from .weights import load_model

#: Of a model's arguments, those that may differ from the model it starts from.
OF_ONES_OWN = ("vocabulary", "sample_rate_hz", "encoder")
_BY_EMOTION = ("heads.emotion.", "machine.emotion.")


@torch.no_grad()
def start_from(model: SequenceModel, name_or_path: Path | str) -> None:
    """Give a model the weights of another of the same build.

    Emotions that both know are read as the other reads them; what it does not know is left as it is.

    Raises:
        WeightsError: no such model, or of another build.
    """
    other = load_model(name_or_path)
    if type(other) is not type(model):
        raise WeightsError(name_or_path, f"a {type(other).__name__}, not a {type(model).__name__}")
    state, theirs = model.state_dict(), other.state_dict()
    columns = [
        (i, other.vocabulary.index(n)) for i, n in enumerate(model.vocabulary) if n in other.vocabulary
    ]
    for name, tensor in theirs.items():
        if name.startswith(_BY_EMOTION) and name in state:
            for own, their in columns:
                state[name][own] = tensor[their]
        elif name in state and state[name].shape == tensor.shape:
            state[name].copy_(tensor)
        else:
            raise WeightsError(name_or_path, f"made with other settings: {name} differs")
    model.load_state_dict(state)
