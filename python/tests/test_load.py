"""Many jobs, large jobs, and what is left of them."""

import asyncio
import gc
import threading
from pathlib import Path

import pytest
from conftest import Ear, ended

from libbullmq import BulkError, Queue, Worker
from libbullmq.sync import Worker as BlockingWorker

FINISHED = ("completed", "failed", "active", "waiting", "delayed")


async def counts(queue):
    return await queue.get_job_counts(*FINISHED)


@pytest.mark.parametrize("kind", ["coroutines", "threads"])
async def test_jobs_of_every_outcome_end_once(queue, start_worker, kind):
    runs = {}

    def outcome(job):
        runs[job.id] = runs.get(job.id, 0) + 1
        if job.data["n"] % 3 == 1:
            raise ValueError("every third fails")
        return job.data

    async def in_loop(job):
        await asyncio.sleep(0)
        return outcome(job)

    await queue.add_bulk([{"name": "x", "data": {"n": n}} for n in range(3000)])
    ear = Ear(
        start_worker(in_loop if kind == "coroutines" else outcome, concurrency=50),
        "completed",
        "failed",
        "error",
    )
    events = await ear.count(3000)
    assert {event[0] for event in events} == {"completed", "failed"}
    assert len(runs) == 3000
    assert set(runs.values()) == {1}
    assert await counts(queue) == {
        "completed": 2000,
        "failed": 1000,
        "active": 0,
        "waiting": 0,
        "delayed": 0,
    }


@pytest.mark.parametrize("concurrency", [1, 7, 300])
async def test_a_forced_close_in_full_flight_strands_no_job(queue, redis, concurrency):
    async def handle(job):
        await asyncio.sleep(0.001)

    await queue.add_bulk([{"name": "x"}] * 4000)
    worker = Worker(queue.name, handle, connection=redis.connection, concurrency=concurrency)
    ear = Ear(worker, "completed", "error")
    async with worker:
        await ear.count(20)
        await worker.close(timeout=0)
    left = await counts(queue)
    assert left["active"] == 0
    assert left["completed"] + left["waiting"] == 4000
    assert redis.call("KEYS", "*:lock") == ""
    assert {event[0] for event in ear.heard} == {"completed"}


async def test_more_jobs_than_one_request_holds_are_added(queue):
    jobs = await queue.add_bulk([{"name": "x", "data": n} for n in range(70_000)])
    assert len({job.id for job in jobs}) == 70_000
    assert (await queue.get_job(jobs[69_999].id)).data == 69_999


async def test_a_late_refusal_tells_what_was_added_before(queue, monkeypatch):
    monkeypatch.setattr("libbullmq._bulk.LIMIT", 2)
    entries = [{"name": "a"}, {"name": "b"}, {"name": "c", "opts": {"priority": -1}}, {"name": "d"}]
    with pytest.raises(BulkError) as caught:
        await queue.add_bulk(entries)
    names = [getattr(result, "id", None) for result in caught.value.results]
    assert names == ["1", "2", None, None]
    assert await queue.get_job_counts("waiting") == {"waiting": 2}


async def test_a_large_job_passes_through_unchanged(queue, start_worker):
    text = "0123456789☃" * 200_000

    async def handle(job):
        return job.data

    start_worker(handle)
    job = await queue.add("x", {"text": text})
    assert await ended(queue, job.id) == "completed"
    assert (await queue.get_job(job.id)).returnvalue == {"text": text}


@pytest.mark.parametrize(
    ("field", "value"), [("opts", "{broken"), ("opts", "7"), (None, None)], ids=str
)
async def test_an_unreadable_job_is_reported_and_the_next_one_runs(
    queue, start_worker, redis, field, value
):
    async def handle(job):
        return job.id

    bad = await queue.add("bad")
    good = await queue.add("good")
    key = f"bull:{queue.name}:{bad.id}"
    if field is None:
        redis.call("DEL", key)
    else:
        redis.call("HSET", key, field, value)
    ear = Ear(start_worker(handle), "completed", "error", "active")
    assert await ended(queue, good.id) == "completed"
    _, error = await ear.event(lambda event: event[0] == "error")
    assert error.job_id == bad.id
    assert await queue.get_job_counts("active") == {"active": 0}


def descriptors():
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


async def test_nothing_is_left_of_queues_and_workers_that_were_closed(redis):
    async def handle(job):
        return None

    async def use():
        queue = Queue("left", connection=redis.connection)
        worker = Worker("left", handle, connection=redis.connection)
        in_threads = Worker("left2", lambda job: None, connection=redis.connection, concurrency=3)
        ear = Ear(worker, "completed")
        async with queue, worker, in_threads:
            await queue.add("x")
            await ear.event()

    await use()
    gc.collect()
    before = descriptors(), len(asyncio.all_tasks())
    for _ in range(10):
        await use()
    gc.collect()
    assert (descriptors(), len(asyncio.all_tasks())) == before
    async with asyncio.timeout(10):  # threads of a pool end by themselves
        while any(thread.name.startswith("bullmq-left") for thread in threading.enumerate()):
            await asyncio.sleep(0.01)


def test_no_thread_is_left_of_a_blocking_worker(redis):
    for _ in range(3):
        with BlockingWorker("left", lambda job: None, connection=redis.connection):
            pass
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("bullmq-left")]


async def test_a_job_that_cannot_be_taken_holds_up_none_that_is_taken_with_it(
    queue, start_worker, redis
):
    async def handle(job):
        return job.id

    jobs = await queue.add_bulk([{"name": "x"}] * 20)
    broken = f"bull:{queue.name}:{jobs[2].id}"
    redis.call("DEL", broken)
    redis.call("SET", broken, "no hash")
    ear = Ear(start_worker(handle, concurrency=20), "completed", "error")
    events = await ear.count(20)
    assert len([event for event in events if event[0] == "completed"]) == 19
