"""The methods of a queue; that they do what Node's do is compared in tests/interop."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from conftest import Ear

from libbullmq import BullMQError, Job, OptionError
from libbullmq.sync import Job as BlockingJob
from libbullmq.sync import Queue as BlockingQueue

HOUR = 3_600_000


async def test_settings_are_read_as_they_were_set(queue):
    assert await queue.get_global_concurrency() is None
    await queue.set_global_concurrency(4)
    await queue.set_global_rate_limit(10, 1000)
    assert await queue.get_global_rate_limit() == {"max": 10, "duration": 1000}
    meta = await queue.get_meta()
    assert (meta["concurrency"], meta["max"], meta["paused"]) == (4, 10, False)
    assert await queue.remove_global_concurrency() == 1
    assert await queue.remove_global_rate_limit() == 2
    assert await queue.get_version() == "bullmq:6.7.0"
    assert await queue.is_maxed() is False


async def test_jobs_are_listed_by_state(queue):
    waiting = [await queue.add("x", {"n": n}) for n in range(3)]
    await queue.add("later", delay=HOUR)
    await queue.add("first", priority=2)
    jobs = await queue.get_waiting()
    assert all(type(job) is Job for job in jobs)
    assert [job.data["n"] for job in jobs] == [0, 1, 2]
    assert [job.id for job in await queue.get_waiting(1, 1)] == [waiting[1].id]
    assert [job.name for job in await queue.get_delayed()] == ["later"]
    assert [job.name for job in await queue.get_prioritized()] == ["first"]
    assert await queue.get_completed() == []
    assert await queue.get_waiting_count() == 3
    assert await queue.get_counts_per_priority([0, 2, 5]) == {"0": 3, "2": 1, "5": 0}
    assert await queue.count() == 5
    assert await queue.get_job_count_by_types("waiting", "delayed") == 4
    assert await jobs[0].get_state() == "waiting"


async def test_one_type_stands_for_a_list_of_it(queue):
    await queue.add("x")
    assert await queue.get_ranges("waiting") == await queue.get_ranges(["waiting"]) == ["1"]
    assert [job.id for job in await queue.get_jobs(type for type in ("waiting",))] == ["1"]
    assert len(await queue.get_jobs()) == 1


async def test_times_are_milliseconds_or_datetimes(queue):
    await queue.add("x", delay=HOUR)
    now = datetime.now(UTC)
    assert await queue.get_delayed_count(now + timedelta(hours=2)) == 1
    assert await queue.get_delayed_count(now) == 0
    assert await queue.get_delayed_count(datetime.now() + timedelta(hours=2)) == 1  # local time
    assert await queue.get_delayed_count(int(now.timestamp() * 1000)) == 0


async def test_a_page_of_children_shows_their_jobs(queue, redis):
    parent = await queue.add("parent", delay=HOUR)
    async with type(queue)("kids", connection=redis.connection) as kids:
        link = {"id": parent.id, "queue": f"bull:{queue.name}"}
        kid = await kids.add("kid", {"n": 1}, parent=link, delay=HOUR)
        gone = await kids.add("gone", parent=link, delay=HOUR)
        redis.call("DEL", f"bull:kids:{gone.id}")
    page = await queue.get_dependencies(parent.id, "pending")
    jobs = dict(zip([item["id"] for item in page["items"]], page["jobs"], strict=True))
    assert page["total"] == 2
    assert jobs[f"bull:kids:{gone.id}"] is None
    shown = jobs[f"bull:kids:{kid.id}"]
    assert (shown["name"], shown["data"], shown["parent"]["id"]) == ("kid", {"n": 1}, parent.id)


async def test_the_whole_queue_is_cleaned_drained_promoted_and_retried(queue):
    for _ in range(2):
        await queue.add("x", delay=HOUR)
    await queue.promote_jobs()
    assert await queue.get_job_counts("waiting", "delayed") == {"waiting": 2, "delayed": 0}
    assert sorted(await queue.clean(0, 1, "wait")) in (["1"], ["2"])
    await queue.drain()
    assert await queue.count() == 0
    await queue.retry_jobs(state="completed", timestamp=datetime.now(UTC))
    assert await queue.trim_events(0) > 0
    assert await queue.remove_orphaned_jobs() == 0


async def test_listeners_hear_what_is_done_through_their_queue(queue):
    ear = Ear(queue, "waiting", "paused", "resumed", "removed", "cleaned", "progress")
    first, second = await queue.add("x"), await queue.add("x")
    await queue.pause()
    await queue.resume()
    await queue.update_job_progress(first.id, 5)
    await first.update_progress(6)
    await queue.remove(first.id)
    await second.remove()
    await queue.clean(0, 0, "wait")
    assert ear.heard == [
        ("waiting", first),
        ("waiting", second),
        ("paused",),
        ("resumed",),
        ("progress", first.id, 5),
        ("progress", first, 6),
        ("removed", first.id),
        ("removed", second),
        ("cleaned", [], "wait"),
    ]


async def test_what_is_wrong_is_refused_and_named(queue):
    job = await queue.add("x")
    with pytest.raises(OptionError, match="row of job 1 must be text, not int"):
        await queue.add_job_log(job.id, 5)
    with pytest.raises(OptionError, match="row of job 1 has no UTF-8 form"):
        await queue.add_job_log(job.id, "\ud800")
    with pytest.raises(OptionError, match="progress of job 1 has no JSON form"):
        await queue.update_job_progress(job.id, object())
    with pytest.raises(OptionError, match="type"):
        await queue.clean(0, 0, "done")
    with pytest.raises(OptionError, match="concurrency"):
        await queue.set_global_concurrency(0)
    with pytest.raises(BullMQError, match="Missing key for job nobody"):
        await queue.update_job_progress("nobody", 1)


async def test_a_queue_without_asyncio_has_jobs_that_block(redis):
    def use():
        with BlockingQueue("plain", connection=redis.connection) as queue:
            queue.add("x", {"n": 1})
            [job] = queue.get_waiting()
            assert type(job) is BlockingJob
            assert job.is_waiting() is True
            assert queue.get_jobs("waiting")[0].get_state() == "waiting"
            assert queue.get_job_counts("waiting") == {"waiting": 1}
            assert queue.get_dependencies(job.id, "pending") == {
                "items": [],
                "jobs": [],
                "total": 0,
            }
            assert queue.get_job("nobody") is None
            heard = []
            queue.on("removed", heard.append)
            assert queue.remove(job.id) == 1
            assert heard == [job.id]

    await asyncio.to_thread(use)


async def test_many_jobs_are_removed_in_pieces(queue, redis):
    entries = [{"name": "x"}] * 600
    await queue.add_bulk(entries)
    assert len(set(await queue.clean(0, 0, "waiting"))) == 600
    stream = redis.call("XRANGE", f"bull:{queue.name}:events", "-", "+").split()
    pieces = [stream[at + 2] for at, word in enumerate(stream) if word == "cleaned"]
    assert pieces == ["250", "250", "100"]
    await queue.add_bulk(entries)
    await queue.add_bulk([{"name": "x", "opts": {"priority": 1, "delay": 0}}] * 400)
    await queue.add("later", delay=HOUR)
    await queue.drain()
    assert await queue.get_job_counts("waiting", "prioritized", "delayed") == {
        "waiting": 0,
        "prioritized": 0,
        "delayed": 1,
    }
    await queue.drain(delayed=True)
    assert await queue.count() == 0
