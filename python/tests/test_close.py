"""Closing a worker: gracefully, with a time limit, by force, and from inside."""

import asyncio
import gc
import threading
import time
import weakref

import pytest
from conftest import Ear, ended, running_job

from libbullmq import ClosedError, OptionError, Queue, Worker


async def test_close_waits_for_running_jobs(queue, start_worker):
    gate = asyncio.Event()

    async def handle(job):
        await gate.wait()
        await job.update_progress(100)  # the connection is still there
        return "finished"

    worker = start_worker(handle)
    ear = Ear(worker, "active", "closing", "completed", "closed")
    job = await queue.add("x")
    waiting = await queue.add("y")
    await ear.event()
    closing = asyncio.create_task(worker.close())
    await ear.event(lambda event: event[0] == "closing")
    gate.set()
    await closing
    assert [event[0] for event in ear.heard] == ["active", "closing", "completed", "closed"]
    assert (await queue.get_job(job.id)).returnvalue == "finished"
    assert await queue.get_job_state(waiting.id) == "waiting"
    assert not worker.is_running()


async def test_close_with_a_limit_gives_back_what_still_runs(queue, start_worker):
    cancelled = []

    async def handle(job):
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.append(job.id)

    worker = start_worker(handle, concurrency=3)
    active = Ear(worker, "active")
    jobs = await queue.add_bulk([{"name": "x", "opts": {"attempts": 1}}] * 3)
    await active.count(3)
    await worker.close(timeout=0.05)
    assert sorted(cancelled) == sorted(job.id for job in jobs)
    assert await queue.get_job_counts("waiting", "active") == {"waiting": 3, "active": 0}
    for job in jobs:
        assert (await queue.get_job(job.id)).attempts_made == 0

    async def finish(job):
        return "second time"

    start_worker(finish, concurrency=3)
    for job in jobs:
        assert await ended(queue, job.id) == "completed"


async def test_a_job_that_finishes_within_the_limit_is_completed(queue, start_worker):
    async def handle(job):
        await asyncio.sleep(0.05)

    worker = start_worker(handle)
    job = await running_job(queue, worker)
    await worker.close(timeout=10)
    assert await queue.get_job_state(job.id) == "completed"


async def test_a_second_close_shortens_the_first(queue, start_worker):
    async def handle(job):
        await asyncio.sleep(60)

    worker = start_worker(handle)
    job = await running_job(queue, worker)
    first = asyncio.create_task(worker.close())
    await asyncio.sleep(0)
    await worker.close(timeout=0)
    await first
    assert await queue.get_job_state(job.id) == "waiting"
    await worker.close()


async def test_a_handler_that_ends_well_when_cancelled_completes_its_job(queue, start_worker):
    async def handle(job):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "saved"

    worker = start_worker(handle)
    job = await running_job(queue, worker)
    await asyncio.sleep(0)
    await worker.close(timeout=0)
    assert (await queue.get_job(job.id)).returnvalue == "saved"


async def test_a_handler_that_ignores_cancellation_loses_its_job(queue, start_worker, monkeypatch):
    monkeypatch.setattr("libbullmq._runners.CANCEL_GRACE", 0.05)
    gate = asyncio.Event()
    over = asyncio.Event()

    async def handle(job):
        while not gate.is_set():
            try:
                await gate.wait()
            except asyncio.CancelledError:
                continue
        over.set()
        return "too late"

    worker = start_worker(handle)
    job = await running_job(queue, worker)
    await asyncio.sleep(0)
    await worker.close(timeout=0)
    assert await queue.get_job_state(job.id) == "waiting"
    gate.set()
    await over.wait()
    await asyncio.sleep(0)
    assert await queue.get_job_state(job.id) == "waiting"


