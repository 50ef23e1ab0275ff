"""The project itself: imports run one way, the wheel is whole, nothing of a private machine is in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def call(*command: object, **options) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_imports_run_one_way():
    call(Path(sys.executable).with_name("lint-imports"), "--no-cache", cwd=ROOT)


@pytest.fixture(scope="session")
def installed(tmp_path_factory) -> Path:
    """The wheel, built and unpacked in a folder far from the sources."""
    wheels, target = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source") / "seqfer"  # a copy: building leaves traces
    not_these = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__", "tests")
    shutil.copytree(ROOT, source, ignore=not_these)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
    call(*pip, "wheel", "--no-deps", "-w", wheels, source)
    (wheel,) = wheels.glob("seqfer-*.whl")
    call(*pip, "install", "--no-deps", "--target", target, wheel)
    return target


def test_the_wheel_holds_every_module_and_a_verb_runs(installed, tmp_path):
    code = """
import importlib, pathlib, pkgutil, sys, seqfer
assert pathlib.Path(seqfer.__file__).is_relative_to(sys.argv[1]), seqfer.__file__
names = [m.name for m in pkgutil.walk_packages(seqfer.__path__, "seqfer.") if not m.name.endswith("__main__")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    there = {"cwd": tmp_path, "env": environment}
    modules = int(call(sys.executable, "-c", code, installed, **there))
    sources = [p for top in ("seqfer", "pipelines") for p in (ROOT / top).rglob("*.py")]
    assert modules >= len([p for p in sources if p.name not in ("__init__.py", "__main__.py")])
    assert (installed / "seqfer" / "export" / "timeline.schema.json").is_file()
    assets = [p.relative_to(ROOT) for p in (ROOT / "seqfer" / "report" / "assets").iterdir()]
    assert len(assets) > 10 and all((installed / asset).is_file() for asset in assets)
    assert "face tracks" in call(sys.executable, "-m", "seqfer.pipelines", "--help", **there)
    assert "seqfer" in call(sys.executable, "-m", "seqfer.pipelines", "--version", **there)


def test_reading_timelines_needs_no_heavy_library():
    code = "import sys, seqfer; print([m for m in ('torch', 'cv2', 'dask') if m in sys.modules])"
    assert call(sys.executable, "-c", code).strip() == "[]"
