# examples/python/blocking.py: adds a job and runs it, without asyncio
from libbullmq.sync import Job, Queue, Worker

connection = {"host": "127.0.0.1", "port": 6379}


def handle(job: Job, token: str) -> dict[str, int]:
    job.update_progress(50)
    return {"called": job.data["user"]}


with Queue("calls", connection=connection) as queue:
    queue.add("ring", {"user": 7})

worker = Worker("calls", handle, connection=connection, concurrency=4)  # 4 threads
worker.on("completed", lambda job, result: print("completed", job.id, result))
worker.run()  # until SIGINT or SIGTERM, which let running jobs finish
