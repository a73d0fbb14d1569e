"""What a user writes must pass mypy --strict; this file is checked, not run."""

from datetime import datetime
from typing import Any

from libbullmq import (
    BulkEntry,
    BulkError,
    FlowJob,
    FlowProducer,
    Job,
    JobDependencies,
    JobLogs,
    JobNode,
    JobOptions,
    JobScheduler,
    Queue,
    QueueEvents,
    QueueEventsProducer,
    RateLimit,
    RepeatOptions,
    Worker,
    WorkerOptions,
    cron_next,
)
from libbullmq.sync import FlowProducer as BlockingFlowProducer
from libbullmq.sync import Job as BlockingJob
from libbullmq.sync import Queue as BlockingQueue
from libbullmq.sync import QueueEvents as BlockingQueueEvents
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
        job = await queue.add("welcome", {"user": 7}, options, delay=1000, job_id="mine")
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


async def look(queue: Queue, blocking_queue: BlockingQueue) -> list[str]:
    jobs: list[Job] = await queue.get_jobs(["waiting", "delayed"], 0, 9, asc=True)
    same: list[BlockingJob] = blocking_queue.get_waiting(0, 9)
    limit: RateLimit | None = await queue.get_global_rate_limit()
    logs: JobLogs = await queue.get_job_logs(jobs[0].id)
    children: JobDependencies = await jobs[0].get_dependencies(processed={"cursor": 0, "count": 9})
    seconds: float = 0 if limit is None else limit["duration"] / 1000
    for child, value in children.get("processed", {}).items():
        print(child, value, seconds)
    same[0].change_priority(3, lifo=True)
    await jobs[0].move_to_delayed(datetime.now())
    return logs["logs"] + await queue.clean(1000, 0, "failed")


async def schedule(queue: Queue, blocking_queue: BlockingQueue) -> str | None:
    rule: RepeatOptions = {"pattern": "0 9 * * *", "tz": "Europe/Berlin"}
    job: Job | None = await queue.upsert_job_scheduler("daily", rule, {"data": [1]}, limit=5)
    blocking_queue.upsert_job_scheduler("hourly", every=3_600_000, start_date=datetime.now())
    found: JobScheduler | None = await queue.get_job_scheduler("daily")
    runs: list[datetime] = cron_next("0 9 * * *", "Europe/Berlin", count=3)
    print(job, found["key"] if found else None)
    return runs[0].isoformat() if runs else None


async def add_flows() -> list[str]:
    leaf: FlowJob = {"name": "leaf", "queueName": "kids", "data": 1}
    async with FlowProducer(connection={"host": "redis"}, prefix="bull") as producer:
        root: JobNode[Job] = await producer.add(
            {"name": "r", "queue_name": "q", "children": [leaf]}
        )
        await producer.add_bulk([leaf, {"name": "x", "queueName": "q"}])
        read = await producer.get_flow(id=root.job.id, queue_name="q", max_children=5)
    with BlockingFlowProducer() as blocking:
        node: JobNode[BlockingJob] = blocking.add(leaf)
        state: str = node.job.get_state()
    return [state] + ([] if read is None else [child.job.id for child in read.children])


async def hear(job: Job) -> list[str]:
    async with QueueEvents("emails", last_event_id="0-0") as events:
        result = await job.wait_until_finished(events, ttl=1000)
        heard = [str(result), events.last_event_id or ""]
        async for event in events:
            heard += [event.name, event.job_id or "", event.failed_reason or ""]
    async with QueueEventsProducer("emails") as producer:
        heard.append(await producer.publish_event("shipped", {"n": 1}, max_events=5))
    return heard


def hear_blocking(job: BlockingJob) -> list[str]:
    with BlockingQueueEvents("emails") as events:
        job.wait_until_finished(events)
        return [event.name for event in events]
