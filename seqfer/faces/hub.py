"""Weights that a library keeps in PyTorch's hub cache: taken from there, fetched if they can be."""

from __future__ import annotations

from pathlib import Path

from ..errors import WeightsError


def fetched(url: str, name: str) -> Path:
    """The file ``name`` in PyTorch's hub cache, downloaded from ``url`` if it is not there yet.

    Raises:
        WeightsError: not there and not to be had; says where to put it.
    """
    import torch  # slow to import, and the default detector does without

    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(url, str(path), progress=False)
        except Exception as error:
            raise WeightsError(
                path, f"these weights are not here and cannot be fetched from {url} ({error}); put them here"
            ) from error
    return path
