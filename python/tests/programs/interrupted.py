"""A handler that KeyboardInterrupt hits, in a program without signal handling of its own."""

import asyncio
import sys

from libbullmq import Queue, Worker


async def handle(job):
    print("running")
    raise KeyboardInterrupt


async def main():
    connection = {"path": sys.argv[1]}
    async with Queue("interrupted", connection=connection) as queue:
        await queue.add("x")
    await Worker("interrupted", handle, connection=connection).run(handle_signals=False)


asyncio.run(main())
