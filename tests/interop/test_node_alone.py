"""The peers themselves: both Node versions work on one queue, and every behaviour does what it says."""

from __future__ import annotations

import pytest
from node_peer import NodeError, NodePeer
from redis_server import RedisServer


async def test_versions_share_a_queue(redis: RedisServer, start_peer) -> None:
    six = await start_peer("bullmq6", redis)
    five = await start_peer("bullmq5", redis)
    await five.work("shared", "echo")
    job = await six.add("shared", "greet", {"text": "hello"})
    assert await six.wait_until_finished("shared", job["id"]) == {"text": "hello"}


async def test_worker_reports_progress_and_logs(node: NodePeer) -> None:
    await node.watch("q")
    await node.work("q", "report", progress=[10, {"step": 2}], logs=["one", "two"], value=[1, 2])
    job = await node.add("q", "report", {})
    await node.event("queueEvents", "drained")
    seen = await node.describe("q", job["id"])
    assert (seen["state"], seen["progress"], seen["logs"], seen["returnvalue"]) == (
        "completed",
        {"step": 2},
        ["one", "two"],
        [1, 2],
    )
    assert node.events_of_job(job["id"]) == [
        "added",
        "waiting",
        "active",
        "progress",
        "progress",
        "completed",
    ]


async def test_hanging_worker_goes_on_when_released(node: NodePeer) -> None:
    await node.work("q", "hang", value="free")
    job = await node.add("q", "wait", {})
    await node.event("worker", "active")
    assert (await node.counts("q"))["active"] == 1
    await node.release()
    assert await node.wait_until_finished("q", job["id"]) == "free"


async def test_failure_arrives_as_node_error(node: NodePeer) -> None:
    await node.work("q", "unrecoverable", message="no way")
    job = await node.add("q", "hopeless", {}, {"attempts": 5})
    with pytest.raises(NodeError, match="no way"):
        await node.wait_until_finished("q", job["id"])
    assert (await node.describe("q", job["id"]))["attemptsMade"] == 1


async def test_redis_restart_keeps_acknowledged_jobs(own_redis: RedisServer, start_peer) -> None:
    node = await start_peer("bullmq6", own_redis)
    job = await node.add("q", "kept", {"n": 1})
    own_redis.kill()
    own_redis.start()
    await node.work("q", "echo")
    assert await node.wait_until_finished("q", job["id"]) == {"n": 1}
