"""SIGINT and SIGTERM."""

import asyncio
import signal
import threading

import pytest
from conftest import Ear

from libbullmq import Queue, Worker


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("api", ["async", "sync"])
def test_the_first_signal_lets_running_jobs_finish(start_program, redis, number, api):
    program = start_program("signalled.py", api, str(redis.socket_path), "short")
    assert program.line() == "running 1"
    program.signal(number)
    status, output, errors = program.end()
    assert (status, errors) == (0, "")
    assert output.splitlines() == ["closing", "finished 1", "ended, handlers are back"]
    assert redis.call("ZCARD", "bull:signalled:completed") == "1"
    assert redis.call("LLEN", "bull:signalled:wait") == "1"


@pytest.mark.parametrize("api", ["async", "sync"])
def test_the_second_signal_gives_running_jobs_back(start_program, redis, api):
    program = start_program("signalled.py", api, str(redis.socket_path), "endless")
    assert program.line() == "running 1"
    program.signal(signal.SIGTERM)
    assert program.line() == "closing"
    program.signal(signal.SIGINT)
    status, output, errors = program.end()
    assert (status, errors) == (0, "")
    assert output.splitlines() == ["ended, handlers are back"]
    assert redis.call("LLEN", "bull:signalled:wait") == "2"
    assert redis.call("LLEN", "bull:signalled:active") == "0"


async def test_two_workers_of_a_loop_are_both_closed(redis):
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    async def handle(job):
        return None

    workers = [Worker(f"q{n}", handle, connection=redis.connection) for n in range(2)]
    ears = [Ear(worker, "ready") for worker in workers]
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(worker.run())
        for ear in ears:
            await ear.event()
        signal.raise_signal(signal.SIGTERM)
    assert {number: signal.getsignal(number) for number in before} == before


async def test_signals_are_left_alone_when_asked_to(redis):
    before = signal.getsignal(signal.SIGTERM)
    worker = Worker("q", lambda job: None, connection=redis.connection)
    running = asyncio.create_task(worker.run(handle_signals=False))
    await Ear(worker, "ready").event()
    assert signal.getsignal(signal.SIGTERM) is before
    await worker.close()
    await running


def test_a_worker_in_another_thread_runs_without_signals(redis):
    async def run():
        worker = Worker("q", lambda job: None, connection=redis.connection)
        completed = Ear(worker, "completed")
        running = asyncio.create_task(worker.run())
        async with Queue("q", connection=redis.connection) as queue:
            await queue.add("x")
            await completed.event()
        await worker.close()
        await running
        results.append("done")

    results = []
    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    thread.join(20)
    assert results == ["done"]
