"""Videos, and what comes of them where nothing happens."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from disturbance import NAMES, digests, run

_LINKED = """
ip netns add {a} && ip netns add {b} && ip link add {a} type veth peer name {b} &&
ip link set {a} netns {a} && ip link set {b} netns {b} &&
ip -n {a} addr add 10.231.7.1/24 dev {a} && ip -n {b} addr add 10.231.7.2/24 dev {b} &&
ip -n {a} link set {a} up && ip -n {b} link set {b} up && ip -n {a} link set lo up && ip -n {b} link set lo up
"""


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


@pytest.fixture
def hosts():
    """Names of two network namespaces with a wire between them."""
    names = {"a": "seqfer-a", "b": "seqfer-b"}
    made = subprocess.run(["sh", "-c", _LINKED.format(**names)], capture_output=True, text=True)
    try:
        if made.returncode:
            pytest.skip(f"needs leave to make network namespaces ({made.stderr.strip()})")
        yield names["a"], names["b"]
    finally:
        for name in names.values():
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """An authority of our own, and one certificate by it."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*args: object) -> None:
        subprocess.run(["openssl", *map(str, args)], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "rsa:2048", "-nodes", "-days", "2")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=study")
    openssl("req", *key, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=seqfer")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", "cert.pem", "-days", "2")  # fmt: skip
    return folder
