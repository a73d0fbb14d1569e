"""What libbullmq.testing gives to the tests of others."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from test_sandbox import is_alive

from libbullmq import Queue
from libbullmq import sync as blocking
from libbullmq.testing import (
    Drained,
    RedisServer,
    added_jobs,
    assert_added,
    assert_not_added,
    drain,
)

CONFTEST = 'pytest_plugins = ["libbullmq.testing"]\n'
TESTS = """
import pytest
from libbullmq.sync import Queue
from libbullmq.testing import assert_added, drain

@pytest.mark.parametrize("n", [1, 2])
def test_jobs_run(bullmq_redis, n):
    with Queue("emails", connection=bullmq_redis.connection) as queue:
        assert queue.add("welcome", {"user": 7}).id == "1"  # empty each time
        assert_added(queue, "welcome", data={"user": 7})
        assert drain(queue, lambda job: job.data["user"]).results == [7]
    print("server", bullmq_redis.pid)
"""


def test_the_fixtures_work_in_another_test_suite(tmp_path):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-W", "error", "-p", "no:asyncio"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "2 passed" in ran.stdout, ran.stdout + ran.stderr
    pids = {line.split()[-1] for line in ran.stdout.splitlines() if "server" in line}
    assert len(pids) == 1
    assert not is_alive(pids.pop())


def test_pytest_is_not_needed():
    program = "import sys, libbullmq.testing; print('pytest' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("False\n", "")


def test_the_package_alone_loads_no_test_helpers():
    program = "import sys, libbullmq; print('libbullmq.testing' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("False\n", "")


def test_a_server_is_private_keeps_everything_and_leaves_nothing():
    with RedisServer() as server:
        folder = Path(server.connection["path"]).parent
        assert server.call("CONFIG", "GET", "maxmemory-policy") == [
            "maxmemory-policy",
            "noeviction",
        ]
        assert server.call("CONFIG", "GET", "port") == ["port", "0"]
        assert server.call("GET", "nothing") is None
        with pytest.raises(RuntimeError, match="Redis refused: ERR unknown command"):
            server.call("NONSENSE")
        with pytest.raises(RuntimeError, match="runs already"):
            server.start()
        pid = server.pid
    assert not is_alive(pid)
    assert not folder.exists()
    server.close()
    with pytest.raises(RuntimeError, match="does not run"):
        server.call("PING")


def test_a_missing_server_program_is_named():
    with pytest.raises(RuntimeError, match="'no-such-redis' was not found on PATH"):
        RedisServer("no-such-redis").start()


def test_a_server_that_does_not_start_shows_its_log():
    server = RedisServer("false")
    with pytest.raises(RuntimeError, match="false did not start"):
        server.start()
    assert server.pid is None


async def test_drain_runs_what_waits_and_tells_what_happened(queue):
    async def handle(job):
        if job.name == "fails":
            raise ValueError(job.data)
        if job.name == "adds":
            await queue.add("added", 3)
        return job.data

    for name, data, opts in [
        ("fails", "always", {"attempts": 2}),
        ("adds", 1, {}),
        ("later", 2, {"delay": 60_000}),
        ("fails", "later again", {"attempts": 2, "backoff": 60_000}),
        ("fails", "and is removed", {"removeOnFail": True}),
    ]:
        await queue.add(name, data, opts)
    drained = await drain(queue, handle)
    assert [attempt.job.name for attempt in drained.completed] == ["adds", "added"]
    assert drained.results == [1, 3]
    assert sorted(map(str, drained.errors)) == ["always", "and is removed"]
    assert sorted(str(attempt.error) for attempt in drained.retried) == ["always", "later again"]
    counts = await queue.get_job_counts("waiting", "active", "delayed")
    assert counts == {"waiting": 0, "active": 0, "delayed": 2}


async def test_drain_of_an_empty_queue_does_nothing(queue):
    assert await drain(queue, lambda job: None) == Drained()


async def test_drain_runs_coroutines_in_the_loop_of_the_test(queue):
    loops = []

    async def handle(job):
        loops.append(asyncio.get_running_loop())

    await queue.add("x")
    await drain(queue, handle)
    assert loops == [asyncio.get_running_loop()]


async def test_drain_gives_up_after_its_timeout(queue):
    async def handle(job):
        await asyncio.sleep(60)

    await queue.add("x")
    await queue.add("x")
    with pytest.raises(TimeoutError, match=r"not drained within 0.1 s.*'waiting': 2"):
        await drain(queue, handle, timeout=0.1)


async def test_drain_refuses_a_paused_queue(queue):
    await queue.pause()
    with pytest.raises(RuntimeError, match="is paused"):
        await drain(queue, lambda job: None)


async def test_drain_takes_options_of_a_worker(queue):
    both = asyncio.Barrier(2)

    async def handle(job):
        async with asyncio.timeout(10):
            await both.wait()

    await queue.add_bulk([{"name": "x"}] * 2)
    assert len((await drain(queue, handle, concurrency=2)).completed) == 2


def test_drain_without_asyncio(redis):
    with blocking.Queue("plain", connection=redis.connection, prefix="mine") as queue:
        queue.add("x", [1])
        assert drain(queue, lambda job: [*job.data, job.get_state()]).results == [[1, "active"]]


async def test_what_was_added_is_found(queue):
    await queue.add("other", {"user": 7})
    job = await queue.add("welcome", {"user": 7, "tags": [1]}, delay=5000, remove_on_complete=3)
    found = assert_added(queue, "welcome")
    assert found.id == job.id
    assert assert_added(queue, "welcome", {"user": 7, "tags": (1,)}).id == job.id
    assert assert_added(queue, "welcome", delay=5000, remove_on_complete=3).id == job.id
    assert [job.name for job in added_jobs(queue)] == ["other", "welcome"]
    assert [job.id for job in added_jobs(queue, "welcome")] == [job.id]
    assert_not_added(queue, "goodbye")
    assert_not_added(queue, "welcome", {"user": 8})
    assert_not_added(queue, "other", delay=5000)
    await drain(queue, lambda job: None)
    assert_added(queue, "other")


async def test_a_missing_job_is_told_with_what_there_is(queue):
    with pytest.raises(AssertionError) as caught:
        assert_added(queue, "welcome", data=1)
    assert "jobs of other names: none" in str(caught.value)
    await queue.add("other")
    await queue.add("other")
    job = await queue.add("welcome", {"user": 7, "mail": "a@b"}, attempts=3)
    with pytest.raises(AssertionError) as caught:
        assert_added(queue, "welcome", data={"user": 8, "mail": "a@b"}, attempts=3, delay=10)
    text = str(caught.value)
    assert text.startswith(f"no job 'welcome' like this was added to queue {queue.name!r}:")
    assert f"job {job.id} differs (- wanted, + added):" in text
    assert '-     "user": 8' in text
    assert '+     "user": 7' in text
    assert '-     "delay": 10' in text
    assert '      "mail": "a@b",' in text
    assert text.endswith("jobs of other names: 'other' (2)")


async def test_a_job_that_should_not_be_there_is_shown(queue):
    assert_not_added(queue)
    await queue.add("welcome", {"user": 7})
    with pytest.raises(AssertionError, match=r"(?s)'welcome'.*was added.*\"user\": 7"):
        assert_not_added(queue)
    with pytest.raises(AssertionError):
        assert_not_added(queue, "welcome", data={"user": 7})


def test_assertions_reach_redis_as_the_queue_does(redis):
    connection = {**redis.tcp_connection, "db": 3}
    with blocking.Queue("plain", connection=connection, prefix="mine") as queue:
        queue.add("x", "text")
        assert_added(queue, "x", "text")
    assert_not_added(Queue("plain", connection=redis.connection))
