# examples/python/producer.py: adds jobs
import asyncio

from libbullmq import Queue


async def main() -> None:
    async with Queue("emails", {"connection": {"host": "127.0.0.1", "port": 6379}}) as queue:
        retry = {"attempts": 3, "backoff": {"type": "exponential", "delay": 1000}}  # milliseconds
        job = await queue.add("welcome", {"user": 7}, retry)
        await queue.add("reminder", {"user": 7}, delay=60_000)
        await queue.add_bulk([{"name": "digest", "data": {"user": n}} for n in range(100)])
        print("added", job.id, await queue.get_job_counts("waiting", "delayed"))


asyncio.run(main())
