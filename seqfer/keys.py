"""Digests that tell whether a stage's result is still the right one.

A stage's key covers all it depends on: the key of the stage before it, its own settings, and the
version of its file format. If the key in a finished file is the key of the run at hand, the file *is*
the result, and the stage has nothing to do.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any


def plain(value: Any) -> Any:
    """``value`` as what JSON knows: dataclasses and mappings as objects, paths as strings."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return str(value) if isinstance(value, Path) else value


def key_of(**parts: Any) -> str:
    """SHA-256 (64 hex digits) of named parts, whatever their order."""
    text = json.dumps(plain(parts), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
