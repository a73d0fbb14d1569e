"""Node adds the jobs, a Python worker runs them, Node reads what came of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from job_kinds import KINDS, VALUES, Kind
from libbullmq import Job, UnrecoverableError
from node_peer import NodeError, NodePeer
from python_side import StartWorker


def behave_as(kind: Kind):
    async def handle(job: Job, token: str) -> dict[str, Any]:
        if kind.unrecoverable:
            raise UnrecoverableError("cannot be mended")
        if job.attempts_made < kind.fails:
            raise RuntimeError(f"attempt {job.attempts_made + 1} fails")
        return {"kind": kind.name, "data": job.data}

    return handle


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_node_reads_the_outcome_of_every_kind(
    node: NodePeer, start_worker: StartWorker, kind: Kind
) -> None:
    await node.watch("q")
    await start_worker("q", behave_as(kind))
    added = await node.add("q", kind.name, {"n": 1}, kind.opts)
    await node.event("queueEvents", "completed" if kind.succeeds else "failed")

    job = await node.describe("q", added["id"])
    assert job["attemptsMade"] == kind.attempts_made
    assert job["processedOn"] >= job["timestamp"] + kind.opts.get("delay", 0)
    assert job["finishedOn"] >= job["processedOn"]
    if kind.succeeds:
        assert job["state"] == "completed"
        assert job["returnvalue"] == {"kind": kind.name, "data": {"n": 1}}
        assert len(job["stacktrace"]) == kind.fails
    else:
        last = "cannot be mended" if kind.unrecoverable else f"attempt {kind.attempts_made} fails"
        assert job["state"] == "failed"
        assert job["failedReason"] == last
        assert len(job["stacktrace"]) == kind.attempts_made
        assert last in job["stacktrace"][-1]


async def test_stack_trace_shows_the_python_line_that_failed(
    node: NodePeer, start_worker: StartWorker
) -> None:
    async def handle(job: Job, token: str) -> None:
        {}["missing"]

    await node.watch("q")
    await start_worker("q", handle)
    added = await node.add("q", "bad", {})
    await node.event("queueEvents", "failed")
    job = await node.describe("q", added["id"])
    assert 'in handle\n    {}["missing"]' in job["stacktrace"][0]
    assert "KeyError: 'missing'" in job["stacktrace"][0]


@pytest.mark.parametrize("value", VALUES, ids=repr)
async def test_data_and_result_come_through_unchanged(
    node: NodePeer, start_worker: StartWorker, value: Any
) -> None:
    seen: list[Any] = []

    async def handle(job: Job, token: str) -> Any:
        seen.append(job.data)
        return job.data

    await start_worker("q", handle)
    job = await node.add("q", "value", {"value": value})
    assert await node.wait_until_finished("q", job["id"]) == {"value": value}
    assert seen == [{"value": value}]


async def test_wait_until_finished_rejects_with_the_python_error(
    node: NodePeer, start_worker: StartWorker
) -> None:
    async def handle(job: Job, token: str) -> None:
        raise ValueError("no such customer: 7")

    await start_worker("q", handle)
    job = await node.add("q", "bad", {})
    with pytest.raises(NodeError, match="no such customer: 7"):
        await node.wait_until_finished("q", job["id"])


async def test_progress_and_logs_reach_node_in_order(node: NodePeer, start_worker: StartWorker) -> None:
    async def handle(job: Job, token: str) -> str:
        await job.update_progress(25)
        await job.log("first row")
        await job.update_progress({"step": "two"})
        await job.log("second row")
        return "done"

    await node.watch("q")
    await start_worker("q", handle)
    added = await node.add("q", "report", {})
    await node.event("queueEvents", "completed")
    job = await node.describe("q", added["id"])
    assert (job["progress"], job["logs"]) == ({"step": "two"}, ["first row", "second row"])
    progress = [event["args"][0]["data"] for event in node.events if event["name"] == "progress"]
    assert progress == [25, {"step": "two"}]


async def test_queue_events_of_a_job_come_in_the_order_of_a_node_worker(
    node: NodePeer, start_worker: StartWorker
) -> None:
    await node.watch("ours")
    await node.watch("theirs")
    await start_worker("ours", behave_as(KINDS[0]))
    await node.work("theirs", "echo")
    for queue in ("ours", "theirs"):
        await node.add(queue, "plain", {})
        await node.event("queueEvents", "drained", lambda event, queue=queue: event["queue"] == queue)
    assert event_names(node, "ours") == event_names(node, "theirs")


async def test_queue_events_of_a_retried_job_are_those_of_a_node_worker(
    node: NodePeer, start_worker: StartWorker
) -> None:
    opts = {"attempts": 3, "backoff": {"type": "fixed", "delay": 60}}
    await node.watch("ours")
    await node.watch("theirs")
    await start_worker("ours", behave_as(Kind("retried", opts, fails=99)))
    await node.work("theirs", "fail")
    for queue in ("ours", "theirs"):
        await node.add(queue, "retried", {}, opts)
        await node.event("queueEvents", "drained", lambda event, queue=queue: event["queue"] == queue)
    assert event_names(node, "ours") == event_names(node, "theirs")


def event_names(node: NodePeer, queue: str) -> list[str]:
    return [e["name"] for e in node.events if e["source"] == "queueEvents" and e["queue"] == queue]


async def test_waiting_jobs_run_by_lifo_then_fifo_then_priority(
    node: NodePeer, start_worker: StartWorker
) -> None:
    order: list[str] = []

    async def handle(job: Job, token: str) -> None:
        order.append(job.name)

    for name, opts in (
        ("low", {"priority": 10}),
        ("high", {"priority": 1}),
        ("first", {}),
        ("second", {}),
        ("now", {"lifo": True}),
    ):
        await node.add("q", name, {}, opts)
    await node.watch("q")
    await start_worker("q", handle)
    await node.event("queueEvents", "drained")
    assert order == ["now", "first", "second", "high", "low"]


async def test_concurrency_is_reached_and_never_exceeded(node: NodePeer, start_worker: StartWorker) -> None:
    running = most = 0
    all_running = asyncio.Event()

    async def handle(job: Job, token: str) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if running == 8:
            all_running.set()
        await all_running.wait()
        running -= 1

    jobs = [{"name": "n", "data": {}} for _ in range(40)]
    added = await node.queue("q", "addBulk", jobs)
    await start_worker("q", handle, concurrency=8)
    for job in added:
        await node.wait_until_finished("q", job["id"])
    assert most == 8
