"""BullMQ 5.81.5, BullMQ 6.7.0, BullMQ 6.7.0 on our Lua commands and libbullmq share a queue."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import redis as redis_client
from conftest import StartPeer
from fleet import NAME, Fleet, NodeMember, PythonMember, StartFleet, act_out, waiting
from libbullmq import Job, Queue
from python_side import StartWorker
from redis_server import RedisServer

RETRY = {"attempts": 2, "backoff": {"type": "fixed", "delay": 30}}
KINDS: list[dict[str, Any]] = [
    {},
    {"delay": 50},
    {"priority": 3},
    {"lifo": True},
    {"delay": 20, "priority": 1},
    RETRY,
]


@pytest_asyncio.fixture
async def start_fleet(
    start_peer: StartPeer, redis: RedisServer, own_scripts: Path
) -> AsyncIterator[StartFleet]:
    """``await start_fleet("v5", "v6", "own", "python")``. Those of BullMQ open their queues last, and leave
    their version in its settings, as in a fleet to which libbullmq comes.
    """
    queues: list[Queue] = []

    async def start(*names: str) -> Fleet:
        fleet: Fleet = {}
        for name in sorted(names):
            if name == "python":
                queue = Queue(NAME, {"connection": redis.connection, "skipMetasUpdate": True})
                queues.append(queue)
                fleet[name] = PythonMember(queue)
                continue
            version, scripts = {
                "v5": ("bullmq5", None),
                "v6": ("bullmq6", None),
                "own": ("bullmq6", own_scripts),
            }[name]
            peer = await start_peer(version, redis, scripts=scripts)
            await peer.call("openQueue", queue=NAME, options={"skipMetasUpdate": name == "own"})
            fleet[name] = NodeMember(peer)
        return fleet

    yield start
    for queue in queues:
        await queue.close()


async def test_four_kinds_of_clients_add_and_work_and_run_each_job_once(
    start_fleet: StartFleet, start_worker: StartWorker, keys: redis_client.Redis
) -> None:
    fleet = await start_fleet("v5", "v6", "own", "python")
    started: Counter[str] = Counter()

    async def handle(job: Job, token: str) -> str:
        started[job.id] += 1
        return "python"

    await start_worker(NAME, handle, concurrency=5)
    for name, member in fleet.items():
        if isinstance(member, NodeMember):
            await member.peer.work(NAME, "returnValue", value=name, worker=name, options={"concurrency": 5})
    added = await asyncio.gather(
        *[member.add(kind) for _ in range(15) for kind in KINDS for member in fleet.values()]
    )
    assert len(set(added)) == len(added) == 360
    watcher = fleet["v6"]
    assert isinstance(watcher, NodeMember)
    results = Counter([await watcher.peer.wait_until_finished(NAME, job_id) for job_id in added])
    assert set(results) == set(fleet)
    assert set(keys.zrange(f"bull:{NAME}:completed", 0, -1)) == set(added)
    starts = [keys.hget(f"bull:{NAME}:{job_id}", "ats") for job_id in added]
    assert set(starts) == {"1"}


@pytest.mark.parametrize(
    "names", [("v6", "own", "python"), ("v5", "own"), ("v5", "python"), ("v5", "own", "python")]
)
async def test_pauses_and_resumes_by_anyone_lose_no_job(
    names: tuple[str, ...], start_fleet: StartFleet, keys: redis_client.Redis
) -> None:
    """Any order of adding, pausing and resuming by one version of BullMQ and by us. The two versions alone
    do lose jobs together.
    """
    fleet = await start_fleet(*names)
    draw = random.Random(20)
    version = keys.hget(f"bull:{NAME}:meta", "version")
    for _ in range(120):
        keys.flushall()
        keys.hset(f"bull:{NAME}:meta", "version", version)
        steps = [f"{draw.choice(names)}.{draw.choice(('add', 'add', 'pause', 'resume'))}" for _ in range(8)]
        story = " ".join([*steps, f"{draw.choice(names)}.resume"])
        added = await act_out(fleet, story)
        assert waiting(keys) == set(added), story


async def test_paused_and_resumed_fleet_works_all_jobs_off(
    start_fleet: StartFleet, start_worker: StartWorker, keys: redis_client.Redis
) -> None:
    fleet = await start_fleet("v6", "own", "python")

    async def handle(job: Job, token: str) -> str:
        await asyncio.sleep(0.001)
        return "python"

    await start_worker(NAME, handle, concurrency=2)
    for name, member in fleet.items():
        if isinstance(member, NodeMember):
            await member.peer.work(NAME, "sleep", ms=1, value=name, worker=name, options={"concurrency": 2})
    members = list(fleet.values())
    added = []
    for turn in range(12):
        await members[turn % 3].pause()
        added += await asyncio.gather(*[member.add(kind) for kind in KINDS for member in members])
        await members[(turn + 1 + turn // 3) % 3].resume()
    node = fleet["own"]
    assert isinstance(node, NodeMember)
    for job_id in added:
        await node.peer.wait_until_finished(NAME, job_id)
    assert set(keys.zrange(f"bull:{NAME}:completed", 0, -1)) == set(added)
