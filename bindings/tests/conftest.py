"""What the tests of the API description share: its text, the library, a private Redis."""

import ctypes
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from native import Library

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def api() -> dict[str, Any]:
    description: dict[str, Any] = json.loads((ROOT / "bindings" / "api.json").read_text(encoding="utf-8"))
    return description


@pytest.fixture(scope="session")
def library() -> Library:
    """The installed libbullmq that pkg-config finds."""
    found = subprocess.run(["pkg-config", "--variable=libdir", "libbullmq"], capture_output=True, text=True)
    if found.returncode != 0:
        pytest.skip("pkg-config finds no libbullmq; set PKG_CONFIG_PATH to PREFIX/lib/pkgconfig")
    return Library(ctypes.CDLL(str(Path(found.stdout.strip()) / "libbullmq.so")))


@pytest.fixture
def redis_socket() -> Iterator[str]:
    """Path of the unix socket of a Redis server of one test."""
    folder = tempfile.mkdtemp(prefix="bullmq-test-")
    path = f"{folder}/redis.sock"
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    started = any("ready to accept connections" in line for line in server.stdout)
    try:
        assert started, "redis-server did not start"
        yield path
    finally:
        server.terminate()
        server.communicate()
        shutil.rmtree(folder)
