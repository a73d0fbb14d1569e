"""The examples that no page shows, with what the front page has installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from blocks import UNTIL_INTERRUPTED, Block
from reader import Checkout, Program, Reader

STRICT = "-std=gnu11 -Wall -Wextra -pedantic -Werror"


@pytest.fixture(scope="module")
def reader(read: Callable[[str], Reader]) -> Reader:
    reader = read("README.md")
    assert reader.failures == {}
    for name in ("add", "worker", "round_trip"):
        flags = "$(pkg-config --cflags --libs libbullmq)"
        reader.shell(f"cc {STRICT} examples/c/{name}.c -o build/{name} {flags}")
    return reader


@pytest.fixture
def beside(reader: Reader) -> Iterator[Callable[[str], Program]]:
    """``beside(command)``: a program that runs until it is interrupted."""
    programs: list[Program] = []

    def start(command: str) -> Program:
        programs.append(reader.start(Block("commands", 1, "sh", f"{command} {UNTIL_INTERRUPTED}\n")))
        return programs[-1]

    yield start
    for program in programs:
        program.kill()


def test_c_worker_runs_what_the_c_producer_adds_and_closes_when_interrupted(
    reader: Reader, beside: Callable[[str], Program], checkout: Checkout
) -> None:
    added = reader.shell("build/add").splitlines()
    assert len(added) == 4 and all(line.startswith("added job ") for line in added)
    worker = beside("build/worker")
    worker.wait_for('goodbye {"user": 9}')
    worker.interrupt()
    worker.end()
    ids = [line.split()[-1] for line in added]
    states = [checkout.redis.call("ZSCORE", "bull:emails:completed", job_id) != "" for job_id in ids]
    assert states == [True, True, True, False]
    assert checkout.redis.call("HGET", f"bull:emails:{ids[3]}", "failedReason") == "nobody leaves"


def test_python_worker_runs_what_the_c_producer_adds(
    reader: Reader, beside: Callable[[str], Program], checkout: Checkout
) -> None:
    job_id = reader.shell("build/add").splitlines()[0].split()[-1]
    worker = beside("build/venv/bin/python examples/python/worker.py")
    worker.wait_for(f"completed {job_id} {{'sent': 7}}")
    worker.interrupt()
    worker.end()


def test_retries_example_tells_how_both_jobs_end(reader: Reader) -> None:
    lines = reader.shell("build/venv/bin/python examples/python/retries.py").splitlines()
    assert sorted(lines[:3]) == [
        "job 1, attempt 1: the mail server does not answer",
        "job 1, attempt 2: the mail server does not answer",
        "job 2, attempt 1: nobody to write to",
    ]
    assert lines[3:] == [
        "job 1: completed after 3 attempts {'sent': 7}",
        "job 2: failed after 1 attempts None",
    ]
