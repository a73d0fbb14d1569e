"""What a handler raises that is no failure, and delays by the program's own strategy."""

import asyncio
import time

import pytest

from libbullmq import (
    DelayedError,
    OptionError,
    RateLimitError,
    WaitingChildrenError,
    WaitingError,
    Worker,
)

TIMEOUT = 15.0


async def result_of(queue, redis, handler, opts=None, **options):
    """What a job returned in the end, the job, and what listeners heard on the way."""
    heard = []
    ended = asyncio.get_running_loop().create_future()
    job = await queue.add("x", {"n": 1}, opts)
    async with Worker(queue.name, handler, options, connection=redis.connection) as worker:
        worker.on("failed", lambda job, error: heard.append(str(error)))
        worker.on("completed", lambda job, result: ended.set_result(result))
        result = await asyncio.wait_for(ended, TIMEOUT)
    return result, await queue.get_job(job.id), heard


async def test_a_job_that_delays_itself_has_not_failed(queue, redis):
    async def handler(job, token):
        if job.data["n"] == 1:
            await job.update_data({"n": 2})
            await job.move_to_delayed(int(time.time() * 1000) + 30, token)
            raise DelayedError
        return job.data

    result, job, heard = await result_of(queue, redis, handler)
    assert (result, heard) == ({"n": 2}, [])
    assert (job.attempts_made, job.attempts_started, job.stacktrace) == (1, 2, [])


async def test_a_job_that_goes_back_to_wait_has_not_failed(queue, redis):
    async def handler(job, token):
        if job.attempts_started == 1:
            await job.move_to_wait(token)
            raise WaitingError
        return "done"

    result, job, heard = await result_of(queue, redis, handler)
    assert (result, job.attempts_made, heard) == ("done", 1, [])


async def test_a_job_waits_for_children_that_it_adds_itself(queue, redis):
    async def handler(job, token):
        if job.name == "child":
            return 7
        if job.attempts_started == 1:
            parent = {"id": job.id, "queue": job.queue_qualified_name}
            await queue.add("child", parent=parent)
            assert await job.move_to_waiting_children(token)
            raise WaitingChildrenError
        return list((await job.get_children_values()).values())

    done = asyncio.Queue()
    await queue.add("parent")
    async with Worker(queue.name, handler, connection=redis.connection) as worker:
        worker.on("completed", lambda job, result: done.put_nowait(result))
        worker.on("failed", lambda job, error: done.put_nowait(error))
        assert await asyncio.wait_for(done.get(), TIMEOUT) == 7
        assert await asyncio.wait_for(done.get(), TIMEOUT) == [7]


async def test_a_rate_limited_job_waits_for_the_end_of_the_limit(queue, redis):
    starts = []

    async def handler(job):
        starts.append(time.monotonic())
        if len(starts) == 1:
            await worker.rate_limit(150)
            raise RateLimitError
        return "done"

    limiter = {"max": 100, "duration": 1000}
    done = asyncio.get_running_loop().create_future()
    job = await queue.add("x")
    worker = Worker(queue.name, handler, connection=redis.connection, limiter=limiter)
    async with worker:
        worker.on("completed", lambda job, result: done.set_result(result))
        await asyncio.wait_for(done, TIMEOUT)
    assert starts[1] - starts[0] >= 0.14
    assert (await queue.get_job(job.id)).attempts_made == 1


async def test_threads_and_processes_may_raise_them_too(queue, redis):
    def handler(job, token):
        if job.attempts_started == 1:
            job.move_to_delayed(int(time.time() * 1000), token)
            raise DelayedError
        return "done"

    result, job, heard = await result_of(queue, redis, handler)
    assert (result, job.attempts_made, heard) == ("done", 1, [])
    result, job, heard = await result_of(queue, redis, "handlers.moving:delay_once")
    assert (result, job.attempts_made, heard) == ("done", 1, [])


STRATEGY = {"attempts": 3, "backoff": {"type": "mine"}}


async def test_a_strategy_of_the_program_says_how_long_to_wait(queue, redis):
    asked = []

    async def strategy(attempts_made, kind, error, job):
        asked.append((attempts_made, kind, str(error), job.name))
        return attempts_made

    async def handler(job):
        if job.attempts_made < 2:
            raise RuntimeError("no")
        return "done"

    result, _, heard = await result_of(queue, redis, handler, STRATEGY, backoffStrategy=strategy)
    assert (result, heard) == ("done", ["no", "no"])
    assert asked == [(1, "mine", "no", "x"), (2, "mine", "no", "x")]


async def failed_with(queue, redis, strategy, opts=STRATEGY):
    """How a job ended, and the errors that were reported."""
    failed, errors = asyncio.get_running_loop().create_future(), []

    async def handler(job):
        raise RuntimeError("no")

    job = await queue.add("x", {}, opts)
    settings = {"backoffStrategy": strategy}
    async with Worker(queue.name, handler, settings=settings, connection=redis.connection) as w:
        w.on("failed", lambda job, error: failed.set_result(None))
        w.on("error", errors.append)
        await asyncio.wait_for(failed, TIMEOUT)
    return await queue.get_job(job.id), await job.get_state(), errors


async def test_a_strategy_may_forbid_a_retry(queue, redis):
    job, state, errors = await failed_with(queue, redis, lambda *_: -1)
    assert (job.attempts_made, state, errors) == (1, "failed", [])


@pytest.mark.parametrize("answer", ["soon", None, float("nan")])
async def test_a_strategy_that_does_not_answer_fails_the_job(queue, redis, answer):
    job, state, errors = await failed_with(queue, redis, lambda *_: answer)
    assert (job.attempts_made, state) == (1, "failed")
    assert "must return a number of ms" in str(errors[0])


async def test_fixed_and_exponential_are_never_asked_about(queue, redis):
    opts = {"attempts": 2, "backoff": {"type": "fixed", "delay": 60_000}}
    _, state, errors = await failed_with(queue, redis, lambda *_: 1 / 0, opts)
    assert (state, errors) == ("delayed", [])


@pytest.mark.parametrize(
    "options",
    [{"backoff_strategy": 5}, {"settings": {"backoffStrategy": "x"}}, {"settings": {"other": 1}}],
)
def test_a_strategy_that_is_none_is_refused(options):
    with pytest.raises(OptionError, match=r"must be a (function|dict)"):
        Worker("q", lambda job: None, **options)


async def test_a_job_that_runs_too_long_is_cancelled(queue, redis):
    reasons = []

    async def handler(job):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            reasons.append(job.signal.reason)
            raise

    failed = asyncio.get_running_loop().create_future()
    await queue.add("x")
    options = {"lockDuration": 1000, "maxJobDuration": 50, "connection": redis.connection}
    async with Worker(queue.name, handler, options) as worker:
        worker.on("failed", lambda job, error: failed.set_result(error))
        error = await asyncio.wait_for(failed, TIMEOUT)
    assert str(error) == reasons[0]
    assert "50 ms" in reasons[0]


async def test_a_job_whose_lock_is_lost_is_cancelled_if_asked_for(queue, redis):
    options = {"lockDuration": 200, "cancelOnLockLost": True, "skipStalledCheck": True}
    cancelled = asyncio.Event()

    async def handler(job):
        redis.call("DEL", f"bull:{queue.name}:{job.id}:lock")
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    await queue.add("x")
    worker = Worker(queue.name, handler, options, connection=redis.connection)
    worker.on("error", lambda error: None)
    async with worker:
        await asyncio.wait_for(cancelled.wait(), TIMEOUT)
        await worker.close(timeout=0)
