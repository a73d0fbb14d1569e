"""How handlers may be written, and what they run in."""

import asyncio
import contextvars
import functools
import threading

import pytest
from conftest import Ear, ended

from libbullmq.sync import Job as BlockingJob


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
