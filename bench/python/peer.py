"""The Python peer of the benchmark: libbullmq with asyncio, default options.

The command line and the answer are those of every peer, see ../README.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from typing import Any

from libbullmq import Job, Queue, Worker

BULK_SIZE = 1000


def job_data(index: int) -> dict[str, Any]:
    return {"index": index, "text": "0123456789" * 8}


def connection(address: str) -> dict[str, Any]:
    if address.startswith("unix:"):
        return {"path": address.removeprefix("unix:")}
    host, _, port = address.rpartition(":")
    return {"host": host, "port": int(port)}


class Stopwatch:
    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def start(self) -> None:
        self.started = time.perf_counter()
        self.cpu = time.process_time()

    def stop(self) -> dict[str, float]:
        return {
            "jobs": self.jobs,
            "seconds": time.perf_counter() - self.started,
            "cpu_seconds": time.process_time() - self.cpu,
        }


async def add_many(queue: Queue, count: int, concurrency: int) -> None:
    """``concurrency`` producers that each wait for the answer to one add before the next."""
    indexes = iter(range(count))

    async def produce() -> None:
        for index in indexes:
            await queue.add("noop", job_data(index))

    await asyncio.gather(*(produce() for _ in range(concurrency)))


async def add_in_bulk(queue: Queue, count: int, concurrency: int) -> None:
    for first in range(0, count, BULK_SIZE):
        indexes = range(first, min(first + BULK_SIZE, count))
        await queue.add_bulk([{"name": "noop", "data": job_data(index)} for index in indexes])


async def measure_adding(options: argparse.Namespace) -> dict[str, float]:
    add = {"add": add_many, "addBulk": add_in_bulk}[options.scenario]
    async with Queue(options.queue, {"connection": connection(options.redis)}) as queue:
        await queue.get_job_counts()  # connected before the clock starts
        await add(queue, options.warmup, options.concurrency)
        watch = Stopwatch(options.jobs)
        watch.start()
        await add(queue, options.jobs, options.concurrency)
        return watch.stop()


async def process_jobs(options: argparse.Namespace) -> dict[str, float]:
    """Works off warmup + jobs jobs that wait in the queue; the clock runs for the last `jobs`."""
    watch = Stopwatch(options.jobs)
    measured: asyncio.Future[dict[str, float]] = asyncio.get_running_loop().create_future()
    started = completed = 0

    async def noop(job: Job, token: str) -> None:
        nonlocal started
        if started == options.warmup:
            watch.start()
        started += 1

    def on_completed(*_: Any) -> None:
        nonlocal completed
        completed += 1
        if completed == options.warmup + options.jobs:
            measured.set_result(watch.stop())

    worker = Worker(
        options.queue,
        noop,
        {"connection": connection(options.redis), "concurrency": options.concurrency},
    )
    worker.on("completed", on_completed)
    running = asyncio.create_task(worker.run())
    await asyncio.wait([measured, running], return_when=asyncio.FIRST_COMPLETED)
    await worker.close()
    await running
    return measured.result()


async def idle(options: argparse.Namespace) -> dict[str, float]:
    """Says that it is ready and then waits for jobs until its standard input ends."""

    async def noop(job: Job, token: str) -> None:
        return None

    worker = Worker(options.queue, noop, {"connection": connection(options.redis)})
    ready = asyncio.Event()
    worker.on("ready", ready.set)
    running = asyncio.create_task(worker.run())
    await ready.wait()
    print('{"ready": true}', flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, ended.set)
    await ended.wait()
    asyncio.get_running_loop().remove_reader(sys.stdin)
    await worker.close()
    await running
    return {"jobs": 0}


SCENARIOS = {"add": measure_adding, "addBulk": measure_adding, "process": process_jobs, "idle": idle}


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--redis", required=True)
    parser.add_argument("--queue", default="bench")
    parser.add_argument("--scenario", required=True, choices=list(SCENARIOS))
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--warmup", type=int, default=0)
    parser.add_argument("--concurrency", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    chosen = parse_options()
    print(json.dumps(asyncio.run(SCENARIOS[chosen.scenario](chosen))))
