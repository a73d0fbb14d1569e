"""sandboxing.py SOCKET TARGET [FILE]: a worker with one job, run in a process."""

import asyncio
import sys
from pathlib import Path

from libbullmq import Queue, Worker

socket_path, target, *file = sys.argv[1:]
connection = {"path": socket_path}
sys.path.insert(0, str(Path(__file__).parent.parent / "handlers"))


async def main():
    async with Queue("sandboxed", connection=connection) as queue:
        await queue.add("x", {"file": file[0] if file else None})
    worker = Worker("sandboxed", target, connection=connection)
    worker.on("completed", lambda job, result: print("completed", job.id))
    await worker.run()


asyncio.run(main())
