"""Our reader beside Node's QueueEvents, our custom events at Node, waiting for jobs that Node runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import redis as redis_client
from job_kinds import KINDS, VALUES
from libbullmq import BullMQError
from node_peer import NodePeer
from python_events import Heard, PythonEvents
from redis_server import RedisServer


@pytest_asyncio.fixture
async def events(redis: RedisServer) -> AsyncIterator[PythonEvents]:
    """A reader of the queue "q", from the beginning of its stream."""
    reader = PythonEvents(redis, "q", lastEventId="0-0")
    await reader.ready()
    yield reader
    await reader.close()


def seen_by(node: NodePeer) -> list[Heard]:
    """What Node's QueueEvents reported; those without fields have the entry's id alone."""
    return [
        (event["name"], *(event["args"] if len(event["args"]) == 2 else ({}, event["args"][0])))
        for event in node.events
        if event["source"] == "queueEvents"
    ]


async def test_reads_what_node_reads(node: NodePeer, events: PythonEvents) -> None:
    await node.call("startQueueEvents", queue="q", names=["debounced"])  # of version 5
    for kind in KINDS:
        await node.add("q", kind.name, {}, kind.opts)
    await node.add("q", "again", {}, {"jobId": "order-17"})
    await node.add("q", "once", {}, {"deduplication": {"id": "d"}})
    await node.add("q", "once", {}, {"deduplication": {"id": "d"}})
    completes = await node.add("q", "completes", {}, {"attempts": 2})
    await node.work("q", "failThenSucceed", times=1, value={"done": ["é", 1.5]})
    finished = len(KINDS) + 2
    await events.until(
        lambda: sum(name in ("completed", "failed") for name, _, _ in events.events) >= finished
    )
    await node.queue("q", "pause")
    await node.queue("q", "resume")
    await node.queue("q", "clean", 0, 100, "failed")
    await node.queue("q", "remove", completes["id"])
    await events.seen("removed")
    last = events.events[-1]
    await node.event("queueEvents", last[0], lambda event: event["args"][-1] == last[2])

    assert events.events == seen_by(node)
    names = {name for name, _, _ in events.events}
    assert {"added", "waiting", "delayed", "active", "completed", "failed", "drained"} <= names
    assert {"duplicated", "deduplicated", "retries-exhausted", "paused", "resumed", "cleaned"} <= names


async def test_progress_and_values_are_what_node_reads(node: NodePeer, events: PythonEvents) -> None:
    await node.watch("q")
    steps = [value for value in VALUES if value is not None]
    await node.work("q", "report", progress=steps, value=VALUES[-1])
    await node.add("q", "reports", {})
    await events.seen("drained")
    await node.event("queueEvents", "drained")

    assert events.events == seen_by(node)
    assert [arguments["data"] for name, arguments, _ in events.events if name == "progress"] == steps


async def test_node_hears_of_published_events(node: NodePeer, events: PythonEvents) -> None:
    await node.call("startQueueEvents", queue="q", names=["order:shipped"])
    fields = {"jobId": "7", "note": "zażółć \U0001f680", "empty": "", "json": '{"a":1}'}
    entry = await events.producer.publish_event("order:shipped", fields)
    bare = await events.producer.publish_event("order:shipped")
    await events.producer.publish_event("completed", {"jobId": "7", "returnvalue": [1]})

    shipped = await node.event("queueEvents", "order:shipped")
    assert shipped["args"] == [fields, entry]
    second = await node.event("queueEvents", "order:shipped", lambda event: event["args"][1] == bare)
    assert second["args"][0] == {}
    completed = await node.event("queueEvents", "completed")
    assert completed["args"][0] == {"jobId": "7", "returnvalue": [1]}


async def test_publishing_does_not_shorten_the_stream_of_a_queue(
    events: PythonEvents, keys: redis_client.Redis
) -> None:
    with keys.pipeline() as pipeline:
        for _ in range(5000):
            pipeline.xadd("bull:q:events", {"event": "n"})
        pipeline.execute()
    await events.producer.publish_event("mine")
    assert keys.xlen("bull:q:events") == 5001


async def test_waits_for_jobs_that_node_completes(node: NodePeer, events: PythonEvents) -> None:
    jobs = [await node.add("q", "job", value) for value in VALUES]
    waits = [asyncio.ensure_future(events.wait_until_finished(job["id"])) for job in jobs]
    await node.work("q", "echo", options={"concurrency": 4})
    assert await asyncio.gather(*waits) == list(VALUES)
    # And once more, when they have finished already.
    assert [await events.wait_until_finished(job["id"]) for job in jobs] == list(VALUES)


@pytest.mark.parametrize("early", [True, False], ids=["before it fails", "after it failed"])
async def test_waits_for_a_job_that_node_fails(node: NodePeer, events: PythonEvents, early: bool) -> None:
    job = await node.add("q", "job", {})
    wait = asyncio.ensure_future(events.wait_until_finished(job["id"])) if early else None
    await node.work("q", "fail", message="ça ne va pas")
    await events.seen("failed")
    with pytest.raises(BullMQError, match="^ça ne va pas$"):
        await (wait or events.wait_until_finished(job["id"]))


async def error_of(waiting: Any) -> str:
    with pytest.raises(Exception) as raised:
        await waiting
    return str(raised.value)


async def test_a_wait_that_fails_says_what_node_says(node: NodePeer, events: PythonEvents) -> None:
    job = await node.add("q", "slow", {})
    ours = await error_of(events.wait_until_finished(job["id"], ttl=80))
    assert ours == await error_of(node.wait_until_finished("q", job["id"], ttl=80))
    gone = await error_of(events.wait_until_finished("no-such-job"))
    assert gone == "Missing key for job bull:q:no-such-job. isFinished"


async def test_both_readers_go_on_after_redis_was_away(own_redis: RedisServer, start_peer: Any) -> None:
    node = await start_peer("bullmq6", own_redis)
    reader = PythonEvents(own_redis, "q", lastEventId="0-0")
    await reader.ready()
    await node.watch("q")
    await node.work("q", "echo")
    await node.add("q", "before", 1)
    await reader.seen("completed")
    own_redis.restart()
    added = await node.add("q", "after", 2)
    assert await reader.wait_until_finished(added["id"]) == 2
    await reader.seen("completed", 2)
    last = await node.event(
        "queueEvents", "completed", lambda event: event["args"][0]["jobId"] == added["id"]
    )
    assert (last["name"], *last["args"]) in reader.events
    await reader.close()
