"""What a user writes must pass mypy --strict; this file is checked, not run."""

from typing import Any

from libbullmq import BulkEntry, BulkError, Job, JobOptions, Queue, Worker, WorkerOptions
from libbullmq.sync import Job as BlockingJob
from libbullmq.sync import Queue as BlockingQueue
from libbullmq.sync import Worker as BlockingWorker
from libbullmq.testing import Drained, assert_added, drain


async def handle(job: Job, token: str) -> dict[str, Any]:
    await job.update_progress(50)
    rows: int = await job.log("row")
    return {"rows": rows, "user": job.data["user"]}


async def add(settings: dict[str, Any]) -> list[str]:
    options: JobOptions = {"attempts": 3, "backoff": {"type": "fixed", "delay": 1000}}
    entries: list[BulkEntry] = [{"name": "a"}, {"name": "b", "data": 1, "opts": options}]
    async with Queue("emails", {"connection": {"host": "redis"}, "prefix": "bull"}) as queue:
        job = await queue.add("welcome", {"user": 7}, options, delay=1000)
        found = await queue.get_job(job.id)
        counts: dict[str, int] = await queue.get_job_counts("waiting")
        try:
            jobs = await queue.add_bulk(entries)
        except BulkError as error:
            return [str(result) for result in error.results]
    async with Queue("emails", settings):
        pass
    return [job.id for job in jobs] + ([] if found is None else [found.name]) + list(counts)


def listen(job: Job, result: object) -> None:
    print(job.id, result)


async def work() -> None:
    options: WorkerOptions = {"concurrency": 50, "limiter": {"max": 10, "duration": 1000}}
    worker = Worker("emails", handle, options, lock_duration=10_000)
    worker.on("completed", listen)
    await worker.run()
    await worker.close(timeout=10)


def handle_in_thread(job: BlockingJob, token: str) -> str:
    job.update_data({"seen": True})
    return job.get_state()


def blocking() -> int:
    with BlockingQueue("emails", connection={"path": "redis.sock"}) as queue:
        job: BlockingJob = queue.add("welcome")
    with BlockingWorker("emails", handle_in_thread, concurrency=4) as worker:
        worker.pause()
    return job.attempts_made


async def work_in_processes() -> None:
    worker = Worker("emails", "app.tasks:handle", {"processes": 4, "timeout": 60})
    found: bool = worker.cancel_job("7", "nobody needs it")
    print(found, worker.cancel_all_jobs())


def stop_early(job: BlockingJob) -> str | None:
    if job.cancelled or job.signal.wait(0.5):
        job.signal.raise_if_set()
    return job.signal.reason


async def check(queue: Queue, blocking_queue: BlockingQueue) -> list[object]:
    drained: Drained = await drain(queue, handle, concurrency=5)
    failed: Drained = drain(blocking_queue, handle_in_thread)
    added: BlockingJob = assert_added(queue, "welcome", data={"user": 7}, delay=5)
    return [*drained.results, *failed.errors, added.id]
