"""Failures of a Python worker that are no failed attempts, and manual processing, as Node sees them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import redis as redis_client
from libbullmq import Job, _codes
from libbullmq._client import Client
from libbullmq._conf import Confs
from libbullmq._native import ffi
from libbullmq._record import fields
from node_peer import NodePeer
from python_side import StartWorker
from redis_server import RedisServer

NO_SLOT_LEFT = 9007199254740991  # what Queue.rateLimit stores


async def test_a_rate_limited_job_goes_back_to_wait_and_is_run_when_the_limit_ends(
    node: NodePeer, start_worker: StartWorker, keys: redis_client.Redis
) -> None:
    starts: list[int] = []

    async def handle(job: Job, token: str) -> str:
        starts.append(job.attempts_made)
        if len(starts) == 1:
            keys.set("bull:q:limiter", NO_SLOT_LEFT, px=200)
            raise RuntimeError("bullmq:rateLimitExceeded")
        return "done"

    await node.watch("q")
    await start_worker("q", handle, limiter={"max": 100, "duration": 1000})
    added = await node.add("q", "limited", {}, {"attempts": 3})
    await node.event("queueEvents", "completed")
    assert starts == [0, 0]
    assert node.events_of_job(added["id"]) == ["added", "waiting", "active", "waiting", "active", "completed"]
    job = await node.describe("q", added["id"])
    assert job["attemptsMade"] == 1
    assert job["state"] == "completed"
    assert not job["stacktrace"]


class ByHand:
    """The core's commands of manual processing, with a worker that has no credit."""

    def __init__(self, connection: dict[str, Any]) -> None:
        confs = Confs({"connection": connection}, (_codes.CONF_CLIENT,))
        self.client = Client(confs[_codes.CONF_CLIENT], {})
        self.queue = self.client.open_queue("q", ffi.NULL)
        self.worker = self.client.open_worker(self.queue, ffi.NULL)

    async def call(self, command: str, payload: bytes = b"", **args: Any) -> dict[int, Any]:
        packed = json.dumps({"worker": self.worker, **args}).encode()
        return dict(fields(await self.client.call(self.queue, command.encode(), packed, payload)))


async def test_node_sees_jobs_that_were_ended_by_hand_as_it_sees_others(
    node: NodePeer, redis: RedisServer
) -> None:
    await node.watch("q")
    ids = [(await node.add("q", "job", {"n": n}, {"attempts": 2}))["id"] for n in range(3)]
    hand = ByHand(redis.connection)
    first = await hand.call("getNextJob", token="t")
    assert first[_codes.TAG_JOB_ID].decode() == ids[0]
    second = await hand.call("moveJobToCompleted", b'{"r":1}', id=ids[0], token="t")
    assert second[_codes.TAG_JOB_ID].decode() == ids[1]
    failure = b'{"message":"no","name":"UnrecoverableError","stack":"no at x"}'
    third = await hand.call("moveJobToFailed", failure, id=ids[1], token="t", fetchNext=True)
    assert third[_codes.TAG_JOB_ID].decode() == ids[2]
    retried = await hand.call("moveJobToFailed", b'{"message":"again"}', id=ids[2], token="t")
    assert retried[_codes.TAG_OUTCOME] == b"retried"
    await hand.client.close(1000)

    await node.event("queueEvents", "completed")
    await node.event("queueEvents", "failed")
    jobs = [await node.describe("q", job_id) for job_id in ids]
    assert [job["state"] for job in jobs] == ["completed", "failed", "waiting"]
    assert jobs[0]["returnvalue"] == {"r": 1}
    assert (jobs[1]["failedReason"], jobs[1]["stacktrace"]) == ("no", ["no at x"])
    assert (jobs[2]["failedReason"], jobs[2]["attemptsMade"]) == ("again", 1)
    assert node.events_of_job(ids[2])[-2:] == ["active", "waiting"]


async def test_node_takes_a_job_that_ran_longer_than_it_may(
    node: NodePeer, start_worker: StartWorker
) -> None:
    async def handle(job: Job, token: str) -> None:
        await asyncio.Event().wait()

    await node.watch("q")
    worker = await start_worker("q", handle, lockDuration=200, maxJobDuration=100, skipStalledCheck=True)
    added = await node.add("q", "slow", {"n": 1})
    await node.event("queueEvents", "active")
    await node.work("q", "echo", options={"stalledInterval": 100})
    await node.event("queueEvents", "completed")
    assert "stalled" in node.events_of_job(added["id"])
    assert (await node.describe("q", added["id"]))["returnvalue"] == {"n": 1}
    await worker.close(timeout=0)
