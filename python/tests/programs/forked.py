"""forked.py CASE SOCKET: forks with an open queue or worker, and prints ok when all is well."""

import asyncio
import gc
import os
import signal
import sys
import warnings
from collections.abc import Callable

from libbullmq import ForkedError, Queue, Worker
from libbullmq.sync import Queue as SyncQueue

case, socket_path = sys.argv[1:]
connection = {"path": socket_path}
# Forking with threads is what is tried here.
warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*fork")


def in_child(function: Callable[[], None]) -> int:
    """Run a function in a forked child; its exit status."""
    pid = os.fork()
    if pid == 0:
        try:
            function()
            sys.stdout.flush()
            os._exit(0)
        except BaseException as error:
            print(f"in the child: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


async def nothing(job):
    return None


async def ready(worker):
    event = asyncio.Event()
    worker.on("ready", event.set)
    async with asyncio.timeout(10):
        await event.wait()


async def queue_opens_its_own_connection():
    async with Queue("forked", connection=connection) as queue:
        await queue.add("parent")

        async def add():
            await queue.add("child")
            await queue.close()

        assert in_child(lambda: asyncio.run(add())) == 0
        await queue.add("parent")
        assert await queue.get_job_counts("waiting") == {"waiting": 3}


async def sync_queue_opens_its_own_connection():
    with SyncQueue("forked", connection=connection) as queue:
        queue.add("parent")

        def add():
            queue.add("child")
            queue.close()

        assert in_child(add) == 0
        queue.add("parent")
        assert queue.get_job_counts("waiting") == {"waiting": 3}


async def worker_that_runs_is_refused():
    async with Worker("forked", nothing, connection=connection) as worker:
        await ready(worker)

        async def use():
            for call in (worker.pause, worker.resume, worker.run):
                try:
                    await call()
                except ForkedError as error:
                    assert "make a new Worker after fork" in str(error)
                else:
                    raise AssertionError(f"{call} was not refused")
            await worker.close()

        assert in_child(lambda: asyncio.run(use())) == 0
        await still_works(worker)


async def still_works(worker):
    completed = asyncio.Event()
    worker.on("completed", lambda *_: completed.set())
    async with Queue("forked", connection=connection) as queue, asyncio.timeout(10):
        await queue.add("x")
        await completed.wait()


async def worker_that_never_ran_may_run():
    worker = Worker("forked", nothing, connection=connection)

    async def run():
        async with worker:
            await still_works(worker)

    assert in_child(lambda: asyncio.run(run())) == 0


async def child_that_exits_disturbs_nothing():
    queue = Queue("forked", connection=connection)
    async with Worker("forked", nothing, connection=connection) as worker:
        await queue.add("x")

        def drop():
            nonlocal queue, worker
            del queue, worker
            gc.collect()

        assert in_child(drop) == 0
        pid = os.fork()
        if pid == 0:
            sys.exit(0)  # with all finalizers
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        await still_works(worker)
        await queue.close()


async def signals_of_a_child_do_not_reach_the_parent():
    worker = Worker("forked", nothing, connection=connection)
    running = asyncio.create_task(worker.run())
    await ready(worker)
    assert in_child(lambda: signal.raise_signal(signal.SIGTERM)) == -signal.SIGTERM
    await still_works(worker)
    assert worker.is_running()
    await worker.close()
    await running


try:
    asyncio.run(globals()[case]())
except SystemExit:
    os._exit(0)
print("ok")
