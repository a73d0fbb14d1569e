"""A handler that never lets another Python thread run keeps its lock: the core has its own."""

import asyncio
import ctypes

import pytest
from conftest import Ear

LOCK_DURATION = 400  # ms
usleep = ctypes.PyDLL(None).usleep  # unlike CDLL, PyDLL holds the GIL during the call


@pytest.mark.parametrize("kind", ["coroutine", "thread"])
async def test_a_handler_that_holds_the_gil_keeps_its_lock(queue, start_worker, kind):
    async def in_loop(job):
        usleep(3 * LOCK_DURATION * 1000)

    def in_thread(job):
        usleep(3 * LOCK_DURATION * 1000)

    handler = in_loop if kind == "coroutine" else in_thread
    options = {"lock_duration": LOCK_DURATION, "stalled_interval": LOCK_DURATION // 4}
    names = ("completed", "failed", "stalled", "error", "lockRenewalFailed")
    first = Ear(start_worker(handler, **options), *names)
    job = await queue.add("x")
    await queue.add("y")
    second = Ear(start_worker(handler, **options), *names)  # looks for stalled jobs as well
    async with asyncio.timeout(20):
        while len(first.heard) + len(second.heard) < 2:
            await asyncio.sleep(0.05)
    assert [event[0] for event in first.heard + second.heard] == ["completed", "completed"]
    read = await queue.get_job(job.id)
    assert (read.attempts_started, read.stalled_counter) == (1, 0)
