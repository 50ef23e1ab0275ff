"""What tests share: where the real data is. (Small videos made on the spot: ``clips.py``.)"""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real faces, hard video files and weights beside the checkout; skips without it."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared (real videos and weights), which is not here")
    return SHARED.resolve()
