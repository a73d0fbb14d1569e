"""Killed workers, a Redis that restarts, a Redis that stops answering."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio
from libbullmq import Job, Queue
from node_peer import NodePeer
from python_side import StartWorker
from redis_server import RedisServer

QUICK = {"lockDuration": 600, "stalledInterval": 300}
PROGRAM = Path(__file__).parent / "python_worker.py"

StartProgram = Callable[[RedisServer, str], Awaitable[asyncio.subprocess.Process]]


@pytest_asyncio.fixture
async def start_program() -> AsyncIterator[StartProgram]:
    """A Python worker in a process of its own that holds each job until it is killed."""
    started: list[asyncio.subprocess.Process] = []

    async def start(server: RedisServer, queue: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(PROGRAM), server.unix_address, queue, json.dumps(QUICK),
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 20) == b"ready\n"
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_node_takes_over_the_job_of_a_killed_python_worker(
    redis: RedisServer, node: NodePeer, start_program: StartProgram
) -> None:
    await node.watch("q")
    program = await start_program(redis, "q")
    job = await node.add("q", "n", {"n": 1})
    assert program.stdout is not None
    assert await asyncio.wait_for(program.stdout.readline(), 10) == f"{job['id']}\n".encode()
    program.kill()
    await node.work("q", "echo", options=QUICK)
    assert await node.wait_until_finished("q", job["id"]) == {"n": 1}
    seen = await node.describe("q", job["id"])
    assert (seen["stalledCounter"], seen["attemptsStarted"]) == (1, 2)
    assert "stalled" in node.events_of_job(job["id"])


async def test_python_takes_over_the_job_of_a_killed_node_worker(
    redis: RedisServer, node: NodePeer, start_peer: Any, start_worker: StartWorker
) -> None:
    victim = await start_peer("bullmq6", redis)
    await victim.work("q", "hang", options=QUICK)
    job = await node.add("q", "n", {"n": 1})
    await victim.event("worker", "active")
    await victim.kill()

    async def handle(job: Job, token: str) -> Any:
        return job.data

    await start_worker("q", handle, **QUICK)
    assert await node.wait_until_finished("q", job["id"]) == {"n": 1}
    seen = await node.describe("q", job["id"])
    assert (seen["stalledCounter"], seen["attemptsStarted"]) == (1, 2)


async def test_redis_restart_loses_nothing_and_runs_nothing_twice(
    own_redis: RedisServer, start_peer: Any, start_worker: StartWorker
) -> None:
    total = 600
    runs: Counter[str] = Counter()
    halfway, finished = asyncio.Event(), asyncio.Event()

    async def handle(job: Job, token: str) -> int:
        runs[job.id] += 1
        if len(runs) == total // 3:
            halfway.set()
        return job.data["n"]

    completed = 0

    def on_completed(*_: Any) -> None:
        nonlocal completed
        completed += 1
        if completed == total:
            finished.set()

    node = await start_peer("bullmq6", own_redis)
    jobs = [{"name": "n", "data": {"n": n}} for n in range(total)]
    added = await node.queue("q", "addBulk", jobs)
    worker = await start_worker("q", handle, server=own_redis, concurrency=20)
    worker.on("completed", on_completed)
    await asyncio.wait_for(halfway.wait(), 20)
    await asyncio.to_thread(own_redis.restart)
    await asyncio.wait_for(finished.wait(), 60)
    assert runs == {job["id"]: 1 for job in added}
    assert (await node.counts("q"))["completed"] == total


async def test_worker_goes_on_when_a_silent_redis_answers_again(
    own_redis: RedisServer, start_peer: Any, start_worker: StartWorker
) -> None:
    async def handle(job: Job, token: str) -> Any:
        return job.data

    node = await start_peer("bullmq6", own_redis)
    await start_worker("q", handle, server=own_redis, drainDelay=1)
    first = await node.add("q", "n", {"n": 1})
    assert await node.wait_until_finished("q", first["id"]) == {"n": 1}
    with own_redis.frozen():
        await asyncio.sleep(2.5)  # longer than the watchdog of the blocking wait
    second = await node.add("q", "n", {"n": 2})
    assert await node.wait_until_finished("q", second["id"]) == {"n": 2}


async def test_add_waits_for_redis_to_come_back(own_redis: RedisServer) -> None:
    async with Queue("q", {"connection": own_redis.connection}) as queue:
        await queue.add("before", {})
        own_redis.kill()
        adding = asyncio.create_task(queue.add("during", {}))
        own_redis.start()
        job = await asyncio.wait_for(adding, 20)
        assert job.id == "2"
        assert (await queue.get_job_counts("waiting"))["waiting"] == 2
