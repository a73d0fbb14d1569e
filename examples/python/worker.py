# examples/python/worker.py: runs jobs
import asyncio

from libbullmq import Job, Worker


async def handle(job: Job, token: str) -> dict[str, int]:
    await job.log(f"writing to user {job.data['user']}")
    return {"sent": job.data["user"]}  # the job's result, any JSON value; an exception fails the attempt


async def main() -> None:
    options = {"connection": {"host": "127.0.0.1", "port": 6379}, "concurrency": 50}
    worker = Worker("emails", handle, options)
    worker.on("completed", lambda job, result: print("completed", job.id, result))
    worker.on("failed", lambda job, error: print("failed", job.id, error))
    await worker.run()  # until SIGINT or SIGTERM, which let running jobs finish


asyncio.run(main())
