"""A private Redis, queues and workers that end with their test, and ears for events."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from redis_server import RedisServer

from libbullmq import Job, Queue, Worker

TIMEOUT = 15.0  # seconds; how long a test waits for something that must come
PROGRAMS = Path(__file__).parent / "programs"

_numbers = itertools.count(1)


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
    """A Redis of this test alone, with every write on disk: to stop, freeze, restart."""
    with RedisServer(append_only=True) as server:
        yield server


@pytest_asyncio.fixture
async def queue(redis: RedisServer) -> AsyncIterator[Queue]:
    """A queue of this test's own."""
    async with Queue(f"q{next(_numbers)}", connection=redis.connection) as queue:
        yield queue


class Ear:
    """Hears the events of a queue or worker from now on."""

    def __init__(self, source: Queue | Worker, *names: str) -> None:
        self.heard: list[tuple[Any, ...]] = []
        self._arrived = asyncio.Event()
        for name in names:
            source.on(name, lambda *args, name=name: self._hear((name, *args)))

    def _hear(self, event: tuple[Any, ...]) -> None:
        self.heard.append(event)
        self._arrived.set()

    async def event(
        self, matches: Callable[[tuple[Any, ...]], bool] = lambda _: True
    ) -> tuple[Any, ...]:
        """The first event heard, or the next to come, that matches."""
        async with asyncio.timeout(TIMEOUT):
            while True:
                for event in self.heard:
                    if matches(event):
                        return event
                self._arrived.clear()
                await self._arrived.wait()

    async def count(self, wanted: int) -> list[tuple[Any, ...]]:
        """Everything heard, once that is so many."""
        async with asyncio.timeout(TIMEOUT):
            while len(self.heard) < wanted:
                self._arrived.clear()
                await self._arrived.wait()
        return self.heard


StartWorker = Callable[..., Worker]


@pytest_asyncio.fixture
async def start_worker(queue: Queue, redis: RedisServer) -> AsyncIterator[StartWorker]:
    """``start_worker(handler, concurrency=2, ...)``: a worker of the queue that takes jobs."""
    workers: list[Worker] = []

    def start(handler: Callable[..., Any], **options: Any) -> Worker:
        worker = Worker(queue.name, handler, connection=redis.connection, **options)
        worker._start()
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        await worker.close(timeout=0)


async def running_job(queue: Queue, worker: Worker, *data: Any, **options: Any) -> Job:
    """A job that is added, once the worker runs it."""
    active = Ear(worker, "active")
    job = await queue.add("x", *data, **options)
    await active.event()
    return job


async def ended(queue: Queue, job_id: str) -> str:
    """Where a job is once it does not wait and does not run."""
    async with asyncio.timeout(TIMEOUT):
        while (state := await queue.get_job_state(job_id)) not in ("completed", "failed"):
            await asyncio.sleep(0.005)
    return state


class Program:
    """A Python program of ``programs/`` that a test reads from and signals."""

    def __init__(self, *command: str) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            ["env", "--default-signal", "setpriv", "--pdeathsig", "KILL", sys.executable, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def line(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the program ended: {self.end()[2]}")
        return line.rstrip("\n")

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> tuple[int, str, str]:
        """Wait for it: exit status, the rest of its output, its error output."""
        output, errors = self.process.communicate(timeout=TIMEOUT)
        return self.process.returncode, output, errors

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def start_program() -> Iterator[Callable[..., Program]]:
    """``start_program("worker.py", argument, ...)``"""
    programs: list[Program] = []

    def start(name: str, *arguments: str) -> Program:
        programs.append(Program(str(PROGRAMS / name), *arguments))
        return programs[-1]

    yield start
    for program in programs:
        program.close()
