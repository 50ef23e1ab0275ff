"""Which versions of what made a result."""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from seqfer.files import atomic_text

_PACKAGES = (
    "seqfer", "torch", "pytorch-lightning", "torchmetrics", "numpy", "opencv-python", "h5py", "scikit-learn",
    "scikit-image", "timm",
)  # fmt: skip


def write_versions(path: Path) -> dict[str, str]:
    """Write the versions of Python and of the packages that matter for a training, as JSON.

    Raises:
        InputError: it cannot be written.
    """
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    with atomic_text(path) as file:
        file.write(json.dumps(found, indent=2) + "\n")
    return found
