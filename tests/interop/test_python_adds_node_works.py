"""Python adds the jobs, a Node worker runs them, Python reads what came of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import redis as redis_client
from job_kinds import KINDS, VALUES, Kind
from libbullmq import Queue
from node_peer import NodePeer


def node_behaviour(kind: Kind) -> tuple[str, dict[str, Any]]:
    if kind.unrecoverable:
        return "unrecoverable", {"message": "cannot be mended"}
    return "failThenSucceed", {"times": kind.fails, "message": "attempt", "value": {"kind": kind.name}}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_python_reads_the_outcome_of_every_kind(node: NodePeer, queue: Queue, kind: Kind) -> None:
    await node.watch("q")
    behaviour, parameters = node_behaviour(kind)
    await node.work("q", behaviour, **parameters)
    added = await queue.add(kind.name, {"n": 1}, kind.opts)
    await node.event("queueEvents", "completed" if kind.succeeds else "failed")

    job = await queue.get_job(added.id)
    assert job is not None
    assert job.attempts_made == kind.attempts_made
    assert job.finished_on >= job.processed_on >= job.timestamp + kind.opts.get("delay", 0)
    if kind.succeeds:
        assert await job.get_state() == "completed"
        assert job.returnvalue == {"kind": kind.name}
    else:
        last = "cannot be mended" if kind.unrecoverable else f"attempt {kind.attempts_made}"
        assert await job.get_state() == "failed"
        assert job.failed_reason == last
        assert len(job.stacktrace) == kind.attempts_made


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_stored_hash_is_what_node_stores(
    node: NodePeer, queue: Queue, keys: redis_client.Redis, kind: Kind
) -> None:
    ours = await queue.add(kind.name, {"n": [1, 2.5, "ä"]}, {**kind.opts, "timestamp": 1700000000000})
    stored_ours = keys.hgetall(f"bull:q:{ours.id}")
    place_ours = places(keys, "q", ours.id)
    theirs = await node.add("r", kind.name, {"n": [1, 2.5, "ä"]}, {**kind.opts, "timestamp": 1700000000000})
    stored_theirs = keys.hgetall(f"bull:r:{theirs['id']}")
    assert comparable(stored_ours) == comparable(stored_theirs)
    assert place_ours == places(keys, "r", theirs["id"])


def comparable(stored: dict[str, str]) -> dict[str, Any]:
    """Options as an object: the order of their keys means nothing."""
    return {**stored, "opts": json.loads(stored["opts"]), "data": json.loads(stored["data"])}


def places(keys: redis_client.Redis, queue: str, job_id: str) -> dict[str, Any]:
    """In which structures of the queue the job stands, and that a worker is woken."""
    return {
        "wait": keys.lpos(f"bull:{queue}:wait", job_id),
        "prioritized": keys.zscore(f"bull:{queue}:prioritized", job_id),
        "delayed": keys.zscore(f"bull:{queue}:delayed", job_id),
        "marker": keys.zrange(f"bull:{queue}:marker", 0, -1, withscores=True),
    }


@pytest.mark.parametrize("value", VALUES, ids=repr)
async def test_data_comes_through_unchanged(node: NodePeer, queue: Queue, value: Any) -> None:
    await node.work("q", "echo")
    job = await queue.add("value", {"value": value})
    assert await node.wait_until_finished("q", job.id) == {"value": value}
    read = await queue.get_job(job.id)
    assert read is not None and read.returnvalue == {"value": value} == read.data


async def test_bulk_add_keeps_order_and_options(node: NodePeer, queue: Queue) -> None:
    added = await queue.add_bulk(
        [{"name": f"n{i}", "data": {"i": i}, "opts": {"attempts": i + 1}} for i in range(2500)]
    )
    assert [job.name for job in added] == [f"n{i}" for i in range(2500)]
    waiting = await node.queue("q", "getWaiting", 0, -1)
    assert [(job["id"], job["data"]["i"], job["opts"]["attempts"]) for job in waiting] == [
        (job.id, i, i + 1) for i, job in enumerate(added)
    ]


async def test_same_custom_id_is_added_once(node: NodePeer, queue: Queue) -> None:
    await node.watch("q")
    first = await queue.add("a", {"n": 1}, {"jobId": "once"})
    second = await queue.add("b", {"n": 2}, {"jobId": "once"})
    assert first.id == second.id == "once"
    await node.event("queueEvents", "duplicated")
    assert (await node.describe("q", "once"))["name"] == "a"
    assert (await node.counts("q"))["waiting"] == 1


async def test_progress_and_logs_of_a_node_worker_are_read(node: NodePeer, queue: Queue) -> None:
    await node.work("q", "report", progress=[5, {"step": 2}], logs=["row"], value=[1])
    added = await queue.add("report", {})
    await node.wait_until_finished("q", added.id)
    job = await queue.get_job(added.id)
    assert job is not None
    assert (job.progress, job.returnvalue) == ({"step": 2}, [1])


async def test_pause_stops_node_and_resume_lets_it_go_on(node: NodePeer, queue: Queue) -> None:
    await queue.pause()
    await node.watch("q")
    await node.work("q", "echo")
    added = await queue.add("later", {"n": 1})
    assert await node.queue("q", "isPaused") is True
    assert (await queue.get_job_counts())["active"] == 0
    await queue.resume()
    await node.event("queueEvents", "resumed")
    assert await node.wait_until_finished("q", added.id) == {"n": 1}


async def test_counts_agree_and_obliterate_leaves_no_key(
    node: NodePeer, queue: Queue, keys: redis_client.Redis
) -> None:
    for opts in ({}, {"delay": 60000}, {"priority": 3}, {"priority": 4}):
        await queue.add("n", {}, opts)
    ours = await queue.get_job_counts("waiting", "delayed", "prioritized", "active", "completed", "failed")
    theirs = await node.counts("q")
    assert ours == {name: theirs[name] for name in ours}
    assert (ours["waiting"], ours["delayed"], ours["prioritized"]) == (1, 1, 2)
    await queue.obliterate()
    assert keys.keys("bull:q:*") == []
