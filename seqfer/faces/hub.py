"""Weights in PyTorch's hub cache: taken from there, fetched if they can be."""

from __future__ import annotations

import hashlib
import logging
import os
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from ..errors import WeightsError

#: Set in the environment, nothing is fetched from the network (``--offline``).
OFFLINE = "SEQFER_OFFLINE"
_log = logging.getLogger(__name__)


def fetched(url: str, name: str, sha256: str) -> Path:
    """The file ``name`` in PyTorch's hub cache, downloaded from ``url`` if it is not there yet.

    Args:
        sha256: a download that has another digest is thrown away.

    Raises:
        WeightsError: not there and not to be had; says where to put it.
    """
    import torch  # slow to import, and the default detector does without

    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    if not path.exists() and os.environ.get(OFFLINE):
        raise WeightsError(path, f"these weights are not here, and fetching is off; get them from {url}")
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _log.warning("fetching %s to %s", url, path)
            torch.hub.download_url_to_file(url, str(path), hash_prefix=sha256, progress=False)
        except Exception as error:
            raise WeightsError(
                path, f"these weights are not here and cannot be fetched from {url} ({error}); put them here"
            ) from error
    return path


def weights_at(place: str, sha256: str | None = None) -> Path:
    """The weights file that a path or an ``https`` address names.

    Args:
        sha256: digest the file must have (64 hex digits); may be left out for a path only.

    Raises:
        WeightsError: no such file, another digest, an address that is not ``https`` or comes without a
            digest, or the file cannot be fetched.
    """
    scheme = urlsplit(place).scheme
    if "://" not in place:
        path = Path(place)
        if not path.is_file():
            raise WeightsError(path, "no such weights file")
    elif scheme != "https":
        raise WeightsError(place, f"weights are fetched by https only, not by {scheme}")
    elif sha256 is None:
        raise WeightsError(place, "an address needs the file's SHA-256 beside it, so that it is that file")
    else:
        name = PurePosixPath(urlsplit(place).path).name
        path = fetched(place, f"{sha256[:16].lower()}-{name}", sha256.lower())
    if sha256 is not None and file_digest(path) != sha256.lower():
        raise WeightsError(path, f"has another SHA-256 ({file_digest(path)}) than the one given")
    return path


def file_digest(path: Path) -> str:
    """SHA-256 of a file, 64 hex digits; remembered for as long as the file does not change."""
    status = path.stat()
    return _digest(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _digest(path: Path, mtime_ns: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