async def test_a_plain_function_runs_on_and_its_result_is_dropped(queue, start_worker):
    gate = threading.Event()
    over = threading.Event()

    def handle(job):
        gate.wait(10)
        over.set()
        return "too late"

    worker = start_worker(handle)
    job = await running_job(queue, worker)
    await worker.close(timeout=0)
    assert await queue.get_job_state(job.id) == "waiting"
    gate.set()
    assert over.wait(10)
    await asyncio.sleep(0.02)
    assert await queue.get_job_state(job.id) == "waiting"


async def test_close_from_inside_a_job_does_not_wait_for_itself(queue, redis):
    async def handle(job):
        await worker.close()
        return "last"

    worker = Worker(queue.name, handle, connection=redis.connection)
    job = await queue.add("x")
    await asyncio.wait_for(worker.run(), 10)
    assert (await queue.get_job(job.id)).returnvalue == "last"


async def test_a_worker_that_never_ran_can_be_closed(queue, redis):
    worker = Worker(queue.name, lambda job: None, connection=redis.connection)
    await worker.close()
    with pytest.raises(ClosedError):
        await worker.run()


async def test_steering_a_closed_worker_is_an_error(queue, start_worker):
    worker = start_worker(lambda job: None)
    await worker.close()
    for call in (worker.pause, worker.resume):
        with pytest.raises(ClosedError):
            await call()


async def test_steering_a_worker_that_does_not_run_is_an_error(redis):
    worker = Worker("q", lambda job: None, connection=redis.connection)
    with pytest.raises(RuntimeError, match="does not run"):
        await worker.pause()


async def test_a_block_that_fails_gives_running_jobs_back(queue, redis):
    async def handle(job):
        await asyncio.sleep(60)

    job = await queue.add("x")
    with pytest.raises(ValueError, match="of the block"):
        async with Worker(queue.name, handle, connection=redis.connection) as worker:
            await Ear(worker, "active").event()
            raise ValueError("of the block")
    assert await queue.get_job_state(job.id) == "waiting"


async def test_close_without_redis_ends_within_its_limit(own_redis, monkeypatch):
    monkeypatch.setattr("libbullmq._worker.FLUSH_MS", 200)

    async def handle(job):
        await asyncio.sleep(60)

    async with Queue("q", connection=own_redis.connection) as queue:
        await queue.add("x")
    worker = Worker("q", handle, connection=own_redis.connection)
    worker.on("error", lambda error: None)
    ear = Ear(worker, "active")
    running = asyncio.create_task(worker.run())
    await ear.event()
    own_redis.kill()
    began = time.monotonic()
    await worker.close(timeout=0.1)
    await running
    assert time.monotonic() - began < 5


async def test_objects_dropped_without_close_leave_nothing(redis):
    def clients():
        return redis.call("CLIENT", "LIST").count("\n")

    async def handle(job):
        return None

    before = clients()
    queue = Queue("dropped", connection=redis.connection)
    await queue.add("x")
    reference = weakref.ref(queue)
    assert clients() > before
    del queue
    gc.collect()
    assert reference() is None
    async with asyncio.timeout(10):
        while clients() > before:
            await asyncio.sleep(0.01)


def test_a_queue_outlives_the_loop_it_was_used_in(redis):
    queue = Queue("loops", connection=redis.connection)

    async def add():
        return (await queue.add("x")).id

    assert [asyncio.run(add()), asyncio.run(add())] == ["1", "2"]
    asyncio.run(queue.close())


def test_a_queue_refuses_two_loops_at_once(redis):
    queue = Queue("loops", connection=redis.connection)

    async def add():
        return (await queue.add("x")).id

    other = asyncio.new_event_loop()
    try:
        other.run_until_complete(add())
        with pytest.raises(RuntimeError, match="another event loop"):
            asyncio.run(add())
        other.run_until_complete(queue.close())
    finally:
        other.close()


@pytest.mark.parametrize("timeout", ["x", -1, float("nan"), True, []])
async def test_a_close_timeout_must_be_a_number_of_seconds(redis, timeout):
    worker = Worker("q", lambda job: None, connection=redis.connection)
    with pytest.raises(OptionError, match="timeout must be a number of seconds"):
        await worker.close(timeout)
