"""Job schedulers; that they are those of Node is compared in tests/interop."""

from datetime import UTC, datetime, timedelta

import pytest
from conftest import Ear

from libbullmq import OptionError
from libbullmq.sync import Queue as BlockingQueue

HOUR = 3_600_000


async def test_the_rule_is_a_dict_or_keywords(queue):
    template = {"name": "tick", "data": [1], "opts": {"attempts": 2}}
    job = await queue.upsert_job_scheduler("a", {"every": HOUR, "limit": 5}, template, limit=7)
    assert (job.name, job.data, job.opts["attempts"]) == ("tick", [1], 2)
    assert job.repeat_job_key == "a"
    assert (await queue.get_job(job.id)).data == [1]
    found = await queue.get_job_scheduler("a")
    assert (found["every"], found["limit"], found["name"]) == (HOUR, 7, "tick")
    assert found["template"]["data"] == [1]


async def test_dates_are_milliseconds_or_datetimes(queue):
    start = datetime.now(UTC) + timedelta(days=1)
    await queue.upsert_job_scheduler(
        "a", every=HOUR, start_date=start, end_date=start + timedelta(days=1)
    )
    found = await queue.get_job_scheduler("a")
    assert found["startDate"] == round(start.timestamp() * 1000)
    assert found["endDate"] == found["startDate"] + 24 * HOUR


async def test_schedulers_are_listed_counted_and_removed(queue):
    for name, hours in (("a", 1), ("b", 2), ("c", 3)):
        await queue.upsert_job_scheduler(name, every=hours * HOUR, offset=1)
    assert await queue.get_job_schedulers_count() == 3
    assert len(await queue.get_job_schedulers(0, 1, asc=True)) == 2
    assert await queue.remove_job_scheduler("a") is True
    assert await queue.remove_job_scheduler("a") is False
    assert await queue.get_job_scheduler("a") is None


async def test_a_scheduler_that_has_nothing_more_to_do_makes_no_job(queue):
    assert await queue.upsert_job_scheduler("a", every=HOUR, limit=0) is None
    assert await queue.get_job_schedulers_count() == 0


async def test_workers_keep_a_scheduler_going(queue, start_worker):
    ear = Ear(start_worker(lambda job: job.data), "completed")
    await queue.upsert_job_scheduler("a", template={"data": "tick"}, every=20, limit=3)
    heard = await ear.count(3)
    assert [result for _, _, result in heard] == ["tick"] * 3


@pytest.mark.parametrize(
    ("rule", "template", "text"),
    [
        ({}, None, "Either .pattern or .every options must be defined"),
        ({"every": 1, "pattern": "* * * * *"}, None, "Both .pattern and .every"),
        ({"every": 0}, None, "every"),
        ({"evry": 1}, None, "evry"),
        ({1: 2}, None, "1"),
        ({"pattern": "* * * * *", "tz": "Atlantis"}, None, "Atlantis"),
        ({"every": 1, "startDate": "tomorrow"}, None, "startDate"),
        ({"every": 1}, {"dat": 1}, 'the template has no "dat"'),
        ({"every": 1}, "tick", "the template must be a dict, not str"),
        ({"every": 1}, {"data": object()}, "data of job scheduler 'a' has no JSON form"),
        ("daily", None, "options must be a dict, not str"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_refused_before_anything_is_written(queue, rule, template, text):
    with pytest.raises(OptionError, match=text):
        await queue.upsert_job_scheduler("a", rule, template)
    assert await queue.get_job_schedulers_count() == 0


def test_a_blocking_queue_has_schedulers_too(redis):
    with BlockingQueue("plain", connection=redis.connection) as queue:
        job = queue.upsert_job_scheduler("a", every=HOUR)
        assert job.get_state() in ("waiting", "delayed")
        assert queue.upsert_job_scheduler("b", every=HOUR, limit=0) is None
        assert [found["key"] for found in queue.get_job_schedulers()] == ["a"]
