"""Saved models: safetensors for the numbers, JSON for what they mean.

A saved model is two files, ``NAME.safetensors`` and ``NAME.json``. Lightning's training checkpoints
(``.ckpt``) are read too, with ``weights_only=True``: nothing unpickles a stranger's file.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as serialise
from torch import Tensor

from ..errors import WeightsError
from ..faces.align import TEMPLATE_NAME
from ..files import atomic_path
from ..labels import PHASES
from .base import SequenceModel
from .baselines import Cnn3d, FrameCnn, LandmarkRnn
from .cnnrnn import CnnRnn
from .convlstm import ConvLstm
from .files import pair_of, read_notes, resolve
from .svm import CnnSvm, HogSvm

FORMAT, VERSION = "seqfer.model", 1
ARCHITECTURES: dict[str, type[SequenceModel]] = {
    kind.__name__: kind for kind in (CnnRnn, ConvLstm, FrameCnn, LandmarkRnn, Cnn3d, HogSvm, CnnSvm)
}
_REQUIRED = ("format", "version", "architecture", "arguments", "phases", "template")


def describe(model: SequenceModel, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What the JSON file says of a model; ``metadata`` adds to it and cannot change it."""
    return {
        **metadata,
        "format": FORMAT,
        "version": VERSION,
        "architecture": type(model).__name__,
        "arguments": model.arguments,
        "vocabulary": list(model.vocabulary),
        "phases": list(PHASES),
        "template": TEMPLATE_NAME,
        "input_size": model.input_size,
        "sample_rate_hz": model.sample_rate_hz,
    }


def save_model(
    model: SequenceModel,
    path_stem: Path | str,
    metadata: Mapping[str, Any] | None = None,
    *,
    half: bool = False,
) -> Path:
    """Write ``path_stem.safetensors`` and ``path_stem.json``.

    Args:
        model: any of :data:`ARCHITECTURES`.
        path_stem: where to, without suffix; its folder is made.
        metadata: what else to say (training data, metrics, seed, licence): JSON values.
        half: store floating point numbers in 16 bits (half the size; read back as 32 bits).

    Returns:
        the path of the safetensors file.

    Raises:
        WeightsError: they cannot be written.
    """
    stem = Path(path_stem)
    tensors = {name: _stored(tensor, half) for name, tensor in model.state_dict().items()}
    weights, notes = pair_of(stem)
    text = json.dumps(describe(model, metadata or {}), indent=2, ensure_ascii=False) + "\n"
    for path, content in ((weights, serialise(tensors)), (notes, text.encode())):
        with atomic_path(path, WeightsError) as partial:
            partial.write_bytes(content)
    return weights


def load_model(name_or_path: Path | str = "bundled", device: str | torch.device = "cpu") -> SequenceModel:
    """A saved model, ready to predict (evaluation mode).

    Args:
        name_or_path: ``bundled`` or the name of another bundled model (``cnnrnn``, ``convlstm``), a
            safetensors file (or its path without suffix), a Lightning checkpoint, or a folder that
            ``seqfer train`` wrote.
        device: where to.

    Raises:
        WeightsError: absent, not a model of this package, or made for other crops.
    """
    path = resolve(name_or_path)
    notes, tensors = _read_checkpoint(path) if path.suffix == ".ckpt" else _read_pair(path)
    _check(path, notes)
    try:
        with torch.random.fork_rng(devices=[]):  # what it draws is overwritten: leave the caller's dice alone
            model = ARCHITECTURES[notes["architecture"]](**notes["arguments"])
    except (TypeError, ValueError) as error:
        raise WeightsError(path, f"its description does not build a network: {error}") from error
    expected = model.state_dict()
    wrong = sorted(
        name
        for name in expected.keys() | tensors.keys()
        if name not in expected or name not in tensors or expected[name].shape != tensors[name].shape
    )
    if wrong:
        raise WeightsError(
            path, f"not the weights of this {notes['architecture']}: {', '.join(wrong[:3])} differ"
        )
    if lost := sorted(name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()):
        raise WeightsError(path, f"holds what is no number (NaN or infinite): {', '.join(lost[:3])}")
    model.load_state_dict({name: tensor.to(expected[name].dtype) for name, tensor in tensors.items()})
    model = model.to(device).eval()
    if all(p.ndim <= 4 for p in model.parameters()):  # there is no such order for three dimensions
        # Convolutions on processors are markedly faster with channels last.
        model = model.to(memory_format=torch.channels_last)
    return model


def read_metadata(name_or_path: Path | str = "bundled") -> dict[str, Any]:
    """What is known of a saved model: the content of its JSON file (see :func:`describe`).

    Raises:
        WeightsError: as :func:`load_model`.
    """
    path = resolve(name_or_path)
    notes = _read_checkpoint(path)[0] if path.suffix == ".ckpt" else read_notes(path)
    _check(path, notes)
    return notes


def _stored(tensor: Tensor, half: bool) -> Tensor:
    return (
        tensor.detach()
        .cpu()
        .to(torch.float16 if half and tensor.is_floating_point() else tensor.dtype)
        .contiguous()
    )


def _read_pair(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    notes = read_notes(path)
    try:
        return notes, load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(path, f"not a readable safetensors file ({error})") from error


def _read_checkpoint(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        with warnings.catch_warnings(action="ignore"):
            checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes make the unpickler fail in every way there is
        foreign = isinstance(error, UnpicklingError) and "Unsupported" in str(error)
        reason = "it holds more than numbers, which is not loaded" if foreign else "damaged, or cut off"
        raise WeightsError(path, f"not a readable checkpoint: {reason}") from error
    try:
        return checkpoint["seqfer"], checkpoint["state_dict"]
    except (KeyError, TypeError) as error:
        raise WeightsError(path, "a checkpoint, but not of a seqfer model") from error


def _check(path: Path, notes: Any) -> None:
    if not isinstance(notes, dict) or notes.get("format") != FORMAT:
        raise WeightsError(path, f"not a saved seqfer model (format {FORMAT})")
    if notes.get("version") != VERSION:
        raise WeightsError(path, f"format version {notes.get('version')}, this seqfer reads {VERSION}")
    missing = [name for name in _REQUIRED if name not in notes]
    if missing:
        raise WeightsError(path, f"its description lacks {', '.join(missing)}")
    if notes["architecture"] not in ARCHITECTURES:
        raise WeightsError(path, f"unknown architecture {notes['architecture']!r}")
    if notes["template"] != TEMPLATE_NAME:
        raise WeightsError(
            path, f"made for crops aligned to {notes['template']}, seqfer's are {TEMPLATE_NAME}"
        )
    if list(notes["phases"]) != list(PHASES):
        raise WeightsError(path, f"its phases are {notes['phases']}, seqfer's are {list(PHASES)}")
