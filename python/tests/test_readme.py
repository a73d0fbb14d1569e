"""Every Python block of the README is a program that runs."""

import re
import signal
from pathlib import Path

import pytest
from conftest import Program

from libbullmq.sync import Queue

TEXT = (Path(__file__).parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
EXAMPLES = [block for block in BLOCKS if block.startswith("# examples/")]  # see tests/readme
WORKERS = [block for block in BLOCKS if "worker.run()" in block]
OTHERS = [block for block in BLOCKS if block not in WORKERS + EXAMPLES]


def run(block, redis):
    return Program("-c", block.replace("6379", str(redis.port)))


def test_there_are_programs_of_both_kinds():
    assert len(WORKERS) == 2
    assert len(OTHERS) == 9


@pytest.mark.parametrize("block", OTHERS, ids=range(len(OTHERS)))
def test_a_program_runs_to_its_end(block, redis):
    program = run(block, redis)
    try:
        status, output, errors = program.end()
    finally:
        program.close()
    assert (status, errors) == (0, "")
    assert (output.splitlines() or [""])[-1] in {
        "",  # adds jobs for the command line
        "failed: nobody needs it any more",
        "[{'sent': 7}] []",
        "{'waiting': 1001, 'delayed': 1}",
        "removed welcome-7",
        "total 6",
        "completed 1",
        "['2026-03-30T07:00:00+00:00', '2026-03-31T07:00:00+00:00']",
        'unknown option "conection"; did you mean "connection"?',
    }


@pytest.mark.parametrize("block", WORKERS, ids=range(len(WORKERS)))
def test_a_worker_runs_until_it_is_signalled(block, redis):
    with Queue("emails", connection=redis.connection) as queue:
        job = queue.add("welcome", {"user": 7})
        program = run(block, redis)
        try:
            while program.line() != f"completed {job.id} {{'sent': 7}}":
                pass  # the program may run a job that it added itself first
            program.signal(signal.SIGTERM)
            status, _, errors = program.end()
        finally:
            program.close()
        assert (status, errors) == (0, "")
        assert queue.get_job(job.id).progress == 50
