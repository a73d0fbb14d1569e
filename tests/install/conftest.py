"""The checkout, what is built from it, and a private Redis for the installed programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "interop"))

from python_distributions import Distributions, build  # noqa: E402
from redis_server import RedisServer  # noqa: E402


@pytest.fixture(scope="session")
def checkout() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Distributions:
    return build(checkout, tmp_path_factory.mktemp("distributions"))
