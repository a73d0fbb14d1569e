"""The same in a loop of uvloop."""

import asyncio
import contextvars

import pytest
from conftest import Ear

from libbullmq import JobCancelledError, Queue, Worker

uvloop = pytest.importorskip("uvloop")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:uvloop")

variable = contextvars.ContextVar("variable", default=None)


async def handle(job):
    await job.update_progress(50)
    if job.data == "wait":
        await asyncio.sleep(60)
    return [job.data, variable.get(), type(asyncio.get_running_loop()).__module__]


def handle_in_thread(job):
    job.log("row")
    return [job.data, variable.get(), "uvloop"]


async def work(connection, handler):
    """Run one job to its end and cancel another."""
    variable.set("of run")
    async with Queue("looped", connection=connection) as queue:
        worker = Worker("looped", handler, connection=connection)
        completed, progress = Ear(worker, "completed"), Ear(worker, "progress")
        failed = Ear(worker, "failed")
        running = asyncio.create_task(worker.run())
        await queue.add("x", 1)
        _, _, result = await completed.event()
        if handler is handle:
            await queue.add("x", "wait")
            await progress.count(2)
            assert worker.cancel_all_jobs("enough") == 1
            _, _, error = await failed.event()
            assert isinstance(error, JobCancelledError)
        await worker.close()
        await running
    return result


@pytest.mark.parametrize("handler", [handle, handle_in_thread])
def test_jobs_run_and_are_cancelled(redis, handler):
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(work(redis.connection, handler)) == [1, "of run", "uvloop"]


def test_jobs_run_in_processes(redis):
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(work(redis.connection, "sandboxed:answer"))
    assert (result["data"], result["token"]) == (1, True)
