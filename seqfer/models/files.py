"""Where saved models lie, and what their JSON files say. Nothing here needs PyTorch."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ..errors import WeightsError

BUNDLED = Path(__file__).with_name("bundled")
_ALIASES = {"bundled": "cnnrnn"}


def model_fingerprint(name_or_path: Path | str = "bundled") -> str:
    """SHA-256 (hex) over the files of a saved model: the same, and so is all that it predicts."""
    path = resolve(name_or_path)
    digest = hashlib.sha256()
    for part in (path,) if path.suffix == ".ckpt" else pair_of(path.with_suffix("")):
        try:
            digest.update(hashlib.sha256(part.read_bytes()).digest())
        except OSError as error:
            raise WeightsError(part, f"cannot be read ({error.strerror})") from error
    return digest.hexdigest()


def resolve(name_or_path: Path | str) -> Path:
    """The safetensors or ckpt file that ``name_or_path`` means (see :func:`load_model`).

    Raises:
        WeightsError: there is none.
    """
    text = str(name_or_path)
    if is_bundled(text):
        return _bundled(text)
    path = Path(name_or_path)
    if path.is_dir():
        found = sorted(path.rglob("*.safetensors"))
        if len(found) != 1:
            what = ", ".join(p.name for p in found) or "no safetensors file"
            raise WeightsError(path, f"a folder with one saved model is needed, found {what}")
        return found[0]
    if path.suffix not in (".ckpt", ".safetensors"):
        path = pair_of(path)[0]
    if not path.is_file():
        names = sorted(p.stem for p in BUNDLED.glob("*.safetensors"))
        raise WeightsError(text, f"no such model; bundled are: {', '.join(names) or 'none'}")
    return path


def is_bundled(name: str) -> bool:
    """Whether it comes with seqfer, also where a file of that name lies about: ./bundled is that one."""
    return _bundled(name).parent == BUNDLED and _bundled(name).exists()


def _bundled(name: str) -> Path:
    return BUNDLED / f"{_ALIASES.get(name, name)}.safetensors"


def pair_of(stem: Path) -> tuple[Path, Path]:
    """The two files of a saved model: numbers, description."""
    return stem.with_name(stem.name + ".safetensors"), stem.with_name(stem.name + ".json")


def read_notes(path: Path) -> dict[str, Any]:
    """The description beside a safetensors file.

    Raises:
        WeightsError: absent, or not JSON.
    """
    notes = path.with_suffix(".json")
    try:
        return json.loads(notes.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WeightsError(path, f"its description {notes.name} is not beside it") from error
    except (OSError, ValueError) as error:
        raise WeightsError(notes, f"cannot be read as JSON ({error})") from error
