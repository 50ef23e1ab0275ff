"""Videos, and what comes of them where nothing happens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from disturbance import NAMES, digests, run


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The slow ones of this folder are run when asked for: ``python -m pytest tests/faults -m slow``."""
    if config.option.markexpr:
        return
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="slow: python -m pytest tests/faults -m slow"))


@pytest.fixture(scope="session")
def videos(tmp_path_factory) -> Path:
    """Eight short videos of a face, all different."""
    from seqfer.samples import write_portrait

    folder = tmp_path_factory.mktemp("videos")
    for n, name in enumerate(NAMES):
        write_portrait(folder / f"{name}.mp4", seconds=1.0, width=320, height=180, seed=n)
    return folder


@pytest.fixture(scope="session")
def undisturbed(videos, tmp_path_factory) -> dict[str, str]:
    """What an extraction of them comes to where nothing happens."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    code, _, errors = run("extract", videos, "-o", out)
    assert code == 0, errors
    return digests(out)


@pytest.fixture
def faulty(tmp_path) -> dict[str, str]:
    """The environment in which workers break; see faulty.py."""
    module = Path(__file__).with_name("faulty.py")
    return {
        "DASK_DISTRIBUTED__WORKER__PRELOAD": json.dumps([str(module)]),
        "SEQFER_TEST_MARKER": str(tmp_path / "crashed once"),
    }
