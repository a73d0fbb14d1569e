"""Handlers in processes of their own."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import pytest
from conftest import TIMEOUT, Ear, ended

from libbullmq import JobTimeoutError, OptionError, SandboxError, UnrecoverableError, Worker
from libbullmq import sync as blocking
from libbullmq._sandbox_process import exit_message


async def text_in(path):
    """What a handler has written there."""
    async with asyncio.timeout(TIMEOUT):
        while not path.exists() or not path.read_text():
            await asyncio.sleep(0.005)
    return path.read_text()


async def gone(pid):
    async with asyncio.timeout(TIMEOUT):
        while is_alive(pid):
            await asyncio.sleep(0.005)


def is_alive(pid):
    """Whether a process runs; a zombie does not."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def result_of(queue, name="x", data=None, **opts):
    job = await queue.add(name, {} if data is None else data, **opts)
    assert await ended(queue, job.id) == "completed", (await queue.get_job(job.id)).failed_reason
    return (await queue.get_job(job.id)).returnvalue


async def failure_of(queue, data):
    job = await queue.add("x", data)
    assert await ended(queue, job.id) == "failed"
    return await queue.get_job(job.id)


async def test_a_job_runs_in_another_process_that_is_reused(queue, start_worker):
    start_worker("sandboxed:answer", processes=1)
    results = [await result_of(queue, data={"n": n}) for n in range(3)]
    assert {result["pid"] for result in results} != {os.getpid()}
    assert len({result["pid"] for result in results}) == 1
    assert [result["data"]["n"] for result in results] == [0, 1, 2]
    assert all(result["token"] for result in results)
    assert results[-1]["jobs"] == ["1", "2", "3"]  # one interpreter saw them all


async def test_as_many_jobs_run_at_once_as_there_are_processes(queue, start_worker, tmp_path):
    worker = start_worker("sandboxed:wait", processes=3)
    assert worker.concurrency == 3
    files = [tmp_path / str(n) for n in range(4)]
    for file in files:
        await queue.add("x", {"file": str(file), "save": True})
    pids = [await text_in(file) for file in files[:3]]
    assert len(set(pids)) == 3
    assert await queue.get_job_counts("active", "waiting") == {"active": 3, "waiting": 1}
    worker.cancel_all_jobs()
    assert await text_in(files[3]) in pids


async def test_the_number_of_processes_follows_the_concurrency(queue, start_worker, tmp_path):
    worker = start_worker("sandboxed:wait", processes=1)
    files = [tmp_path / str(n) for n in range(2)]
    for file in files:
        await queue.add("x", {"file": str(file), "save": True})
    first = await text_in(files[0])
    worker.concurrency = 2
    second = await text_in(files[1])
    worker.concurrency = 1
    worker.cancel_all_jobs()
    async with asyncio.timeout(TIMEOUT):
        while is_alive(first) and is_alive(second):
            await asyncio.sleep(0.005)
    assert is_alive(first) or is_alive(second)


async def test_the_job_is_the_one_that_handlers_here_get(queue, start_worker):
    start_worker("sandboxed:describe")
    job = await queue.add("welcome", {}, attempts=3, priority=5)
    assert await ended(queue, job.id) == "completed"
    assert (await queue.get_job(job.id)).returnvalue == {
        "type": "libbullmq._sandbox_child.Job",
        "id": job.id,
        "name": "welcome",
        "queue": queue.name,
        "opts": {**job.opts, "attempts": 3, "priority": 5},
        "attempts": [0, 1],
        "timestamp": (await queue.get_job(job.id)).timestamp,
        "priority": 5,
    }


async def test_progress_logs_and_data_cross(queue, start_worker):
    worker = start_worker("sandboxed:report")
    progress = Ear(worker, "progress")
    completed = Ear(worker, "completed")
    assert await result_of(queue) == [2, "active", {"at": 1}, {"new": "data"}]
    [(_, job, value)] = progress.heard
    assert value == {"at": 1}
    [(_, done, _)] = completed.heard
    assert done is job
    assert (job.progress, job.data) == ({"at": 1}, {"new": "data"})
    assert (await queue.get_job_logs(job.id))["logs"] == ["row one", "row two"]
    assert (await queue.get_job(job.id)).data == {"new": "data"}


async def test_a_job_has_its_methods_there(queue, start_worker):
    completed = Ear(start_worker("sandboxed:ask"), "completed")
    await queue.pause()
    parent = await queue.add("parent")
    link = {"id": parent.id, "queue": f"bull:{queue.name}"}
    child = await queue.add("child", parent=link, delay=3_600_000)
    await queue.resume()
    [(_, job, result)] = await completed.count(1)
    nothing = {"processed": {}, "ignored": {}, "failed": []}
    counts = {"processed": 0, "ignored": 0, "failed": 0}
    assert result == {
        "children": [
            {},
            {},
            {**nothing, "unprocessed": [f"bull:{queue.name}:{child.id}"]},
            {**counts, "unprocessed": 1},
        ],
        "moved": False,
        "lock": [True, False],
        "is": [True, False, False, False],
        "refusals": [
            ["ScriptError", "JobNotInState", -3, job.id],
            ["BullMQError", "JobLocked", 0, job.id],
            ["ScriptError", "JobNotInState", -3, job.id],
        ],
        "shown": [7, "bull", f"bull:{queue.name}"],
    }
    assert job.priority == 7  # seen here as well
    assert (await queue.get_job_logs(job.id))["count"] == 0


