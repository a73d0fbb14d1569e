"""Workers of both languages on one queue, and a handler that never lets go of the interpreter."""

from __future__ import annotations

import asyncio
import ctypes
from collections import Counter

from libbullmq import Job
from node_peer import NodePeer
from python_side import StartWorker


async def test_two_languages_share_a_queue_and_run_each_job_once(
    node: NodePeer, start_worker: StartWorker
) -> None:
    total = 1000
    ours: Counter[str] = Counter()

    async def handle(job: Job, token: str) -> str:
        ours[job.id] += 1
        await asyncio.sleep(0.002)
        return "python"

    await node.work("q", "sleep", ms=2, value="node", options={"concurrency": 5})
    await start_worker("q", handle, concurrency=5)
    added = await node.queue("q", "addBulk", [{"name": "n", "data": {"n": n}} for n in range(total)])
    results = [await node.wait_until_finished("q", job["id"]) for job in added]
    shares = Counter(results)
    assert shares["python"] + shares["node"] == total
    assert set(ours.values()) == {1} and sum(ours.values()) == shares["python"]
    assert min(shares["python"], shares["node"]) > total // 10


async def test_handler_that_holds_the_gil_keeps_its_lock(node: NodePeer, start_worker: StartWorker) -> None:
    lock_duration = 800
    hold_gil = ctypes.PyDLL(None).usleep  # PyDLL does not release the GIL around the call

    async def handle(job: Job, token: str) -> str:
        hold_gil(3 * lock_duration * 1000)
        return "kept"

    # The Node worker is busy with a job of its own and looks for stalled jobs all the while.
    checks = {"stalledInterval": 100, "lockDuration": 30000}
    await node.watch("q")
    await node.work("q", "hang", options=checks)
    busy = await node.add("q", "busy", {})
    await node.event("worker", "active")
    await start_worker("q", handle, lockDuration=lock_duration, stalledInterval=100)
    hog = await node.add("q", "hog", {})
    assert await node.wait_until_finished("q", hog["id"]) == "kept"
    seen = await node.describe("q", hog["id"])
    assert (seen["stalledCounter"], seen["attemptsStarted"]) == (0, 1)
    assert "stalled" not in node.events_of_job(hog["id"])
    await node.release()
    await node.wait_until_finished("q", busy["id"])
