"""Every page, worked through once by a reader on a private Redis."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "interop"))

from blocks import blocks_of, pages  # noqa: E402
from reader import Checkout, Reader, make_environment  # noqa: E402
from redis_server import RedisServer  # noqa: E402


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    with RedisServer() as redis:
        yield Checkout(ROOT, tmp_path_factory.mktemp("checkout"), redis)


@pytest.fixture(scope="session")
def read(checkout: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Reader]:
    """``read("python/README.md")``: its reader, once every block was run."""

    @cache
    def read_through(page: str) -> Reader:
        text = pages(ROOT)[page]
        folder = tmp_path_factory.mktemp("reader")
        # A page that says "pip install" and makes no environment is read inside of one.
        inside = "pip install" in text and "-m venv" not in text
        python = make_environment(folder / "venv") if inside else Path(sys.executable)
        reader = Reader(checkout, folder, python)
        reader.follow([b for b in blocks_of(page, text) if b.is_program and b.why_not_run is None])
        return reader

    return read_through
