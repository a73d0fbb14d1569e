"""A Python worker as a process of its own, for tests that kill it.

usage: python_worker.py unix:/path QUEUE [OPTIONS as JSON]

Prints "ready" and then the id of every job it takes; each job hangs until the process ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from libbullmq import Job, Worker


async def hang(job: Job, token: str) -> None:
    print(job.id, flush=True)
    await asyncio.Event().wait()


async def main(address: str, queue: str, options: dict[str, Any]) -> None:
    connection = {"path": address.removeprefix("unix:")}
    worker = Worker(queue, hang, {"connection": connection, **options})
    worker.on("ready", lambda: print("ready", flush=True))
    await worker.run()


if __name__ == "__main__":
    given = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
    asyncio.run(main(sys.argv[1], sys.argv[2], given))
