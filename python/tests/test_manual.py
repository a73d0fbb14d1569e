"""Workers without a handler: jobs are taken and ended by hand."""

import pytest

from libbullmq import OptionError, ScriptError, UnrecoverableError, Worker, sync


@pytest.fixture
async def worker(queue, redis):
    async with Worker(queue.name, connection=redis.connection, drain_delay=0.1) as worker:
        yield worker


async def test_a_job_is_taken_and_completed(queue, worker):
    added = await queue.add("x", {"n": 1})
    job = await worker.get_next_job("mine")
    assert (job.id, job.data, job.token) == (added.id, {"n": 1}, "mine")
    assert await job.get_state() == "active"
    assert await job.move_to_completed({"r": 1}) is None
    assert (job.returnvalue, job.attempts_made) == ({"r": 1}, 1)
    assert (await queue.get_job(job.id)).returnvalue == {"r": 1}
    assert await worker.get_next_job("mine") is None


async def test_the_next_job_can_be_taken_in_the_same_step(queue, worker):
    await queue.add_bulk([{"name": "a"}, {"name": "b"}, {"name": "c"}])
    first = await worker.get_next_job("mine")
    second = await first.move_to_completed(1, fetch_next=True)
    third = await second.move_to_failed(UnrecoverableError("no"), fetch_next=True)
    assert [first.name, second.name, third.name] == ["a", "b", "c"]
    assert third.token == "mine"
    assert (second.failed_reason, len(second.stacktrace)) == ("no", 1)
    assert await queue.get_job_counts("active", "completed", "failed") == {
        "active": 1,
        "completed": 1,
        "failed": 1,
    }


async def test_attempts_decide_on_a_retry(queue, worker):
    await queue.add("x", attempts=2)
    job = await worker.get_next_job("mine")
    await job.move_to_failed(RuntimeError("again"))
    assert await job.get_state() == "waiting"
    job = await worker.get_next_job("mine")
    assert job.attempts_made == 1
    await job.move_to_failed(RuntimeError("again"))
    assert await job.get_state() == "failed"


async def test_a_wrong_token_leaves_the_job_as_it_is(queue, worker):
    await queue.add("x")
    job = await worker.get_next_job("mine")
    with pytest.raises(ScriptError) as error:
        await job.move_to_completed(1, token="yours")
    assert error.value.name == "JobLockMismatch"
    assert await job.get_state() == "active"
    assert await job.extend_lock("mine", 10_000)


async def test_nothing_is_taken_by_itself(queue, redis, worker):
    await worker.start_stalled_check_timer()
    await queue.add("x")
    await queue.get_job_counts()
    assert (await queue.get_job_counts("waiting"))["waiting"] == 1
    worker.concurrency = 5
    assert (await queue.get_job_counts("waiting"))["waiting"] == 1


async def test_a_stalled_job_comes_back(queue, redis):
    options = {"connection": redis.connection, "lockDuration": 50, "stalledInterval": 50}
    await queue.add("x")
    async with Worker(queue.name, None, options) as worker:
        taken = await worker.get_next_job("mine")
        await worker.start_stalled_check_timer()
        again = None
        while again is None:
            again = await worker.get_next_job("yours")
        assert (again.id, again.stalled_counter) == (taken.id, 1)


async def test_what_cannot_be_done_by_hand_says_so(queue, worker):
    await queue.add("x")
    job = await queue.get_job("1")
    with pytest.raises(OptionError, match=r"not one of Worker\.get_next_job"):
        await job.move_to_completed(1)
    with pytest.raises(RuntimeError, match="await its get_next_job"):
        await worker.run()
    job = await worker.get_next_job("mine")
    with pytest.raises(OptionError, match="no JSON form"):
        await job.move_to_completed({1, 2})
    with pytest.raises(OptionError, match="must be an exception, not str"):
        await job.move_to_failed("because")
    assert await job.get_state() == "active"


def test_by_hand_without_asyncio(redis):
    options = {"connection": redis.connection}
    with sync.Queue("q", options) as queue, sync.Worker("q", None, options) as worker:
        queue.add_bulk([{"name": "a"}, {"name": "b"}])
        first = worker.get_next_job("mine")
        second = first.move_to_completed("r", fetch_next=True)
        assert (first.name, second.name, second.token) == ("a", "b", "mine")
        assert second.move_to_failed(RuntimeError("no")) is None
        assert second.get_state() == "failed"
        assert worker.get_next_job("mine", block=False) is None
