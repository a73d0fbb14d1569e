"""Asking single running jobs to end."""

import asyncio
import contextvars
import threading

import pytest
from conftest import TIMEOUT, Ear, ended, running_job
from test_sandbox import is_alive, text_in

from libbullmq import JobCancelledError, Worker
from libbullmq import sync as blocking


async def test_a_cancelled_coroutine_fails_its_attempt_with_the_reason(queue, start_worker):
    seen = []

    async def handle(job):
        try:
            await asyncio.sleep(60)
        finally:
            seen.append((job.cancelled, job.signal.reason))

    worker = start_worker(handle)
    active, failed = Ear(worker, "active"), Ear(worker, "failed")
    job = await queue.add("x")
    await active.event()
    await asyncio.sleep(0)
    assert worker.cancel_job(job.id, "nobody needs it")
    assert await ended(queue, job.id) == "failed"
    read = await queue.get_job(job.id)
    assert (read.failed_reason, read.attempts_made) == ("nobody needs it", 1)
    assert "in handle" in read.stacktrace[0]
    assert seen == [(True, "nobody needs it")]
    [(_, _, error)] = failed.heard
    assert isinstance(error, JobCancelledError)
    assert error.reason == "nobody needs it"
    assert not worker.cancel_job(job.id)


async def test_a_cancelled_job_is_tried_again(queue, start_worker):
    async def handle(job):
        if job.attempts_made == 0:
            await asyncio.sleep(60)
        return [job.cancelled, job.attempts_made]

    worker = start_worker(handle)
    job = await running_job(queue, worker, attempts=2)
    await asyncio.sleep(0)
    worker.cancel_job(job.id)
    assert await ended(queue, job.id) == "completed"
    read = await queue.get_job(job.id)
    assert read.returnvalue == [False, 1]
    assert read.stacktrace[0].endswith("JobCancelledError: the job was cancelled")


async def test_the_handler_decides_how_a_cancelled_job_ends(queue, start_worker):
    async def handle(job):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if job.data == "save":
                return "saved"
            raise KeyError("while cleaning up") from None

    worker = start_worker(handle, concurrency=2)
    active = Ear(worker, "active")
    saved, raised = await queue.add("x", "save"), await queue.add("x", "raise")
    await active.count(2)
    await asyncio.sleep(0)
    assert worker.cancel_all_jobs("all of them") == 2
    assert await ended(queue, saved.id) == "completed"
    assert await ended(queue, raised.id) == "failed"
    assert "while cleaning up" in (await queue.get_job(raised.id)).failed_reason


async def test_a_job_that_is_cancelled_before_its_first_step_fails_too(queue, start_worker):
    called = []

    async def handle(job):
        called.append(job.id)

    worker = start_worker(handle)
    start = worker._processing.start

    def start_and_cancel(handle, record):
        start(handle, record)
        worker.cancel_all_jobs("too early")

    worker._processing.start = start_and_cancel
    job = await queue.add("x")
    assert await ended(queue, job.id) == "failed"
    assert (await queue.get_job(job.id)).failed_reason == "too early"
    assert called == []


async def test_other_jobs_are_left_alone(queue, start_worker):
    gate = asyncio.Event()

    async def handle(job):
        await gate.wait()

    worker = start_worker(handle, concurrency=2)
    active = Ear(worker, "active")
    one, other = await queue.add("x"), await queue.add("x")
    await active.count(2)
    assert worker.cancel_job(one.id)
    assert not worker.cancel_job("nobody")
    assert await ended(queue, one.id) == "failed"
    gate.set()
    assert await ended(queue, other.id) == "completed"


async def test_a_close_by_force_wins_over_a_cancellation(queue, start_worker):
    async def handle(job):
        await asyncio.sleep(60)

    worker = start_worker(handle)
    job = await running_job(queue, worker)
    await asyncio.sleep(0)
    worker.cancel_job(job.id)
    [run] = worker._processing._runs.values()
    run.task.cancel()  # as the close does, before the task has seen the first
    await worker.close(timeout=0)
    assert await queue.get_job_state(job.id) == "waiting"


async def test_a_task_group_of_a_handler_ends_with_it(queue, start_worker):
    ends = []
    began = asyncio.Barrier(4)

    async def part(n):
        try:
            await began.wait()
            await asyncio.sleep(60)
        finally:
            ends.append(n)

    async def handle(job):
        async with asyncio.TaskGroup() as group:
            for n in range(3):
                group.create_task(part(n))

    worker = start_worker(handle)
    job = await running_job(queue, worker)
    await began.wait()
    worker.cancel_job(job.id, "enough")
    assert await ended(queue, job.id) == "failed"
    assert (await queue.get_job(job.id)).failed_reason == "enough"
    assert sorted(ends) == [0, 1, 2]


@pytest.mark.parametrize("raises", [False, True])
async def test_a_plain_function_looks_for_itself(queue, start_worker, raises):
    waits = threading.Event()

    def handle(job):
        waits.set()
        assert job.signal.wait(TIMEOUT)
        if raises:
            job.signal.raise_if_set()
        return [job.cancelled, job.signal.reason]

    worker = start_worker(handle)
    job = await queue.add("x")
    await asyncio.to_thread(waits.wait, TIMEOUT)
    assert worker.cancel_job(job.id, "please")
    worker.cancel_job(job.id, "the first reason counts")
    assert await ended(queue, job.id) == ("failed" if raises else "completed")
    read = await queue.get_job(job.id)
    assert (read.failed_reason, read.returnvalue) == (
        ("please", None) if raises else (None, [True, "please"])
    )


