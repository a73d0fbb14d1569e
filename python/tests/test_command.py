"""``python -m libbullmq worker``"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import TIMEOUT, Program
from test_sandbox import is_alive

from libbullmq import OptionError
from libbullmq._redis_url import connection_of
from libbullmq.sync import Queue

TASKS = """\
import asyncio, os, time

async def handle(job):
    print("did", job.data, flush=True)
    return os.getpid()

async def slow(job):
    print("running", job.id, flush=True)
    await asyncio.sleep(job.data)
    print("finished", job.id, flush=True)

def slow_in_process(job):
    print("running", os.getpid(), flush=True)
    time.sleep(job.data)

text = "no function"
"""


@pytest.fixture
def app(tmp_path, monkeypatch):
    """A folder with an app that is the current one."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").touch()
    (tmp_path / "app" / "tasks.py").write_text(TASKS)
    (tmp_path / "app" / "broken.py").write_text("def f():\n    return 1 / 0\n\nf()\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REDIS_URL", raising=False)
    return tmp_path


@pytest.fixture
def start(app, redis):
    """``start("app.tasks:handle", "-q", ...)``: the command, on the test's Redis."""
    programs = []

    def start(*arguments):
        url = f"unix://{redis.socket_path}"
        programs.append(Program("-m", "libbullmq", "worker", "--redis", url, *arguments))
        return programs[-1]

    yield start
    for program in programs:
        program.close()


@pytest.fixture
def queue(redis):
    with Queue("emails", connection=redis.connection) as queue:
        yield queue


