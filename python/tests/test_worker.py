"""Taking jobs, running handlers, telling how they ended."""

import asyncio
import contextvars
import functools
import threading

import pytest
from conftest import Ear, ended

from libbullmq import ClosedError, UnrecoverableError, Worker
from libbullmq.sync import Job as BlockingJob


async def test_the_handler_gets_job_and_token_and_its_result_is_stored(queue, start_worker):
    seen = []

    async def handle(job, token):
        seen.append((job.id, job.name, job.data, job.attempts_started, token == job.token))
        return {"sent": job.data["user"]}

    job = await queue.add("welcome", {"user": 7})
    ear = Ear(start_worker(handle), "completed")
    _, completed, result = await ear.event()
    assert result == {"sent": 7}
    assert (completed.id, completed.returnvalue, completed.attempts_made) == (job.id, result, 1)
    assert seen == [(job.id, "welcome", {"user": 7}, 1, True)]
    read = await queue.get_job(job.id)
    assert (read.returnvalue, read.attempts_made) == ({"sent": 7}, 1)
    assert read.finished_on >= read.processed_on >= read.timestamp


@pytest.mark.parametrize("result", [None, 0, "text", [1, {"ü": "☃"}], False])
async def test_any_json_value_is_a_result(queue, start_worker, result):
    async def handle(job):
        return result

    start_worker(handle)
    job = await queue.add("x")
    assert await ended(queue, job.id) == "completed"
    assert (await queue.get_job(job.id)).returnvalue == result


class Callable:
    async def __call__(self, job, token):
        return "object"

    async def method(self, job):
        return "method"

    def plain(self, job, token):
        return "plain method"


async def with_prefix(prefix, job, token):
    return prefix


async def later(job):
    return "lambda"


@pytest.mark.parametrize(
    ("handler", "result"),
    [
        (Callable(), "object"),
        (Callable().method, "method"),
        (Callable().plain, "plain method"),
        (functools.partial(with_prefix, "partial"), "partial"),
        (lambda job: "plain lambda", "plain lambda"),
        (lambda job: later(job), "lambda"),
        (lambda *args: len(args), 2),
        (lambda job, token="": bool(token), True),
    ],
)
async def test_handlers_may_be_written_in_many_ways(queue, start_worker, handler, result):
    start_worker(handler)
    job = await queue.add("x")
    assert await ended(queue, job.id) == "completed"
    assert (await queue.get_job(job.id)).returnvalue == result


async def test_a_plain_function_runs_in_a_thread_with_a_blocking_job(queue, start_worker):
    seen = {}

    def handle(job, token):
        seen["thread"] = threading.current_thread()
        seen["type"] = type(job)
        job.update_progress(50)
        seen["rows"] = job.log("half")
        job.update_data({"n": 2})
        seen["state"] = job.get_state()
        return job.data

    start_worker(handle)
    job = await queue.add("x", {"n": 1})
    assert await ended(queue, job.id) == "completed"
    read = await queue.get_job(job.id)
    assert (read.progress, read.data, read.returnvalue) == (50, {"n": 2}, {"n": 2})
    assert seen["thread"] is not threading.main_thread()
    assert seen["type"] is BlockingJob
    assert (seen["rows"], seen["state"]) == (1, "active")


@pytest.mark.parametrize("kind", ["coroutines", "threads"])
async def test_as_many_jobs_run_at_once_as_concurrency_says(queue, start_worker, kind):
    running = most = 0
    lock = threading.Lock()
    everyone = threading.Barrier(4)

    def enter(step):
        nonlocal running, most
        with lock:
            running += step
            most = max(most, running)

    async def in_loop(job):
        enter(1)
        await asyncio.sleep(0.02)
        enter(-1)

    def in_thread(job):
        enter(1)
        everyone.wait(10)
        enter(-1)

    await queue.add_bulk([{"name": "x"}] * 12)
    ear = Ear(
        start_worker(in_loop if kind == "coroutines" else in_thread, concurrency=4), "completed"
    )
    await ear.count(12)
    assert most == 4


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


async def test_context_variables_are_fresh_for_each_job(queue, start_worker):
    variable = contextvars.ContextVar("variable", default="unset")

    async def handle(job):
        before = variable.get()
        variable.set(job.id)
        await asyncio.sleep(0)
        return [before, variable.get() == job.id]

    start_worker(handle, concurrency=2)
    jobs = await queue.add_bulk([{"name": "x"}] * 6)
    for job in jobs:
        await ended(queue, job.id)
        assert (await queue.get_job(job.id)).returnvalue == ["unset", True]


async def test_plain_functions_have_fresh_context_variables_too(queue, start_worker):
    variable = contextvars.ContextVar("variable", default="unset")

    def handle(job):
        before = variable.get()
        variable.set(job.id)
        return before

    start_worker(handle)
    jobs = await queue.add_bulk([{"name": "x"}] * 3)
    for job in jobs:
        await ended(queue, job.id)
        assert (await queue.get_job(job.id)).returnvalue == "unset"


async def test_each_handler_is_the_current_task_of_its_own(queue, start_worker):
    tasks = []

    async def handle(job):
        tasks.append(asyncio.current_task())
        async with asyncio.timeout(5):
            await asyncio.sleep(0)

    await queue.add_bulk([{"name": "x"}] * 3)
    await Ear(start_worker(handle, concurrency=3), "completed").count(3)
    assert len(set(tasks)) == 3


