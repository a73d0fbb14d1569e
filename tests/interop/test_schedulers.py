"""Job schedulers made by one side and kept going by the other: keyspaces and chains are the same."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import redis as redis_client
from conftest import StartPeer
from libbullmq import Job, Queue
from node_peer import NodeError, NodePeer
from python_side import StartWorker
from redis_server import RedisServer

HOUR = 3600_000
SOON = int(time.time() * 1000) + 24 * HOUR

RULES: dict[str, dict[str, Any]] = {
    "every": {"every": HOUR},
    "every with offset": {"every": HOUR, "offset": 7000},
    "every with dates and limit": {
        "every": HOUR,
        "startDate": SOON,
        "endDate": SOON + 5 * HOUR,
        "limit": 4,
    },
    "every in the past": {"every": HOUR, "startDate": 1_600_000_000_123},
    "pattern": {"pattern": "0 0 1 1 *", "tz": "UTC"},
    "pattern of the host's zone": {"pattern": "30 2 29 2 *"},
    "pattern with dates and limit": {
        "pattern": "0 0 0 * * 1#2",
        "tz": "Europe/Paris",
        "startDate": SOON,
        "endDate": SOON + 1000 * 24 * HOUR,
        "limit": 7,
    },
    "pattern at once": {"pattern": "0 0 1 1 *", "tz": "America/New_York", "immediately": True},
    "pattern with offset": {"pattern": "@yearly", "offset": 5},
    "hashed pattern": {"pattern": "H H 1 1 *", "hashSeed": "seed", "tz": "utc+5:30", "count": 2},
}
TEMPLATES: dict[str, dict[str, Any]] = {
    "bare": {},
    "full": {
        "name": "tick",
        "data": {"a": [1, "ü", None]},
        "opts": {
            "attempts": 3,
            "backoff": 1000,
            "priority": 2,
            "keepLogs": 4,
            "removeOnComplete": {"count": 5},
            "telemetry": {"metadata": "m", "omitContext": True},
            "deduplication": {"id": "d"},
        },
    },
    "lifo": {"data": [], "opts": {"lifo": True, "backoff": {"type": "exponential", "delay": 5}}},
}
RUN_AT_ONCE = ("every", "every in the past", "pattern at once")


def snapshot(keys: redis_client.Redis, queue: str, rule: dict[str, Any]) -> str:
    """All that the queue consists of as text, the times of this run replaced by names."""
    prefix = f"bull:{queue}:"
    found = {key.removeprefix(prefix): content(keys, key) for key in sorted(keys.keys(prefix + "*"))}
    text = json.dumps(found, sort_keys=True, indent=1)
    times = sorted({int(time) for time in re.findall(r"repeat:s:(\d+)", text)})
    if "every" in rule and "offset" not in rule:
        text = text.replace(f'"offset": "{times[0] % rule["every"]}"', '"offset": "that of TIME0"')
    for number, at in enumerate(times):
        text = text.replace(str(at * 4096), f"TIME{number}*4096").replace(str(at), f"TIME{number}")
    return text


TIMES = {"timestamp", "delay", "processedOn", "finishedOn"}


def content(keys: redis_client.Redis, key: str) -> Any:
    kind = keys.type(key)
    if kind == "hash":
        return without_times(keys.hgetall(key))
    if kind == "zset":
        return [(member, f"{score:.0f}") for member, score in keys.zrange(key, 0, -1, withscores=True)]
    if kind == "list":
        return keys.lrange(key, 0, -1)
    if kind == "stream":
        return [without_times(fields) for _, fields in keys.xrange(key)]
    return "a lock" if key.endswith(":lock") else keys.get(key)


def without_times(fields: dict[str, Any]) -> dict[str, Any]:
    shown = {name: "T" if name in TIMES else value for name, value in fields.items()}
    if "opts" in shown:
        shown["opts"] = {
            name: "T" if name in TIMES else value for name, value in json.loads(shown["opts"]).items()
        }
    return shown


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
async def test_an_upsert_leaves_the_same_keys_as_nodes(
    redis: RedisServer,
    keys: redis_client.Redis,
    start_peer: StartPeer,
    rule: dict[str, Any],
    template: dict[str, Any],
) -> None:
    node = await start_peer("bullmq6", redis)
    await node.queue("theirs", "upsertJobScheduler", "s", rule, template)
    async with Queue("ours", {"connection": redis.connection}) as queue:
        await queue.upsert_job_scheduler("s", rule, template)
        assert snapshot(keys, "ours", rule) == snapshot(keys, "theirs", rule)
        # Once more, over a job that waits.
        await node.queue("theirs", "upsertJobScheduler", "s", rule, template)
        await queue.upsert_job_scheduler("s", rule, template)
        assert snapshot(keys, "ours", rule) == snapshot(keys, "theirs", rule)


@pytest.fixture
async def hold(start_worker: StartWorker) -> AsyncIterator[Callable[[str], Awaitable[None]]]:
    """``await hold("q")``: a worker of ours takes a job of the queue and keeps it until the test ends."""
    release = asyncio.Event()

    async def start(name: str) -> None:
        taken = asyncio.Event()

        async def handle(job: Job, token: str) -> None:
            taken.set()
            await release.wait()

        await start_worker(name, handle, skipStalledCheck=True)
        await asyncio.wait_for(taken.wait(), 10)

    yield start
    release.set()


async def hold_by_node(node: NodePeer, name: str) -> None:
    await node.work(name, "hang", worker=name, options={"skipStalledCheck": True})
    await node.event("worker", "active", lambda event: bool(event["queue"] == name))


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
@pytest.mark.parametrize("name", RUN_AT_ONCE)
async def test_whoever_takes_a_job_leaves_the_same_next_one(
    redis: RedisServer,
    keys: redis_client.Redis,
    start_peer: StartPeer,
    hold: Callable[[str], Awaitable[None]],
    name: str,
    template: dict[str, Any],
) -> None:
    rule = RULES[name]
    node = await start_peer("bullmq6", redis)
    for made_by in ("node", "us"):
        for taken_by in ("node", "us"):
            place = f"{made_by}-{taken_by}"
            await node.call("openQueue", queue=place)  # writes its meta
            if made_by == "node":
                await node.queue(place, "upsertJobScheduler", "s", rule, template)
            else:
                async with Queue(place, {"connection": redis.connection}) as queue:
                    await queue.upsert_job_scheduler("s", rule, template)
            await (hold_by_node(node, place) if taken_by == "node" else hold(place))
    expected = snapshot(keys, "node-node", rule)
    assert expected.count("TIME1") > 3
    for place in ("node-us", "us-node", "us-us"):
        assert snapshot(keys, place, rule) == expected, place
    for place in ("node-node", "us-node"):
        await node.release(place)


async def test_node_and_our_workers_keep_one_chain_going_together(
    redis: RedisServer, keys: redis_client.Redis, start_peer: StartPeer, start_worker: StartWorker
) -> None:
    node = await start_peer("bullmq6", redis)
    ours: list[str] = []

    async def handle(job: Job, token: str) -> None:
        ours.append(job.id)
        if job.opts["repeat"]["count"] < 20:  # the next one is Node's while this one runs
            await node.event("queueEvents", "completed", lambda event: event["args"][0]["jobId"] > job.id)

    def done() -> list[str]:
        return [
            event["args"][0]["jobId"]
            for event in node.events
            if event["name"] == "completed" and event["source"] == "queueEvents"
        ]

    await node.watch("q")
    await node.work("q", "echo")
    await start_worker("q", handle)
    async with Queue("q", {"connection": redis.connection}) as queue:
        await queue.upsert_job_scheduler("s", template={"data": {"n": 1}}, every=30, limit=20)
        await node.event("queueEvents", "completed", lambda _: len(done()) == 20)
        counts = await queue.get_job_counts("waiting", "delayed", "active", "completed")
    assert counts == {"waiting": 0, "delayed": 0, "active": 0, "completed": 20}  # no 21st is to come
    assert keys.hget("bull:q:repeat:s", "ic") == "20"
    assert len(set(done())) == 20
    assert set(ours) < set(done())


async def test_both_read_the_same_schedulers(redis: RedisServer, start_peer: StartPeer, queue: Queue) -> None:
    node = await start_peer("bullmq6", redis)
    for number, (rule, template) in enumerate(
        (rule, template) for rule in RULES.values() for template in TEMPLATES.values()
    ):
        await node.queue("q", "upsertJobScheduler", f"s{number}", rule, template)
    for ascending in (True, False):
        theirs = await node.queue("q", "getJobSchedulers", 0, -1, ascending)
        assert await queue.get_job_schedulers(asc=ascending) == theirs
    assert await queue.get_job_schedulers(2, 4) == await node.queue("q", "getJobSchedulers", 2, 4)
    assert await queue.get_job_scheduler("s1") == await node.queue("q", "getJobScheduler", "s1")
    assert await queue.remove_job_scheduler("s1") is True
    assert await queue.remove_job_scheduler("s1") is await node.queue("q", "removeJobScheduler", "s1")
    assert await node.queue("q", "getJobScheduler", "s1") is await queue.get_job_scheduler("s1") is None
    left = len(RULES) * len(TEMPLATES) - 1
    assert await queue.get_job_schedulers_count() == await node.queue("q", "getJobSchedulersCount") == left


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"every": 0},
        {"pattern": ""},
        {"every": 5, "pattern": "* * * * *"},
        {"every": 5, "immediately": True, "startDate": SOON},
        {"every": 5, "endDate": 5},
        {"pattern": "61 * * * *"},
        {"pattern": "* * * * monday", "immediately": True},
        {"pattern": "0 0 30 2 *"},
    ],
    ids=str,
)
async def test_bad_rules_are_refused_in_the_same_words(
    redis: RedisServer, keys: redis_client.Redis, start_peer: StartPeer, queue: Queue, rule: dict[str, Any]
) -> None:
    node = await start_peer("bullmq6", redis)
    with pytest.raises(NodeError) as theirs:
        await node.queue("theirs", "upsertJobScheduler", "s", rule)
    with pytest.raises(Exception) as ours:
        await queue.upsert_job_scheduler("s", rule)
    assert str(theirs.value) in str(ours.value)
    assert keys.keys("bull:q:repeat*") == []
