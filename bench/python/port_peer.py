"""The peer that is the official Python port of BullMQ, with its own options and defaults.

The command line and the answer are those of every peer, see ../README.md. It runs in an environment of
its own, build/port, which has the package `bullmq` and nothing of ours.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import Any

from bullmq import Queue, Worker

BULK_SIZE = 1000


def job_data(index: int) -> dict[str, Any]:
    return {"index": index, "text": "0123456789" * 8}


def options_of(address: str) -> dict[str, Any]:
    if address.startswith("unix:"):
        return {"connection": f"unix://{address.removeprefix('unix:')}"}
    return {"connection": f"redis://{address}"}


async def add(queue: Any, first: int, count: int, options: argparse.Namespace) -> None:
    if options.scenario == "addBulk":
        for start in range(first, first + count, BULK_SIZE):
            indexes = range(start, min(start + BULK_SIZE, first + count))
            await queue.addBulk([{"name": "noop", "data": job_data(index), "opts": {}} for index in indexes])
        return
    indexes = iter(range(first, first + count))

    async def produce() -> None:
        for index in indexes:
            await queue.add("noop", job_data(index))

    await asyncio.gather(*(produce() for _ in range(options.concurrency)))


async def measure_adding(options: argparse.Namespace) -> dict[str, float]:
    queue = Queue(options.queue, options_of(options.redis))
    await queue.getJobCounts()  # connected before the clock starts
    await add(queue, 0, options.warmup, options)
    started, cpu = time.perf_counter(), time.process_time()
    await add(queue, options.warmup, options.jobs, options)
    measured = figures(options.jobs, started, cpu)
    await queue.close()
    return measured


async def process_jobs(options: argparse.Namespace) -> dict[str, float]:
    """Works off warmup + jobs jobs that wait in the queue; the clock runs for the last `jobs`."""
    measured: asyncio.Future[dict[str, float]] = asyncio.get_running_loop().create_future()
    begun = (0.0, 0.0)
    started = completed = 0

    async def noop(job: Any, token: str) -> None:
        nonlocal started, begun
        if started == options.warmup:
            begun = (time.perf_counter(), time.process_time())
        started += 1

    def on_completed(*_: Any) -> None:
        nonlocal completed
        completed += 1
        if completed == options.warmup + options.jobs:
            measured.set_result(figures(options.jobs, *begun))

    settings = {**options_of(options.redis), "concurrency": options.concurrency, "autorun": False}
    worker = Worker(options.queue, noop, settings)
    worker.on("completed", on_completed)
    running = asyncio.create_task(worker.run())
    await asyncio.wait([measured, running], return_when=asyncio.FIRST_COMPLETED)
    await worker.close()
    return measured.result()


def figures(jobs: int, started: float, cpu: float) -> dict[str, float]:
    return {
        "jobs": jobs,
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - cpu,
    }


SCENARIOS = {"add": measure_adding, "addBulk": measure_adding, "process": process_jobs}


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
