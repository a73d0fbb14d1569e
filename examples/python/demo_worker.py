"""The Python half of the demo: an asyncio worker for the jobs that Node adds.

usage: demo_worker.py unix:/path|host:port
"""

import asyncio
import sys
from typing import Any

from libbullmq import Job, Worker


async def handle(job: Job, token: str) -> dict[str, Any]:
    kind, index = job.data["kind"], job.data["index"]
    if kind == "always-fails":
        raise RuntimeError(f"{kind} {index} cannot succeed")
    if kind == "fails-twice" and job.attempts_made < 2:
        raise RuntimeError(f"{kind} {index}, attempt {job.attempts_made + 1}")
    return {"done": kind, "index": index}


def connection(address: str) -> dict[str, Any]:
    if address.startswith("unix:"):
        return {"path": address.removeprefix("unix:")}
    host, _, port = address.rpartition(":")
    return {"host": host, "port": int(port)}


async def main() -> None:
    worker = Worker("demo", handle, {"connection": connection(sys.argv[1]), "concurrency": 50})
    await worker.run()  # until SIGTERM


if __name__ == "__main__":
    asyncio.run(main())