def until(condition):
    """Look again and again until it is so."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def refusal(*arguments):
    command = [sys.executable, "-m", "libbullmq", "worker", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    assert ran.stdout == ""
    return ran.returncode, ran.stderr


def end(program, number=signal.SIGTERM):
    program.signal(number)
    return program.end()


def test_it_runs_the_jobs_of_several_queues(start, queue, redis):
    program = start("app.tasks:handle", "-q", "emails", "--queue", "calls", "-c", "5")
    with Queue("calls", connection=redis.connection) as calls:
        queue.add("x", "an e-mail")
        assert program.line() == "did an e-mail"
        calls.add("x", "a call")
        assert program.line() == "did a call"
    status, _, log = end(program)
    assert status == 0
    assert "libbullmq.worker: <Worker 'emails'>: completed 1 'x'" in log
    assert "<Worker 'calls'>: completed 1 'x'" in log
    assert "SIGTERM: waiting up to 30 s for running jobs" in log


def test_the_log_level_silences_it(start, queue):
    program = start("app.tasks:handle", "-q", "emails", "--log-level", "error")
    queue.add("x", 1)
    assert program.line() == "did 1"
    assert end(program) == (0, "", "")


def test_running_jobs_finish_after_the_first_signal(start, queue):
    program = start("app.tasks:slow", "-q", "emails")
    job = queue.add("x", 0.3)
    assert program.line() == "running 1"
    status, output, _ = end(program, signal.SIGINT)
    assert (status, output) == (0, "finished 1\n")
    assert queue.get_job_state(job.id) == "completed"


def test_jobs_that_take_longer_than_the_limit_are_given_back(start, queue):
    program = start("app.tasks:slow", "-q", "emails", "--timeout", "0.2")
    job = queue.add("x", 60)
    assert program.line() == "running 1"
    status, output, _ = end(program)
    assert (status, output) == (0, "")
    assert queue.get_job_state(job.id) == "waiting"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_the_second_signal_gives_jobs_back_at_once(start, queue, number):
    program = start("app.tasks:slow", "-q", "emails")
    job = queue.add("x", 60)
    assert program.line() == "running 1"
    program.signal(signal.SIGTERM)
    for line in program.process.stderr:
        if "a second signal" in line:
            break
    status, _, _ = end(program, number)
    assert status == 128 + number
    assert queue.get_job_state(job.id) == "waiting"


def test_jobs_run_in_processes(start, queue):
    program = start(
        "app.tasks:slow_in_process", "-q", "emails", "--processes", "2", "--job-timeout", "0.5"
    )
    job = queue.add("x", 60)
    word, pid = program.line().split()
    assert word == "running"
    assert int(pid) != program.process.pid
    until(lambda: queue.get_job_state(job.id) == "failed")
    assert "its timeout of 0.5 s" in queue.get_job(job.id).failed_reason
    status, _, _ = end(program)
    assert status == 0
    assert not is_alive(pid)


def test_it_starts_again_when_a_file_changes(start, queue, app):
    program = start("app.tasks:handle", "-q", "emails", "--reload")
    first = queue.add("x", 1)
    assert program.line() == "did 1"
    tasks = app / "app" / "tasks.py"
    tasks.write_text("def broken(:\n")
    for line in program.process.stderr:
        if "waiting for a change" in line:
            break
    tasks.write_text(TASKS.replace("did", "changed"))
    second = queue.add("x", 2)
    assert program.line() == "changed 2"
    until(lambda: queue.get_job_state(second.id) == "completed")
    pids = {queue.get_job(job.id).returnvalue for job in (first, second)}
    assert len(pids) == 2
    status, _, log = end(program)
    assert status == 0
    assert "SIGTERM: waiting" in log
    assert not any(map(is_alive, pids))


def test_a_watched_worker_does_not_outlive_its_watcher(start, queue):
    program = start("app.tasks:handle", "-q", "emails", "--reload")
    job = queue.add("x", 1)
    program.line()
    until(lambda: queue.get_job_state(job.id) == "completed")
    pid = queue.get_job(job.id).returnvalue
    program.signal(signal.SIGKILL)
    program.end()
    until(lambda: not is_alive(pid))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["app.tasks", "-q", "a"], "as in \"app.tasks:handle\", not 'app.tasks'"),
        (["nothing:handle", "-q", "a"], "there is no module 'nothing'"),
        (["app.nothing:handle", "-q", "a"], "failed: No module named 'app.nothing'"),
        (["app.tasks:handel", "-q", "a"], "did you mean 'handle'?"),
        (["app.tasks:handel", "-q", "a", "-p", "2"], "did you mean 'handle'?"),
        (["app.tasks:text", "-q", "a"], "must be a function, not str"),
        (["app.tasks:handle"], "required: -q/--queue"),
        (["app.tasks:handle", "-q", "a:b"], "Queue name cannot contain :"),
        (["app.tasks:handle", "-q", "a", "-q", "a"], "queue 'a' is there twice"),
        (["app.tasks:handle", "-q", "a", "-c", "0"], "not 0"),
        (["app.tasks:handle", "-q", "a", "-p", "0"], "at least 1, not 0"),
        (["app.tasks:handle", "-q", "a", "-c", "3", "-p", "2"], "one job at a time"),
        (["app.tasks:handle", "-q", "a", "--job-timeout", "3"], "needs --processes"),
        (["app.tasks:handle", "-q", "a", "--timeout", "-1"], "at least 0"),
        (["app.tasks:handle", "-q", "a", "--redis", "http://x"], "redis:// or unix://"),
        (["app.tasks:handle", "-q", "a", "--redis", "redis://x", "--db", "1"], "leave out --db"),
        (["app.tasks:handle", "-q", "a:b", "--reload"], "Queue name cannot contain :"),
    ],
)
def test_wrong_arguments_are_refused(app, arguments, message):
    status, errors = refusal(*arguments)
    assert status == 2
    assert message in errors.splitlines()[-1]
    assert "Traceback" not in errors


@pytest.mark.parametrize("processes", [[], ["--processes", "2"]])
def test_a_module_that_fails_shows_where(app, processes):
    status, errors = refusal("app.broken:f", "-q", "a", *processes)
    assert status == 2
    lines = errors.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert "broken.py" in lines[1]  # without the frames that brought us there
    assert lines[-1] == "libbullmq: importing the handler 'app.broken:f' failed: division by zero"


def test_redis_that_is_away_is_waited_for(app, start, own_redis):
    url = f"redis://127.0.0.1:{own_redis.port}"
    own_redis.stop()
    program = Program("-m", "libbullmq", "worker", "app.tasks:handle", "-q", "a", "--redis", url)
    try:
        refused = program.process.stderr.readline()
        assert f"ECONNREFUSED 127.0.0.1:{own_redis.port} (next attempt in" in refused
        own_redis.start()
        with Queue("a", connection=own_redis.connection) as queue:
            queue.add("x", 1)
            assert program.line() == "did 1"
        assert end(program)[0] == 0
    finally:
        program.close()


def test_redis_that_refuses_the_password_ends_it(app, start, redis):
    status, errors = refusal(
        "app.tasks:handle", "-q", "a", "--redis", f"redis://me:wrong@127.0.0.1:{redis.port}"
    )
    assert status == 1
    assert "libbullmq.command: cannot work: " in errors.splitlines()[-1]
    assert "wrong" not in errors.replace("WRONGPASS", "")


def test_redis_is_found_by_the_environment(app, redis, queue, monkeypatch):
    monkeypatch.setenv("REDIS_URL", f"unix://{redis.socket_path}")
    program = Program("-m", "libbullmq", "worker", "app.tasks:handle", "-q", "emails")
    try:
        queue.add("x", 1)
        assert program.line() == "did 1"
        assert end(program)[0] == 0
    finally:
        program.close()


def test_the_console_script_is_the_same(app):
    script = Path(sys.executable).parent / "libbullmq"
    ran = subprocess.run([script, "worker", "nothing:f", "-q", "a"], capture_output=True, text=True)
    assert ran.returncode == 2
    assert "there is no module 'nothing'" in ran.stderr
    ran = subprocess.run([script, "worker", "--help"], capture_output=True, text=True)
    assert "exit status:" in ran.stdout


@pytest.mark.parametrize(
    ("url", "connection"),
    [
        ("redis://", {"host": "127.0.0.1"}),
        ("redis://h:7/3", {"host": "h", "port": 7, "db": 3}),
        ("redis://h?db=4", {"host": "h", "db": 4}),
        ("redis://:p%40ss@[::1]", {"host": "::1", "password": "p@ss"}),
        ("redis://me:pass@h", {"host": "h", "username": "me", "password": "pass"}),
        ("unix:///run/redis.sock?db=2", {"path": "/run/redis.sock", "db": 2}),
        ("unix://me:pass@/r.sock", {"path": "/r.sock", "username": "me", "password": "pass"}),
    ],
)
def test_urls_are_connections(url, connection):
    assert connection_of(url) == connection


@pytest.mark.parametrize(
    "url",
    [
        "rediss://h",
        "h:6379",
        "redis://h:port",
        "redis://h/name",
        "redis://h/1?db=2",
        "redis://h?timeout=2",
        "unix://relative/path",
        "unix://",
        "redis://me:secret@h/x",
    ],
)
def test_what_is_no_url_is_refused_without_its_password(url):
    with pytest.raises(OptionError) as caught:
        connection_of(url)
    assert "secret" not in str(caught.value)
    assert os.linesep not in str(caught.value)
