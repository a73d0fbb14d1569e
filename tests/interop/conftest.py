"""A private Redis for every test, Node peers of both BullMQ versions, workers of libbullmq."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import redis as redis_client
from libbullmq import Queue, Worker
from node_peer import NodePeer
from python_side import Handler, StartWorker
from redis_server import RedisServer

VERSIONS = ("bullmq6", "bullmq5")
EXPORT_LUA = Path(__file__).parents[2] / "scripts" / "export-lua"


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis(shared_redis: RedisServer) -> RedisServer:
    """An empty Redis that the test must leave running; use ``own_redis`` to disturb one."""
    shared_redis.call("FLUSHALL")
    return shared_redis


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis of this test alone, with every write on disk: to stop, kill, freeze, restart."""
    with RedisServer(append_only=True) as server:
        yield server


@pytest.fixture
def keys(redis: RedisServer) -> Iterator[redis_client.Redis]:
    """A plain client for looking at keys."""
    with redis_client.Redis(unix_socket_path=str(redis.socket_path), decode_responses=True) as client:
        yield client


@pytest.fixture(scope="session")
def own_scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the final text of our Lua commands."""
    folder = tmp_path_factory.mktemp("lua")
    subprocess.run([EXPORT_LUA, folder], check=True)
    return folder


StartPeer = Callable[..., Awaitable[NodePeer]]


@pytest_asyncio.fixture
async def start_peer() -> AsyncIterator[StartPeer]:
    """``await start_peer("bullmq6", redis)``: more peers than the parametrised one."""
    peers: list[NodePeer] = []

    async def start(version: str, server: RedisServer, scripts: Path | None = None) -> NodePeer:
        peer = await NodePeer.start(version, server.unix_address, scripts)
        peers.append(peer)
        return peer

    yield start
    for peer in peers:
        await peer.close()


@pytest_asyncio.fixture(params=VERSIONS)
async def node(request: pytest.FixtureRequest, redis: RedisServer) -> AsyncIterator[NodePeer]:
    """A Node peer on the test's Redis, once with each version."""
    peer = await NodePeer.start(request.param, redis.unix_address)
    yield peer
    await peer.close()


@pytest_asyncio.fixture
async def queue(redis: RedisServer) -> AsyncIterator[Queue]:
    """The queue "q"."""
    async with Queue("q", {"connection": redis.connection}) as opened:
        yield opened


@pytest_asyncio.fixture
async def start_worker(redis: RedisServer) -> AsyncIterator[StartWorker]:
    """``await start_worker("q", handler, concurrency=8)``: runs in the test's loop until it ends."""
    running: list[tuple[Worker, asyncio.Task[None]]] = []

    async def start(name: str, handler: Handler, *, server: RedisServer = redis, **options: Any) -> Worker:
        worker = Worker(name, handler, {"connection": server.connection, **options})
        running.append((worker, asyncio.create_task(worker.run())))
        return worker

    yield start
    for worker, task in running:
        await worker.close()
        await task
