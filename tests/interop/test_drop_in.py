"""Node BullMQ 6.7.0 itself, with every Lua command replaced by ours: it works as it always does."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
import redis as redis_client
from conftest import StartPeer
from node_peer import NodePeer
from redis_server import RedisServer

RETRY = {"attempts": 3, "backoff": {"type": "fixed", "delay": 20}}


@pytest_asyncio.fixture
async def node(start_peer: StartPeer, redis: RedisServer, own_scripts: Path) -> AsyncIterator[NodePeer]:
    """A Node peer on our commands; it refuses to start if one of them is missing."""
    peer = await start_peer("bullmq6", redis, own_scripts)
    await peer.watch("q")
    yield peer


async def finished(node: NodePeer, *job_ids: str) -> list[Any]:
    return [await node.wait_until_finished("q", job_id) for job_id in job_ids]


async def test_no_text_of_bullmq_reaches_redis(
    node: NodePeer, keys: redis_client.Redis, own_scripts: Path
) -> None:
    keys.config_resetstat()
    keys.script_flush()
    await node.work("q", "echo")
    added = await node.add("q", "n", {"n": 1})
    await finished(node, added["id"])
    assert keys.info("commandstats")["cmdstat_eval"]["calls"] >= 3
    ours = [hashlib.sha1(path.read_bytes()).hexdigest() for path in own_scripts.glob("*.lua")]
    loaded = sum(keys.script_exists(*ours))
    assert loaded == keys.info("memory")["number_of_cached_scripts"]


async def test_jobs_of_every_kind_are_added_and_processed(node: NodePeer) -> None:
    await node.work("q", "echo", options={"concurrency": 3})
    opts: list[dict[str, Any]] = [
        {},
        {"delay": 60},
        {"priority": 5},
        {"lifo": True},
        {"jobId": "custom"},
        RETRY,
    ]
    jobs = [{"name": "n", "data": {"n": n}, "opts": given} for n, given in enumerate(opts)]
    added = await node.queue("q", "addBulk", jobs)
    assert await finished(node, *[job["id"] for job in added]) == [{"n": n} for n in range(len(opts))]
    assert (await node.counts("q"))["completed"] == len(opts)
    for job in added:
        events = node.events_of_job(job["id"])
        assert (events[0], events[-2], events[-1]) == ("added", "active", "completed")


async def test_failed_jobs_are_retried_with_backoff_and_by_hand(node: NodePeer) -> None:
    await node.work("q", "failThenSucceed", times=2, value="at last")
    added = await node.add("q", "n", {}, RETRY)
    assert await finished(node, added["id"]) == ["at last"]
    seen = await node.describe("q", added["id"])
    assert (seen["attemptsMade"], len(seen["stacktrace"])) == (3, 2)
    await node.close_worker()

    await node.work("q", "fail", message="no luck")
    failing = await node.add("q", "n", {}, {"attempts": 1})
    await node.event("worker", "failed", lambda event: event["args"][0]["id"] == failing["id"])
    await node.close_worker()
    await node.call("callJob", queue="q", jobId=failing["id"], method="retry", args=["failed"])
    await node.work("q", "echo")
    await node.event("worker", "completed", lambda event: event["args"][0]["id"] == failing["id"])


async def test_flow_runs_children_first_and_parent_reads_their_results(node: NodePeer) -> None:
    await node.work("kids", "echo", worker="kids")
    await node.work("q", "echo", worker="parents")
    children = [{"name": "c", "queueName": "kids", "data": {"n": n}} for n in range(3)]
    failing = {"name": "f", "queueName": "bad", "opts": {"ignoreDependencyOnFailure": True}}
    await node.work("bad", "fail", worker="bad", message="ignored")
    tree = await node.add_flow({"name": "p", "queueName": "q", "data": 1, "children": [*children, failing]})
    assert await finished(node, tree["id"]) == [1]
    values = await node.call("callJob", queue="q", jobId=tree["id"], method="getChildrenValues")
    assert sorted(value["n"] for value in values.values()) == [0, 1, 2]
    ignored = await node.call("callJob", queue="q", jobId=tree["id"], method="getIgnoredChildrenFailures")
    assert list(ignored.values()) == ["ignored"]


async def test_child_that_must_not_fail_fails_its_parent(node: NodePeer) -> None:
    await node.work("kids", "fail", worker="kids")
    await node.work("q", "echo", worker="parents")
    child = {"name": "c", "queueName": "kids", "opts": {"failParentOnFailure": True}}
    tree = await node.add_flow({"name": "p", "queueName": "q", "children": [child]})
    event = await node.event("queueEvents", "failed", lambda event: event["queue"] == "q")
    assert event["args"][0]["failedReason"] == f"child bull:kids:{tree['children'][0]['id']} failed"


async def test_scheduler_makes_one_job_after_the_other(node: NodePeer) -> None:
    await node.queue(
        "q", "upsertJobScheduler", "tick", {"every": 80, "limit": 3}, {"name": "t", "data": {"n": 1}}
    )
    await node.work("q", "echo")
    done: set[str] = set()

    def is_third(event: dict[str, Any]) -> bool:
        done.add(event["args"][0]["id"])
        return len(done) == 3

    await node.event("worker", "completed", is_third)
    assert all(job_id.startswith("repeat:tick:") for job_id in done)
    assert (await node.queue("q", "getJobScheduler", "tick"))["iterationCount"] == 3
    await node.queue("q", "upsertJobScheduler", "nightly", {"pattern": "0 3 * * *"}, {"name": "t"})
    assert (await node.counts("q"))["delayed"] == 1
    assert await node.queue("q", "removeJobScheduler", "nightly")
    assert (await node.counts("q"))["delayed"] == 0


async def test_paused_queue_keeps_its_jobs_until_it_is_resumed(node: NodePeer) -> None:
    await node.work("q", "echo")
    await node.queue("q", "pause")
    added = [await node.add("q", "n", {"n": n}, {"priority": n}) for n in range(3)]
    counts = await node.counts("q")
    assert (counts["waiting"], counts["prioritized"], counts["active"]) == (1, 2, 0)
    await node.queue("q", "resume")
    assert await finished(node, *[job["id"] for job in added]) == [{"n": n} for n in range(3)]


async def test_job_of_a_worker_that_died_is_run_again(
    node: NodePeer, start_peer: StartPeer, redis: RedisServer, own_scripts: Path
) -> None:
    doomed = await start_peer("bullmq6", redis, own_scripts)
    await doomed.work("q", "hang", options={"lockDuration": 200, "stalledInterval": 100})
    added = await node.add("q", "n", {"n": 1})
    await doomed.event("worker", "active")
    await doomed.kill()
    await node.work("q", "echo", options={"stalledInterval": 100})
    assert await finished(node, added["id"]) == [{"n": 1}]
    assert (await node.describe("q", added["id"]))["stalledCounter"] == 1


async def test_limits_hold(node: NodePeer) -> None:
    await node.work("q", "echo", options={"concurrency": 5, "limiter": {"max": 2, "duration": 150}})
    started = time.monotonic()
    added = await node.queue("q", "addBulk", [{"name": "n", "data": n} for n in range(5)])
    await finished(node, *[job["id"] for job in added])
    assert time.monotonic() - started > 0.28  # two windows passed before the fifth job
    await node.close_worker()

    await node.queue("q", "setGlobalConcurrency", 1)
    await node.work("q", "hang", options={"concurrency": 5})
    await node.queue("q", "addBulk", [{"name": "n", "data": n} for n in range(3)])
    await node.event("worker", "active", lambda event: event["args"][0]["data"] == 0)
    assert (await node.counts("q"))["active"] == 1
    await node.release()
    await asyncio.gather(
        *[
            node.event("worker", "completed", lambda event, n=n: event["args"][0]["data"] == n)
            for n in range(3)
        ]
    )


async def test_clean_drain_remove_and_obliterate_leave_nothing(
    node: NodePeer, keys: redis_client.Redis
) -> None:
    await node.work("q", "echo")
    added = await node.queue("q", "addBulk", [{"name": "n", "data": n} for n in range(4)])
    await finished(node, *[job["id"] for job in added])
    await node.close_worker()
    assert await node.queue("q", "remove", added[0]["id"]) == 1
    cleaned = await node.queue("q", "clean", 0, 2, "completed")
    assert sorted(cleaned) == [job["id"] for job in added[1:3]]
    assert (await node.counts("q"))["completed"] == 1

    await node.queue(
        "q", "addBulk", [{"name": "n", "opts": opts} for opts in ({}, {"delay": 9000}, {"priority": 1})]
    )
    await node.queue("q", "drain", True)
    counts = await node.counts("q")
    assert (counts["waiting"], counts["delayed"], counts["prioritized"]) == (0, 0, 0)

    await node.queue(
        "q", "addBulk", [{"name": "n", "opts": opts} for opts in ({}, {"delay": 9000}, {"priority": 1})]
    )
    await node.queue("q", "obliterate", {"force": True})
    assert keys.keys("bull:q:*") == []
