"""Handlers that raise what is not an Exception, or are stopped from outside, lose no job."""

import asyncio

import pytest
from conftest import Ear, ended

from libbullmq import Worker


@pytest.mark.parametrize(
    "error", [SystemExit(3), GeneratorExit(), asyncio.CancelledError()], ids=repr
)
@pytest.mark.parametrize("kind", ["coroutine", "thread"])
async def test_the_attempt_fails_and_the_worker_goes_on(queue, start_worker, error, kind):
    async def in_loop(job):
        if job.name == "bad":
            raise error

    def in_thread(job):
        if job.name == "bad":
            raise error

    start_worker(in_loop if kind == "coroutine" else in_thread)
    bad = await queue.add("bad")
    good = await queue.add("good")
    assert await ended(queue, bad.id) == "failed"
    assert await ended(queue, good.id) == "completed"
    read = await queue.get_job(bad.id)
    assert read.failed_reason == (str(error) or type(error).__name__)
    assert read.attempts_made == 1


async def test_a_job_whose_task_is_cancelled_from_outside_goes_back_to_wait(queue, start_worker):
    attempts = []

    async def handle(job):
        attempts.append(asyncio.current_task())
        if len(attempts) == 1:
            await asyncio.sleep(60)
        return job.attempts_made

    worker = start_worker(handle)
    ear = Ear(worker, "active", "completed")
    job = await queue.add("x")
    await ear.event()
    await asyncio.sleep(0)
    attempts[0].cancel()
    assert (await ear.event(lambda event: event[0] == "completed"))[1].id == job.id
    assert len(attempts) == 2
    assert (await queue.get_job(job.id)).returnvalue == 0


async def test_cancelling_before_the_first_step_gives_the_job_back(queue, start_worker):
    runs = []

    async def handle(job):
        runs.append(job.id)

    worker = start_worker(handle)
    start = worker._processing.start
    stopped = []

    def start_and_cancel_once(handle, record):
        start(handle, record)
        if not stopped:
            stopped.append(handle)
            worker._processing._runs[handle].task.cancel()

    worker._processing.start = start_and_cancel_once
    job = await queue.add("x")
    assert await ended(queue, job.id) == "completed"
    assert (runs, len(stopped)) == ([job.id], 1)


def test_a_keyboard_interrupt_gives_the_job_back_and_ends_the_program(start_program, redis):
    program = start_program("interrupted.py", str(redis.socket_path))
    status, output, errors = program.end()
    assert "KeyboardInterrupt" in errors
    assert output == "running\n"
    assert status != 0
    assert redis.call("LLEN", "bull:interrupted:wait") == "1"
    assert redis.call("LLEN", "bull:interrupted:active") == "0"
    assert redis.call("HGET", "bull:interrupted:1", "atm") in ("", "0")


async def test_cancelling_run_gives_running_jobs_back(queue, redis):
    async def handle(job):
        await asyncio.sleep(60)

    worker = Worker(queue.name, handle, connection=redis.connection, concurrency=2)
    ear = Ear(worker, "active")
    running = asyncio.create_task(worker.run())
    await queue.add_bulk([{"name": "x"}] * 2)
    await ear.count(2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await queue.get_job_counts("waiting", "active") == {"waiting": 2, "active": 0}
    assert not worker.is_running()


async def test_a_task_group_that_fails_gives_running_jobs_back(queue, redis):
    async def handle(job):
        await asyncio.sleep(60)

    async def fail(ear):
        await ear.event()
        raise ValueError("another task of the group")

    worker = Worker(queue.name, handle, connection=redis.connection)
    await queue.add("x")
    with pytest.raises(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run())
            group.create_task(fail(Ear(worker, "active")))
    assert await queue.get_job_counts("waiting", "active") == {"waiting": 1, "active": 0}
