"""Which finished jobs stay, with a Python worker as with a Node worker."""

from __future__ import annotations

from typing import Any

import pytest
import redis as redis_client
from libbullmq import Job
from node_peer import NodePeer
from python_side import StartWorker

Options = dict[str, Any]


async def succeed_unless_told(job: Job, token: str) -> int:
    if job.data["fails"]:
        raise RuntimeError("told to fail")
    return job.data["n"]


async def add_jobs(node: NodePeer, count: int, opts: Options, *, fails: bool = False) -> list[str]:
    jobs = [{"name": "n", "data": {"n": n, "fails": fails}, "opts": opts} for n in range(count)]
    return [job["id"] for job in await node.queue("q", "addBulk", jobs)]


@pytest.mark.parametrize(
    ("job_options", "worker_options", "kept"),
    [
        ({}, {}, 5),
        ({"removeOnComplete": True}, {}, 0),
        ({"removeOnComplete": 2}, {}, 2),
        ({"removeOnComplete": {"count": 3}}, {}, 3),
        ({"removeOnComplete": {"age": 3600}}, {}, 5),
        ({"removeOnComplete": {"age": 3600, "count": 1}}, {}, 1),
        ({}, {"removeOnComplete": {"count": 2}}, 2),
        ({"removeOnComplete": False}, {"removeOnComplete": {"count": 2}}, 5),
        ({"removeOnFail": True}, {}, 5),
    ],
    ids=str,
)
async def test_completed_jobs_kept(
    node: NodePeer,
    start_worker: StartWorker,
    keys: redis_client.Redis,
    job_options: Options,
    worker_options: Options,
    kept: int,
) -> None:
    await node.watch("q")
    ids = await add_jobs(node, 5, job_options)
    await start_worker("q", succeed_unless_told, **worker_options)
    await node.event("queueEvents", "drained")
    assert keys.zrange("bull:q:completed", 0, -1) == ids[5 - kept :]
    assert [bool(keys.exists(f"bull:q:{job_id}")) for job_id in ids] == [False] * (5 - kept) + [True] * kept


async def test_jobs_older_than_the_age_are_removed(
    node: NodePeer, start_worker: StartWorker, keys: redis_client.Redis
) -> None:
    await node.watch("q")
    await start_worker("q", succeed_unless_told)
    old = await node.add("q", "old", {"n": 1, "fails": False})
    await node.wait_until_finished("q", old["id"])
    score = keys.zscore("bull:q:completed", old["id"])
    keys.zadd("bull:q:completed", {old["id"]: score - 11_000})  # finished eleven seconds earlier
    new = await node.add("q", "new", {"n": 2, "fails": False}, {"removeOnComplete": {"age": 10}})
    await node.wait_until_finished("q", new["id"])
    assert keys.zrange("bull:q:completed", 0, -1) == [new["id"]]
    assert not keys.exists(f"bull:q:{old['id']}")


async def test_failed_jobs_kept_by_count(
    node: NodePeer, start_worker: StartWorker, keys: redis_client.Redis
) -> None:
    await node.watch("q")
    ids = await add_jobs(node, 4, {"removeOnFail": 2}, fails=True)
    await start_worker("q", succeed_unless_told)
    await node.event("queueEvents", "drained")
    assert keys.zrange("bull:q:failed", 0, -1) == ids[2:]
