"""The same without asyncio."""

import threading

import pytest
from conftest import TIMEOUT

from libbullmq import BulkError, ClosedError, OptionError, ScriptError
from libbullmq.sync import Job, Queue, Worker


@pytest.fixture
def queue(redis):
    with Queue("plain", connection=redis.connection) as queue:
        yield queue


class Ear:
    """Hears one event of a worker."""

    def __init__(self, worker, name, wanted=1):
        self.heard = []
        self.enough = threading.Event()
        self.wanted = wanted
        worker.on(name, self.hear)

    def hear(self, *args):
        self.heard.append(args)
        if len(self.heard) == self.wanted:
            self.enough.set()

    def wait(self):
        assert self.enough.wait(TIMEOUT)
        return self.heard


def test_a_queue_adds_and_looks(queue):
    job = queue.add("welcome", {"user": 7}, delay=60_000)
    assert isinstance(job, Job)
    assert (job.name, job.data, job.get_state()) == ("welcome", {"user": 7}, "delayed")
    job.update_data({"user": 8})
    job.update_progress(50)
    assert job.log("row") == 1
    read = queue.get_job(job.id)
    assert (read.data, read.progress, queue.get_job_logs(job.id)["logs"]) == (
        {"user": 8},
        50,
        ["row"],
    )
    assert queue.get_job("nobody") is None
    assert queue.get_job_state(job.id) == "delayed"
    jobs = queue.add_bulk([{"name": "a"}, {"name": "b", "data": [1]}])
    assert [queue.get_job(job.id).data for job in jobs] == [{}, [1]]
    assert queue.get_job_counts("waiting") == {"waiting": 2}
    queue.pause()
    assert queue.is_paused()
    queue.resume()
    queue.obliterate()
    assert queue.get_job(job.id) is None


def test_errors_are_those_of_the_asyncio_queue(queue):
    with pytest.raises(OptionError):
        queue.add("x", {}, priority=-1)
    with pytest.raises(ScriptError):
        queue.add("x", {}, parent={"id": "nobody", "queue": "bull:plain"})
    orphan = {"parent": {"id": "nobody", "queue": "bull:plain"}}
    with pytest.raises(BulkError) as caught:
        queue.add_bulk([{"name": "a"}, {"name": "b", "opts": orphan}])
    assert [type(result) for result in caught.value.results] == [Job, ScriptError]


def test_a_closed_queue_says_so(queue):
    queue.add("x")
    queue.close()
    with pytest.raises(ClosedError, match="is closed"):
        queue.add("y")
    queue.close()


def test_a_queue_that_was_never_used_can_be_closed(redis):
    Queue("unused", connection=redis.connection).close()


def test_a_queue_is_used_from_many_threads(queue):
    def add():
        for _ in range(20):
            queue.add("x")

    threads = [threading.Thread(target=add) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert queue.get_job_counts("waiting") == {"waiting": 100}


def test_queues_share_one_loop_thread_and_the_last_ends_it(redis):
    def loop_threads():
        return [t for t in threading.enumerate() if t.name == "libbullmq-sync"]

    queues = [Queue(f"q{n}", connection=redis.connection) for n in range(3)]
    for queue in queues:
        queue.add("x")
    [thread] = loop_threads()
    for queue in queues:
        queue.close()
    thread.join(TIMEOUT)
    assert loop_threads() == []


def test_a_worker_runs_plain_functions_in_threads(queue, redis):
    def handle(job, token):
        job.update_progress(10)
        return [job.data["n"], token == job.token, threading.current_thread().name]

    jobs = queue.add_bulk([{"name": "x", "data": {"n": n}} for n in range(10)])
    worker = Worker("plain", handle, connection=redis.connection, concurrency=3)
    ear = Ear(worker, "completed", 10)
    with worker:
        assert worker.is_running()
        ear.wait()
    assert not worker.is_running()
    results = [queue.get_job(job.id).returnvalue for job in jobs]
    assert [result[:2] for result in results] == [[n, True] for n in range(10)]
    assert all(result[2].startswith("bullmq-plain-") for result in results)


def test_a_coroutine_function_is_refused():
    async def handle(job):
        return None

    with pytest.raises(OptionError, match=r"use libbullmq\.Worker"):
        Worker("plain", handle)


def test_a_failing_function_fails_its_job(queue, redis):
    def handle(job):
        raise ValueError("in a thread")

    job = queue.add("x")
    worker = Worker("plain", handle, connection=redis.connection)
    ear = Ear(worker, "failed")
    with worker:
        [(failed, error)] = ear.wait()
    assert (failed.id, str(error)) == (job.id, "in a thread")
    read = queue.get_job(job.id)
    assert read.failed_reason == "in a thread"
    assert "in handle" in read.stacktrace[0]
    assert "_threads.py" not in read.stacktrace[0]


def test_run_blocks_until_closed_by_a_listener(queue, redis):
    worker = Worker("plain", lambda job: None, connection=redis.connection)
    worker.on("completed", lambda job, result: worker.close())
    queue.add("x")
    worker.run()
    assert queue.get_job_counts("completed") == {"completed": 1}


def test_run_ends_when_a_handler_closes(queue, redis):
    worker = Worker("plain", lambda job: worker.close(), connection=redis.connection)
    queue.add("x")
    worker.run()
    assert queue.get_job_counts("completed") == {"completed": 1}


def test_pause_and_resume(queue, redis):
    with Worker("plain", lambda job: None, connection=redis.connection) as worker:
        worker.pause()
        assert worker.is_paused()
        job = queue.add("x")
        assert queue.get_job_state(job.id) == "waiting"
        ear = Ear(worker, "completed")
        worker.resume()
        ear.wait()


def test_close_with_a_limit_gives_back_what_still_runs(queue, redis):
    gate = threading.Event()
    job = queue.add("x")
    worker = Worker("plain", lambda job: gate.wait(10), connection=redis.connection)
    ear = Ear(worker, "active")
    with worker:
        ear.wait()
        worker.close(timeout=0.05)
        assert queue.get_job_state(job.id) == "waiting"
        gate.set()


def test_a_worker_that_never_ran_can_be_closed(redis):
    worker = Worker("plain", lambda job: None, connection=redis.connection)
    worker.close()
    with pytest.raises(ClosedError):
        worker.run()


def test_a_blocking_call_in_a_listener_is_refused_not_stuck(queue, redis):
    errors = []

    def on_completed(job, result):
        try:
            job.get_state()
        except RuntimeError as error:
            errors.append(str(error))

    with Worker("plain", lambda job: None, connection=redis.connection) as worker:
        worker.on("completed", on_completed)
        ear = Ear(worker, "completed")
        queue.add("x")
        ear.wait()
    assert errors == ["a blocking call inside the event loop would wait for itself"]
