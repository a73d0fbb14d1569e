"""Jobs without end, of every outcome: memory, descriptors and tasks stay as they were."""

import asyncio
import gc
import os
import time
from collections import Counter
from pathlib import Path

from libbullmq import DelayedError, Queue, QueueEvents, UnrecoverableError, Worker

ROUNDS, JOBS = 20, 5000
WARM = 5  # rounds until arenas and caches have their size
GROWTH = 3 << 20  # bytes, where 40 forgotten for each job would be as much
EVENTS = {
    "completed": 3500,
    "ValueError": 1000,
    "UnrecoverableError": 500,
    "JobCancelledError": 500,
}


async def in_loop(job, token):
    """What becomes of a job, by its number."""
    match job.data["n"] % 10:
        case 0:
            raise ValueError("fails for good")
        case 1:
            raise UnrecoverableError("fails without another attempt")
        case 2 if job.attempts_started == 1:
            raise ValueError("fails once")
        case 3 if job.attempts_started == 1:
            await job.move_to_delayed(int(time.time() * 1000), token)
            raise DelayedError
        case 4:
            await asyncio.sleep(60)
        case 5:
            await job.update_progress({"percent": 50})
            await job.log("half of it")
        case 6:
            await asyncio.sleep(0)
    return job.data


def entry(n):
    attempts = 2 if n % 10 in (1, 2) else 1
    return {"name": "x", "data": {"n": n, "text": "x" * 100}, "opts": {"attempts": attempts}}


def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def in_use():
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir())), len(asyncio.all_tasks())


class Outcomes:
    """Counts how attempts ended, and tells when so many have."""

    def __init__(self, worker):
        self.counts = Counter()
        self._arrived = asyncio.Event()
        worker.on("completed", lambda job, result: self._count("completed"))
        worker.on("failed", lambda job, error: self._count(type(error).__name__))

    def _count(self, outcome):
        self.counts[outcome] += 1
        self._arrived.set()

    async def wait(self, total):
        async with asyncio.timeout(60):
            while self.counts.total() < total:
                self._arrived.clear()
                await self._arrived.wait()


async def run_rounds(queue, redis):
    """Resident memory after each round of jobs."""
    memory = []
    settings = {"concurrency": 100, "remove_on_complete": True, "remove_on_fail": True}
    worker = Worker(queue.name, in_loop, connection=redis.connection, **settings)
    seen = Counter()
    async with worker, QueueEvents(queue.name, connection=redis.connection) as events:
        outcomes = Outcomes(worker)
        events.on("added", lambda event: seen.update(added=1))

        def cancel(job):
            if job.data["n"] % 10 == 4:
                asyncio.get_running_loop().call_later(0.001, worker.cancel_job, job.id)

        worker.on("active", cancel)
        for number in range(1, ROUNDS + 1):
            await queue.add_bulk([entry(n) for n in range(JOBS)])
            await outcomes.wait(number * sum(EVENTS.values()))
            gc.collect()
            memory.append(resident())
    assert outcomes.counts == {name: n * ROUNDS for name, n in EVENTS.items()}
    assert seen["added"] > 0
    return memory


async def test_a_hundred_thousand_jobs_of_every_outcome_leave_nothing(redis):
    async with Queue("mixed", connection=redis.connection) as queue:
        await queue.get_job_counts()  # connects
        before = in_use()
        memory = await run_rounds(queue, redis)
        assert in_use() == before
        counts = await queue.get_job_counts()
    assert set(counts.values()) == {0}
    assert max(memory[WARM:]) - max(memory[:WARM]) < GROWTH, memory