async def test_a_job_that_moves_itself_there_is_seen_moved_here(queue, start_worker):
    worker = start_worker("sandboxed:move_away")
    active, errors = Ear(worker, "active"), Ear(worker, "error")
    await queue.add("x")
    [(_, job)] = await active.count(1)
    await errors.count(1)  # its outcome is not wanted any more
    assert job.delay > 3_000_000
    assert await queue.get_job_counts("delayed") == {"delayed": 1}


async def test_coroutine_functions_run_there_too(queue, start_worker):
    start_worker("sandboxed:report_async")
    assert await result_of(queue) == ["active", 50, [1, 2]]


async def test_a_function_that_returns_a_coroutine_is_awaited(queue, start_worker):
    start_worker("sandboxed:late")
    assert await result_of(queue) == "later"


@pytest.mark.parametrize("handler", ["fail", "fail_async"])
async def test_what_a_handler_raises_crosses(queue, start_worker, handler):
    worker = start_worker(f"sandboxed:{handler}")
    ear = Ear(worker, "failed")
    job = await failure_of(queue, {"how": "raise"})
    assert job.failed_reason == "in a process"
    assert job.stacktrace[0].endswith("ValueError: in a process")
    assert "in fail\n" in job.stacktrace[0]
    assert "_sandbox" not in job.stacktrace[0]
    [(_, failed, error)] = ear.heard
    assert isinstance(error, SandboxError)
    assert (str(error), error.name, error.stack) == (
        "in a process",
        "ValueError",
        job.stacktrace[0],
    )
    assert failed.failed_reason == "in a process"


async def test_other_ends_of_a_handler(queue, start_worker):
    worker = start_worker("sandboxed:fail")
    ear = Ear(worker, "failed")
    retried = {"attempts": 2}
    job = await queue.add("x", {"how": "unrecoverable"}, retried)
    assert await ended(queue, job.id) == "failed"
    assert (await queue.get_job(job.id)).attempts_made == 1
    assert isinstance(ear.heard[0][2], UnrecoverableError)
    job = await queue.add("x", {"how": "no JSON"}, retried)
    assert await ended(queue, job.id) == "failed"
    assert (await queue.get_job(job.id)).attempts_made == 1
    assert (await failure_of(queue, {"how": "exit"})).failed_reason == "4"
    assert "has no JSON form" in (await failure_of(queue, {"how": "refused"})).failed_reason
    assert await result_of(queue, data={"how": "nothing"}) is None


@pytest.mark.parametrize("handler", ["fail", "fail_async"])
async def test_a_process_that_dies_fails_its_job_and_is_replaced(queue, start_worker, handler):
    start_worker(f"sandboxed:{handler}")
    for how, message in [
        ("hard exit", "Unexpected exit code: 3 signal: null"),
        ("kill", "Unexpected exit code: null signal: SIGKILL"),
    ]:
        assert (await failure_of(queue, {"how": how})).failed_reason == message
    assert await result_of(queue, data={"how": "nothing"}) is None


async def test_a_process_that_died_while_idle_costs_no_job(queue, start_worker):
    start_worker("sandboxed:answer")
    first = await result_of(queue)
    os.kill(first["pid"], signal.SIGTERM)
    await gone(first["pid"])
    assert (await result_of(queue))["pid"] != first["pid"]


async def test_a_timeout_ends_the_process_and_fails_the_job(queue, start_worker, tmp_path):
    worker = start_worker("sandboxed:sleep", timeout=0.2)
    ear = Ear(worker, "failed")
    file = tmp_path / "file"
    job = await failure_of(queue, {"file": str(file)})
    assert job.failed_reason == "the job took longer than its timeout of 0.2 s"
    assert file.read_text() == "cleaned up"
    assert isinstance(ear.heard[0][2], JobTimeoutError)


async def test_a_process_that_ignores_its_end_is_killed(queue, start_worker, tmp_path, monkeypatch):
    monkeypatch.setattr("libbullmq._sandbox_process.KILL_AFTER", 0.1)
    start_worker("sandboxed:stubborn", timeout=0.1)
    file = tmp_path / "file"
    job = await failure_of(queue, {"file": str(file)})
    assert "timeout" in job.failed_reason
    assert not is_alive(int(file.read_text()))


@pytest.mark.parametrize("handler", ["sleep", "wait"])
async def test_a_forced_close_ends_the_process_and_gives_the_job_back(
    queue, start_worker, tmp_path, handler
):
    worker = start_worker(f"sandboxed:{handler}")
    file = tmp_path / "file"
    job = await queue.add("x", {"file": str(file)})
    pid = int(await text_in(file))
    async with asyncio.timeout(4):  # no need to kill
        await worker.close(timeout=0)
    assert not is_alive(pid)
    assert await queue.get_job_counts("waiting", "active") == {"waiting": 1, "active": 0}
    assert (await queue.get_job(job.id)).attempts_made == 0
    assert file.read_text() in ("cleaned up", str(pid))