async def test_a_function_that_returned_a_coroutine_is_cancelled_in_it(queue, start_worker):
    async def slow():
        await asyncio.sleep(60)

    worker = start_worker(lambda job: slow())
    job = await running_job(queue, worker)
    async with asyncio.timeout(TIMEOUT):
        while not worker._processing._runner._awaited:
            await asyncio.sleep(0.005)
    worker.cancel_job(job.id, "enough")
    assert await ended(queue, job.id) == "failed"
    assert (await queue.get_job(job.id)).failed_reason == "enough"


@pytest.mark.parametrize("raises", [False, True])
async def test_a_plain_function_in_a_process_looks_for_itself(
    queue, start_worker, tmp_path, raises
):
    worker = start_worker("sandboxed:look")
    file = tmp_path / "file"
    job = await queue.add("x", {"file": str(file), "raise": raises})
    pid = int(await text_in(file))
    assert worker.cancel_job(job.id, "please")
    assert await ended(queue, job.id) == ("failed" if raises else "completed")
    read = await queue.get_job(job.id)
    assert (read.failed_reason, read.returnvalue) == (
        ("please", None) if raises else (None, [True, "please"])
    )
    assert is_alive(pid)


async def test_a_coroutine_in_a_process_is_cancelled(queue, start_worker, tmp_path):
    worker = start_worker("sandboxed:wait")
    failed = Ear(worker, "failed")
    job = await queue.add("x", {"file": str(tmp_path / "file")})
    pid = int(await text_in(tmp_path / "file"))
    worker.cancel_job(job.id, "enough")
    assert await ended(queue, job.id) == "failed"
    assert (await queue.get_job(job.id)).failed_reason == "enough"
    assert isinstance(failed.heard[0][2], JobCancelledError)
    assert is_alive(pid)


@pytest.mark.parametrize("handler", ["sleep", "stubborn"])
async def test_a_function_in_a_process_that_does_not_look_is_ended(
    queue, start_worker, tmp_path, monkeypatch, handler
):
    monkeypatch.setattr("libbullmq._sandbox_process.KILL_AFTER", 0.1)
    worker = start_worker(f"sandboxed:{handler}")
    job = await queue.add("x", {"file": str(tmp_path / "file")})
    pid = int(await text_in(tmp_path / "file"))
    worker.cancel_job(job.id, "enough")
    assert await ended(queue, job.id) == "failed"
    assert (await queue.get_job(job.id)).failed_reason == "enough"
    assert not is_alive(pid)


async def test_a_worker_that_does_not_run_has_no_jobs(redis):
    worker = Worker("q", lambda job: None, connection=redis.connection)
    assert not worker.cancel_job("1")
    assert worker.cancel_all_jobs() == 0


def test_the_blocking_worker_cancels_from_any_thread(redis):
    waits = threading.Event()

    def handle(job):
        waits.set()
        assert job.signal.wait(TIMEOUT)
        job.signal.raise_if_set()

    with blocking.Queue("plain", connection=redis.connection) as queue:
        job = queue.add("x")
        worker = blocking.Worker("plain", handle, connection=redis.connection)
        assert not worker.cancel_job(job.id)
        over = threading.Event()
        worker.on("failed", lambda job, error: over.set())
        worker.on("failed", lambda job, error: worker.cancel_all_jobs())  # in the loop's thread
        with worker:
            assert waits.wait(TIMEOUT)
            assert worker.cancel_job(job.id, "please")
            assert over.wait(TIMEOUT)
        assert queue.get_job(job.id).failed_reason == "please"


@pytest.mark.parametrize("plain", [False, True])
async def test_each_job_has_a_copy_of_the_context_of_run(queue, redis, plain):
    variable = contextvars.ContextVar("variable", default="unset")
    seen = []

    def look(job):
        seen.append(variable.get())
        variable.set(f"job {job.id}")

    async def look_async(job):
        look(job)

    handler = look if plain else look_async
    worker = Worker(queue.name, handler, connection=redis.connection)
    ear = Ear(worker, "completed")
    variable.set("of run")
    running = asyncio.create_task(worker.run())
    await runs(worker)
    variable.set("later")
    await queue.add("x")
    await queue.add("x")
    await ear.count(2)
    await worker.close()
    await running
    assert seen == ["of run", "of run"]
    assert variable.get() == "later"


async def runs(worker):
    async with asyncio.timeout(TIMEOUT):
        while not worker.is_running():
            await asyncio.sleep(0)


async def test_workers_run_in_a_task_group_and_end_with_it(queue, redis):
    gate = asyncio.Event()

    async def handle(job):
        await gate.wait()

    worker = Worker(queue.name, handle, connection=redis.connection)
    ear = Ear(worker, "active")
    job = await queue.add("x")
    with pytest.RaisesGroup(pytest.RaisesExc(ValueError, match="of another task")):
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run(handle_signals=False))
            await ear.event()
            raise ValueError("of another task")
    assert not worker.is_running()
    assert await queue.get_job_state(job.id) == "waiting"