async def test_a_failing_job_is_retried_and_listeners_hear_each_attempt(queue, start_worker):
    async def handle(job):
        if job.attempts_made < 2:
            raise ValueError(f"attempt {job.attempts_made + 1}")
        return "done"

    ear = Ear(start_worker(handle), "failed", "completed", "active")
    job = await queue.add("x", {}, attempts=3, backoff=10)
    await ear.event(lambda event: event[0] == "completed")
    names = [event[0] for event in ear.heard]
    assert names == ["active", "failed", "active", "failed", "active", "completed"]
    _, failed, error = ear.heard[1]
    assert (failed.id, failed.failed_reason, failed.attempts_made) == (job.id, "attempt 1", 1)
    assert isinstance(error, ValueError)
    read = await queue.get_job(job.id)
    assert (read.attempts_made, len(read.stacktrace)) == (3, 2)


async def test_reason_name_and_stack_of_a_failure_are_stored(queue, start_worker):
    async def inner():
        raise KeyError("missing ☃")

    async def handle(job):
        await inner()

    start_worker(handle)
    job = await queue.add("x")
    assert await ended(queue, job.id) == "failed"
    read = await queue.get_job(job.id)
    assert read.failed_reason == "'missing ☃'"
    [stack] = read.stacktrace
    assert stack.startswith("Traceback (most recent call last):")
    assert "in inner" in stack
    assert stack.endswith("KeyError: 'missing ☃'")
    assert "_processing.py" not in stack


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError(), "TimeoutError"),
        (RuntimeError("nul \0 and half \ud834"), "nul \\x00 and half \\ud834"),
        (ValueError("x" * 100_000), "x" * 100_000),
        (StopIteration(1), "coroutine raised StopIteration"),
    ],
    ids=["no message", "unstorable text", "long", "StopIteration"],
)
@pytest.mark.parametrize("kind", ["coroutine", "thread"])
async def test_any_exception_becomes_a_reason(queue, start_worker, error, reason, kind):
    async def in_loop(job):
        raise error

    def in_thread(job):
        raise error

    start_worker(in_loop if kind == "coroutine" else in_thread)
    job = await queue.add("x")
    assert await ended(queue, job.id) == "failed"
    assert (await queue.get_job(job.id)).failed_reason == reason


class BrokenError(Exception):
    def __str__(self):
        raise RuntimeError("no text")


async def test_an_exception_without_readable_text_still_fails_its_job(queue, start_worker):
    async def handle(job):
        raise BrokenError

    start_worker(handle)
    job = await queue.add("x")
    assert await ended(queue, job.id) == "failed"
    assert "BrokenError" in (await queue.get_job(job.id)).failed_reason


class GaveUpError(UnrecoverableError):
    pass


@pytest.mark.parametrize("error", [UnrecoverableError, GaveUpError])
async def test_an_unrecoverable_error_forbids_retries(queue, start_worker, error):
    async def handle(job):
        raise error("cannot be mended")

    start_worker(handle)
    job = await queue.add("x", {}, attempts=5)
    assert await ended(queue, job.id) == "failed"
    read = await queue.get_job(job.id)
    assert (read.attempts_made, read.failed_reason) == (1, "cannot be mended")


@pytest.mark.parametrize("result", [{1}, object(), float("nan"), b"raw"], ids=repr)
async def test_a_result_without_json_form_fails_the_job_for_good(queue, start_worker, result):
    async def handle(job):
        return result

    start_worker(handle)
    job = await queue.add("x", {}, attempts=5)
    assert await ended(queue, job.id) == "failed"
    read = await queue.get_job(job.id)
    assert read.failed_reason.startswith("the handler's result has no JSON form: ")
    assert read.attempts_made == 1


@pytest.mark.parametrize("data", ["{broken", "NaN", "\xff"])
async def test_a_job_whose_data_is_not_json_fails_without_a_call(queue, start_worker, redis, data):
    called = []

    async def handle(job):
        called.append(job.id)

    job = await queue.add("x", {}, attempts=5)
    redis.call("HSET", f"bull:{queue.name}:{job.id}", "data", data)
    start_worker(handle)
    assert await ended(queue, job.id) == "failed"
    read = await queue.get_job(job.id)
    assert read.failed_reason.startswith(f"data of job {job.id} is not JSON: ")
    assert called == []
    after = await queue.add("y")
    assert await ended(queue, after.id) == "completed"


async def test_a_backoff_that_does_not_exist_fails_the_job(queue, start_worker):
    async def handle(job):
        raise ValueError("once")

    start_worker(handle)
    job = await queue.add("x", {}, attempts=3, backoff={"type": "weekly", "delay": 1})
    assert await ended(queue, job.id) == "failed"
    assert "Unknown backoff strategy weekly." in (await queue.get_job(job.id)).failed_reason


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
    assert [record.name for record in caplog.records] == ["libbullmq"]
    assert "division by zero" in caplog.text


async def test_a_failure_nobody_hears_is_logged_as_information(queue, start_worker, caplog):
    caplog.set_level("INFO", "libbullmq")

    async def handle(job):
        raise ValueError("said aloud")

    start_worker(handle)
    job = await queue.add("x")
    await ended(queue, job.id)
    assert "said aloud" in caplog.text


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
