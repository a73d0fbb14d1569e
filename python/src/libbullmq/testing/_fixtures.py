"""The fixtures; imported where pytest runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ._server import RedisServer


@pytest.fixture(scope="session")
def bullmq_server() -> Iterator[RedisServer]:
    """A Redis of this test run; needs ``redis-server`` on PATH."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def bullmq_redis(bullmq_server: RedisServer) -> RedisServer:
    """The same Redis, empty. ``bullmq_redis.connection`` is the option of queues and workers."""
    bullmq_server.call("FLUSHALL")
    return bullmq_server
