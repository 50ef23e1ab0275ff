"""A folder of small real videos and an untrained model, made once, and the command line as users call it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def clips(tmp_path_factory) -> Path:
    """Two short videos of a face, and one that is none."""
    from seqfer.samples import write_portrait

    folder = tmp_path_factory.mktemp("clips")
    write_portrait(folder / "a.mp4", seconds=2.0, width=320, height=180)
    (folder / "deep").mkdir()
    write_portrait(folder / "deep" / "b.mp4", seconds=1.2, width=320, height=180, seed=1)
    (folder / "broken.mp4").write_bytes(b"\0" * 3000)
    return folder


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    """Random weights: the way through, not accuracy."""
    import torch

    from seqfer.models import CnnRnn, save_model

    torch.manual_seed(0)
    return save_model(CnnRnn(encoder={}), tmp_path_factory.mktemp("model") / "random")


@pytest.fixture
def seqfer():
    """Call the command line in a process of its own: ``seqfer("run", …) -> CompletedProcess``."""

    def call(*args: object, timeout: float = 180) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "seqfer.pipelines", *map(str, args)]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout)

    return call
