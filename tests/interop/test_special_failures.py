"""Failures of a Python worker that are no failed attempts, and manual processing, as Node sees them."""

from __future__ import annotations

import asyncio
import contextlib

from libbullmq import Job, RateLimitError, UnrecoverableError, Worker
from node_peer import NodePeer
from python_side import StartWorker
from redis_server import RedisServer


async def test_a_rate_limited_job_goes_back_to_wait_and_is_run_when_the_limit_ends(
    node: NodePeer, start_worker: StartWorker
) -> None:
    starts: list[int] = []

    async def handle(job: Job, token: str) -> str:
        starts.append(job.attempts_made)
        if len(starts) == 1:
            await worker.rate_limit(200)
            raise RateLimitError
        return "done"

    await node.watch("q")
    worker = await start_worker("q", handle, limiter={"max": 100, "duration": 1000})
    added = await node.add("q", "limited", {}, {"attempts": 3})
    await node.event("queueEvents", "completed")
    assert starts == [0, 0]
    assert node.events_of_job(added["id"]) == ["added", "waiting", "active", "waiting", "active", "completed"]
    job = await node.describe("q", added["id"])
    assert job["attemptsMade"] == 1
    assert job["state"] == "completed"
    assert not job["stacktrace"]


async def test_node_sees_jobs_that_were_ended_by_hand_as_it_sees_others(
    node: NodePeer, redis: RedisServer
) -> None:
    await node.watch("q")
    ids = [(await node.add("q", "job", {"n": n}, {"attempts": 2}))["id"] for n in range(3)]
    async with Worker("q", connection=redis.connection) as worker:
        first = await worker.get_next_job("t")
        assert first is not None and first.id == ids[0]
        second = await first.move_to_completed({"r": 1}, fetch_next=True)
        assert second is not None and second.id == ids[1]
        third = await second.move_to_failed(UnrecoverableError("no"), fetch_next=True)
        assert third is not None and third.id == ids[2]
        await third.move_to_failed(RuntimeError("again"))

    await node.event("queueEvents", "completed")
    await node.event("queueEvents", "failed")
    jobs = [await node.describe("q", job_id) for job_id in ids]
    assert [job["state"] for job in jobs] == ["completed", "failed", "waiting"]
    assert jobs[0]["returnvalue"] == {"r": 1}
    assert (jobs[1]["failedReason"], len(jobs[1]["stacktrace"])) == ("no", 1)
    assert (jobs[2]["failedReason"], jobs[2]["attemptsMade"]) == ("again", 1)
    assert node.events_of_job(ids[2])[-2:] == ["active", "waiting"]


async def test_node_takes_a_job_that_ran_longer_than_it_may(
    node: NodePeer, start_worker: StartWorker
) -> None:
    async def handle(job: Job, token: str) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()  # it was asked to end, and goes on

    await node.watch("q")
    worker = await start_worker("q", handle, lockDuration=200, maxJobDuration=100, skipStalledCheck=True)
    added = await node.add("q", "slow", {"n": 1})
    await node.event("queueEvents", "active")
    await node.work("q", "echo", options={"stalledInterval": 100})
    await node.event("queueEvents", "completed")
    assert "stalled" in node.events_of_job(added["id"])
    assert (await node.describe("q", added["id"]))["returnvalue"] == {"n": 1}
    await worker.close(timeout=0)
