"""What tests share: where the real data is. (Small videos made on the spot: ``clips.py``.)"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# As in workers, and before PyTorch is loaded: two threads beside a busy neighbour wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real faces, hard video files and weights beside the checkout; skips without it."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared (real videos and weights), which is not here")
    return SHARED.resolve()
