# examples/python/retries.py: a job that succeeds at its third attempt, and one that is not tried again
import asyncio
from typing import Any

from libbullmq import Job, Queue, UnrecoverableError, Worker

CONNECTION = {"host": "127.0.0.1", "port": 6379}
RETRY = {"attempts": 5, "backoff": {"type": "exponential", "delay": 100, "jitter": 0.5}}  # milliseconds


async def handle(job: Job, token: str) -> dict[str, Any]:
    if "user" not in job.data:
        raise UnrecoverableError("nobody to write to")  # forbids a retry
    if job.attempts_made < 2:
        raise TimeoutError("the mail server does not answer")
    return {"sent": job.data["user"]}


async def main() -> None:
    async with Queue("letters", connection=CONNECTION) as queue:
        slow = await queue.add("welcome", {"user": 7}, RETRY)
        wrong = await queue.add("welcome", {}, RETRY)

        async with Worker("letters", handle, connection=CONNECTION) as worker:
            ended = asyncio.Semaphore(0)
            worker.on("completed", lambda *_: ended.release())
            worker.on(
                "failed", lambda job, error: print(f"job {job.id}, attempt {job.attempts_started}: {error}")
            )
            worker.on("failed", lambda job, error: isinstance(error, UnrecoverableError) and ended.release())
            for _ in (slow, wrong):
                await ended.acquire()

        for job_id in (slow.id, wrong.id):
            job = await queue.get_job(job_id)
            print(
                f"job {job.id}: {await job.get_state()} after {job.attempts_made} attempts", job.returnvalue
            )


asyncio.run(main())
