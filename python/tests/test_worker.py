"""Steering a worker and hearing what it does."""

import asyncio
import gc

import pytest
from conftest import Ear, ended

from libbullmq import ClosedError, Worker, _worker


async def test_concurrency_can_be_changed_while_it_runs(queue, start_worker):
    gate = asyncio.Event()
    ids = []

    async def handle(job):
        ids.append(job.id)
        await gate.wait()

    worker = start_worker(handle, concurrency=1)
    active = Ear(worker, "active")
    completed = Ear(worker, "completed")
    await queue.add_bulk([{"name": "x"}] * 3)
    await active.count(1)
    worker.concurrency = 3
    await active.count(3)
    gate.set()
    await completed.count(3)
    with pytest.raises(ValueError, match="concurrency"):
        worker.concurrency = 0


async def test_progress_of_a_job_is_heard_by_its_worker(queue, start_worker):
    async def handle(job):
        await job.update_progress({"step": 1})
        assert await job.get_state() == "active"
        return await job.log("row")

    ear = Ear(start_worker(handle), "progress", "completed")
    job = await queue.add("x")
    _, same, progress = await ear.event()
    assert (same.id, progress) == (job.id, {"step": 1})
    assert (await ear.event(lambda event: event[0] == "completed"))[2] == 1


async def test_a_paused_worker_takes_no_job_until_it_is_resumed(queue, start_worker):
    async def handle(job):
        return None

    worker = start_worker(handle)
    ear = Ear(worker, "completed", "paused", "resumed")
    await worker.pause()
    assert worker.is_paused()
    job = await queue.add("x")
    assert await queue.get_job_state(job.id) == "waiting"
    await worker.resume()
    assert not worker.is_paused()
    await ear.event(lambda event: event[0] == "completed")
    assert [event[0] for event in ear.heard] == ["paused", "resumed", "completed"]


async def test_pause_waits_for_running_jobs_unless_told_not_to(queue, start_worker):
    gate = asyncio.Event()

    async def handle(job):
        await gate.wait()

    worker = start_worker(handle)
    active = Ear(worker, "active")
    await queue.add("x")
    await active.event()
    await worker.pause(do_not_wait=True)
    await worker.resume()
    pausing = asyncio.create_task(worker.pause())
    done, _ = await asyncio.wait([pausing], timeout=0.1)
    assert not done
    gate.set()
    await pausing


async def test_ready_and_drained_are_heard(queue, start_worker):
    async def handle(job):
        return None

    ear = Ear(start_worker(handle, drain_delay=1), "ready", "drained", "completed")
    await ear.event(lambda event: event[0] == "ready")
    await queue.add("x")
    await ear.event(lambda event: event[0] == "completed")
    await ear.event(lambda event: event[0] == "drained")


async def test_an_unknown_event_is_refused_with_the_nearest(queue, start_worker):
    with pytest.raises(ValueError, match='did you mean "completed"'):
        Worker("q", lambda job: None).on("complete", print)


async def test_a_listener_that_fails_is_heard_as_an_error(queue, start_worker):
    async def handle(job):
        return None

    worker = start_worker(handle)
    ear = Ear(worker, "error")
    worker.on("completed", lambda job, result: 1 / 0)

    async def fail_later(job):
        raise KeyError(job.id)

    worker.on("active", fail_later)
    await queue.add("x")
    errors = await ear.count(2)
    assert {type(error) for _, error in errors} == {ZeroDivisionError, KeyError}


async def test_errors_nobody_hears_are_logged(queue, start_worker, caplog):
    async def handle(job):
        return None

    worker = start_worker(handle)
    worker.on("completed", lambda job, result: 1 / 0)
    ear = Ear(worker, "completed")
    await queue.add("x")
    await ear.event()
    [record] = caplog.records
    assert (record.name, record.queue, record.job_id) == ("libbullmq.worker", queue.name, None)
    assert "division by zero" in caplog.text


async def test_a_failure_nobody_hears_is_logged_as_information(queue, start_worker, caplog):
    caplog.set_level("INFO", "libbullmq")

    async def handle(job):
        raise ValueError("said aloud")

    start_worker(handle)
    job = await queue.add("x")
    await ended(queue, job.id)
    [record] = [record for record in caplog.records if "said aloud" in record.message]
    assert (record.name, record.queue, record.job_id) == ("libbullmq.worker", queue.name, job.id)


async def test_a_worker_runs_once(queue, redis):
    async def handle(job):
        return None

    worker = Worker(queue.name, handle, connection=redis.connection)
    running = asyncio.create_task(worker.run())
    await Ear(worker, "ready").event()
    with pytest.raises(RuntimeError, match="already running"):
        await worker.run()
    await worker.close()
    await running
    with pytest.raises(ClosedError, match="is closed"):
        await worker.run()


async def test_a_worker_whose_task_nobody_holds_runs_on(queue, redis):
    closed = []

    def start():
        worker = Worker(queue.name, handle, connection=redis.connection)
        worker.on("closed", lambda: closed.append(True))
        asyncio.create_task(worker.run(handle_signals=False))  # noqa: RUF006

    async def handle(job):
        if job.name == "last":
            asyncio.get_running_loop().call_soon(asyncio.create_task, stop())
        return job.name

    async def stop():
        [worker] = _worker._running
        await worker.close()

    start()
    for name in ("first", "last"):
        await asyncio.sleep(0.01)
        gc.collect()
        assert await ended(queue, (await queue.add(name)).id) == "completed"
    async with asyncio.timeout(10):
        while not closed:
            await asyncio.sleep(0.001)
    assert _worker._running == set()


async def test_a_job_that_lost_its_lock_is_reported(queue, start_worker, redis):
    gate = asyncio.Event()

    async def handle(job):
        redis.call("DEL", f"bull:{queue.name}:{job.id}:lock")
        await gate.wait()

    worker = start_worker(handle, lock_duration=200, skip_stalled_check=True)
    ear = Ear(worker, "lockRenewalFailed", "error")
    job = await queue.add("x")
    assert (await ear.event())[1] == [job.id]
    _, error = await ear.event(lambda event: event[0] == "error")
    assert str(error) == f"could not renew lock for job {job.id}"
    gate.set()
    _, error = await ear.event(
        lambda event: event[0] == "error" and "moveToFinished" in str(event[1])
    )
    assert error.code == -2


async def test_locks_of_running_jobs_are_renewed(queue, start_worker):
    gate = asyncio.Event()

    async def handle(job):
        await gate.wait()

    worker = start_worker(handle, lock_duration=200)
    ear = Ear(worker, "locksRenewed")
    await queue.add("x")
    assert await ear.event() == ("locksRenewed", 1)
    gate.set()
