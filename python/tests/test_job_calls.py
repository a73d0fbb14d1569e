"""The methods of a job; that they do what Node's do is compared in tests/interop."""

import pytest
from conftest import Ear

from libbullmq import BullMQError, OptionError, ScriptError
from libbullmq.sync import Queue as BlockingQueue

HOUR = 3_600_000


async def test_a_job_shows_what_was_changed_through_it(queue):
    job = await queue.add("x", delay=HOUR)
    await job.change_delay(5000)
    await job.change_priority(3)
    assert (job.delay, job.priority) == (5000, 3)
    await job.promote()
    await job.update_data({"new": 1})
    await job.update_progress([1])
    assert (job.delay, job.data, job.progress) == (0, {"new": 1}, [1])
    read = await queue.get_job(job.id)
    assert read.to_json() == {**job.to_json(), "opts": read.opts, "timestamp": read.timestamp}


async def test_a_retried_job_forgets_how_it_ended(queue, start_worker):
    def fail(job):
        raise ValueError("no")

    worker = start_worker(fail)
    ear = Ear(worker, "failed")
    job = await queue.add("x")
    await ear.count(1)
    await worker.pause()
    job = await queue.get_job(job.id)
    assert (job.failed_reason, job.attempts_made) == ("no", 1)
    await job.retry(reset_attempts_made=True)
    assert (job.failed_reason, job.finished_on, job.processed_on) == (None, None, None)
    assert (job.attempts_made, job.attempts_started) == (0, 1)
    assert await job.is_waiting()
    with pytest.raises(ScriptError, match="is not in the failed state"):
        await job.retry()


async def test_a_locked_job_is_not_removed(queue, start_worker):
    caught = []

    async def handle(job):
        try:
            await job.remove()
        except BullMQError as error:
            caught.append(error)

    ear = Ear(start_worker(handle), "completed")
    job = await queue.add("x")
    await ear.count(1)
    [error] = caught
    assert str(error) == f"Job {job.id} could not be removed because it is locked by another worker"
    assert (error.name, error.job_id) == ("JobLocked", job.id)


async def test_a_running_job_uses_its_own_token(queue, start_worker):
    """Without it the lock would stay behind."""

    async def handle(job):
        assert await job.extend_lock(job.token, 60_000)
        assert not await job.extend_lock("other", 60_000)
        with pytest.raises(ScriptError, match="Lock mismatch"):
            await job.move_to_wait("other")
        assert not await job.move_to_waiting_children()
        return [await job.is_active(), await job.get_state()]

    ear = Ear(start_worker(handle), "completed")
    await queue.add("x")
    [(_, _, result)] = await ear.count(1)
    assert result == [True, "active"]


async def test_children_of_a_job(queue):
    parent = await queue.add("parent", delay=HOUR)
    link = {"id": parent.id, "queue": f"bull:{queue.name}"}
    child = await queue.add("child", parent=link, delay=HOUR)
    key = f"bull:{queue.name}:{child.id}"
    nothing = {"processed": {}, "ignored": {}, "failed": []}
    assert await parent.get_dependencies() == {**nothing, "unprocessed": [key]}
    assert await parent.get_dependencies(unprocessed={"count": 5}) == {
        "unprocessed": [key],
        "nextUnprocessedCursor": 0,
    }
    assert await parent.get_dependencies_count(unprocessed=True) == {"unprocessed": 1}
    assert await parent.get_children_values() == {}
    assert await parent.get_ignored_children_failures() == {}
    child = await queue.get_job(child.id)
    assert child.parent == {"id": parent.id, "queueKey": f"bull:{queue.name}"}
    assert await child.remove_child_dependency() is True
    assert (child.parent, child.parent_key) == (None, None)
    assert await child.remove_child_dependency() is False


async def test_logs_keep_as_many_rows_as_the_job_says(queue):
    job = await queue.add("x", keep_logs=2)
    assert [await job.log(row) for row in ("one", "two", "three")] == [1, 2, 2]
    assert (await queue.get_job_logs(job.id))["logs"] == ["two", "three"]
    await job.clear_logs(1)
    assert await queue.get_job_logs(job.id) == {"logs": ["three"], "count": 1}
    with pytest.raises(OptionError, match="must be text"):
        await job.log(5)


async def test_a_job_as_json_has_nodes_names(queue):
    created = 1_700_000_000_000
    await queue.add("x", {"n": 1}, job_id="mine", attempts=2, timestamp=created)
    shown = (await queue.get_job("mine")).to_json()
    assert shown == {
        "id": "mine",
        "name": "x",
        "data": {"n": 1},
        "opts": {"jobId": "mine", "attempts": 2, "timestamp": created},
        "timestamp": created,
        "progress": 0,
        "returnvalue": None,
        "stacktrace": [],
        "delay": 0,
        "priority": 0,
        "attemptsMade": 0,
        "attemptsStarted": 0,
        "stalledCounter": 0,
        "queueQualifiedName": f"bull:{queue.name}",
    }


def test_a_blocking_job_shows_what_was_changed_through_it(redis):
    with BlockingQueue("plain", connection=redis.connection, prefix="own") as queue:
        job = queue.add("x", delay=HOUR)
        assert (job.prefix, job.queue_qualified_name, queue.prefix) == ("own", "own:plain", "own")
        job.change_priority(4)
        job.promote()
        assert (job.priority, job.delay) == (4, 0)
        assert job.is_delayed() is False
        job.remove()
        with pytest.raises(ScriptError, match="Missing key"):
            job.update_data(1)