async def test_a_forced_close_kills_what_does_not_end(queue, start_worker, tmp_path, monkeypatch):
    monkeypatch.setattr("libbullmq._sandbox_process.KILL_AFTER", 0.1)
    worker = start_worker("sandboxed:stubborn")
    file = tmp_path / "file"
    await queue.add("x", {"file": str(file)})
    pid = int(await text_in(file))
    await worker.close(timeout=0)
    assert not is_alive(pid)
    assert await queue.get_job_counts("waiting", "active") == {"waiting": 1, "active": 0}


async def test_a_handler_that_ends_well_when_stopped_completes_its_job(
    queue, start_worker, tmp_path
):
    worker = start_worker("sandboxed:wait")
    job = await queue.add("x", {"file": str(tmp_path / "file"), "save": True})
    await text_in(tmp_path / "file")
    await worker.close(timeout=0)
    assert (await queue.get_job(job.id)).returnvalue == "saved"


async def test_a_close_before_the_process_is_ready_is_no_error(queue, start_worker):
    worker = start_worker("sandboxed:answer")
    ear = Ear(worker, "error", "closed")
    await worker.close()
    assert ear.heard == [("closed",)]


def test_the_end_of_a_process_is_told_in_words_of_node():
    assert exit_message(3) == "Unexpected exit code: 3 signal: null"
    assert exit_message(-9) == "Unexpected exit code: null signal: SIGKILL"
    assert exit_message(-40) == "Unexpected exit code: null signal: 40"


async def test_close_ends_idle_processes(queue, start_worker):
    worker = start_worker("sandboxed:answer", processes=2)
    pid = (await result_of(queue))["pid"]
    await worker.close()
    assert not is_alive(pid)


async def test_a_broken_module_fails_jobs_and_is_reported_early(queue, start_worker):
    worker = start_worker("broken:handle")
    ear = Ear(worker, "error")
    await ear.event()
    assert "this module is broken" in str(ear.heard[0][1])
    job = await failure_of(queue, {})
    assert job.failed_reason == "this module is broken"
    assert "broken.py" in job.stacktrace[0]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("sandboxed:anser", "did you mean 'answer'?"),
        ("sandboxed:text", "must be a function, not str"),
        ("sandboxed:takes_nothing", "must take the job"),
        ("libbullmq.nothing:handle", "No module named 'libbullmq.nothing'"),
    ],
)
async def test_a_target_that_is_no_handler_fails_jobs(queue, start_worker, target, message):
    start_worker(target).on("error", lambda error: None)
    assert message in (await failure_of(queue, {})).failed_reason


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ("sandboxed", {}, 'must be named "module:function"'),
        ("sandboxed.answer:", {}, 'must be named "module:function"'),
        ("no_such_module:handle", {}, "there is no module 'no_such_module'"),
        ("__main__:handle", {}, "in a module of its own"),
        ("asyncio:nothing", {}, "has no 'nothing'"),
        ("sandboxed:answer", {"processes": 0}, "at least 1, not 0"),
        ("sandboxed:answer", {"processes": True}, "at least 1, not True"),
        ("sandboxed:answer", {"processes": 2, "concurrency": 3}, "one job at a time"),
        ("sandboxed:answer", {"timeout": 0}, "greater than 0, not 0"),
        (print, {"processes": 2}, "name the handler by text"),
        (print, {"timeout": 2}, "name the handler by text"),
    ],
)
def test_bad_targets_and_options_are_refused(target, options, message):
    with pytest.raises(OptionError) as caught:
        Worker("q", target, **options)
    assert message in str(caught.value)


async def test_what_a_process_prints_passes_through(start_program, redis):
    program = start_program("sandboxing.py", str(redis.socket_path), "sandboxed:speak")
    assert program.line() == "said by 1"
    assert program.line().startswith("completed 1")
    program.signal(signal.SIGTERM)
    status, _, errors = program.end()
    assert (status, errors) == (0, "complained by 1\n")


async def test_processes_do_not_outlive_a_parent_that_is_killed(start_program, redis, tmp_path):
    file = tmp_path / "file"
    program = start_program("sandboxing.py", str(redis.socket_path), "sandboxed:wait", str(file))
    pid = int(await text_in(file))
    program.signal(signal.SIGKILL)
    program.end()
    await gone(pid)


async def test_sync_listeners_get_their_kind_of_job(redis):
    with blocking.Queue("plain", connection=redis.connection) as queue:
        worker = blocking.Worker("plain", "sandboxed:report", connection=redis.connection)
        heard = asyncio.Queue()
        loop = asyncio.get_running_loop()
        worker.on("completed", lambda *args: loop.call_soon_threadsafe(heard.put_nowait, args))
        with worker:
            queue.add("x")
            job, result = await asyncio.wait_for(heard.get(), TIMEOUT)
    assert isinstance(job, blocking.Job)
    assert result[1] == "active"
