"""How handlers end, and what is stored of it."""

import pytest
from conftest import Ear, ended

from libbullmq import UnrecoverableError


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
