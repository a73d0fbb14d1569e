"""Deduplication: the owner key de:<id>, and the job kept aside in dn:<id>."""

import pytest
from lua_queue import NOW


def owner(queue):
    return queue.redis.get(queue.key("de:x"))


def add(queue, rule=None, opts=None, **job):
    return queue.add({**(opts or {}), "de": {"id": "x", **(rule or {})}}, **job)


def test_a_second_job_is_not_created_while_the_first_owns_the_id(queue):
    assert add(queue) == "1"
    assert add(queue) == "1"
    assert queue.job("1")["deid"] == "x" and owner(queue) == "1"
    assert not queue.exists("2")
    assert queue.events()[-1] == (
        "deduplicated",
        {"jobId": "1", "deduplicationId": "x", "deduplicatedJobId": "2"},
    )


def test_the_id_is_free_when_its_owner_has_finished(queue):
    add(queue)
    queue.take()
    queue.finish("1")
    assert owner(queue) is None
    assert add(queue) == "2"


def test_an_id_with_time_to_live_stays_taken_when_its_owner_has_finished(queue):
    add(queue, {"ttl": 60000})
    queue.take()
    queue.finish("1")
    assert owner(queue) == "1"
    assert 59000 < queue.redis.pttl(queue.key("de:x")) <= 60000
    assert add(queue, {"ttl": 60000}) == "1"


def test_another_hit_can_extend_the_time_to_live(queue):
    add(queue, {"ttl": 1000, "extend": True})
    add(queue, {"ttl": 60000, "extend": True})
    assert queue.redis.pttl(queue.key("de:x")) > 50000


@pytest.mark.parametrize("rule", [{}, {"ttl": 60000}, {"ttl": 60000, "extend": True}])
def test_a_delayed_owner_can_be_replaced(queue, rule):
    add(queue, {"replace": True, **rule}, {"delay": 500})
    queue.forget_events()
    assert add(queue, {"replace": True, **rule}, {"delay": 900}) == "2"
    assert owner(queue) == "2" and not queue.exists("1")
    assert list(queue.scores("delayed")) == ["2"]
    assert (queue.redis.pttl(queue.key("de:x")) > 0) == ("ttl" in rule)
    assert queue.events()[:2] == [
        ("removed", {"jobId": "1", "prev": "delayed"}),
        ("deduplicated", {"jobId": "2", "deduplicationId": "x", "deduplicatedJobId": "1"}),
    ]


def test_an_owner_that_is_not_delayed_is_not_replaced_and_nothing_is_said(queue):
    add(queue, {"replace": True})
    queue.forget_events()
    assert add(queue, {"replace": True}) == "1"
    assert queue.events() == []


def test_a_delayed_owner_can_be_rescheduled(queue):
    add(queue, {"reschedule": True}, {"delay": 500})
    assert add(queue, {"reschedule": True}, {"delay": 900}, now=NOW + 1) == "1"
    assert queue.scores("delayed") == {"1": (NOW + 901) * 4096}
    assert queue.job("1")["delay"] == "900"
    assert queue.scores("marker") == {"1": NOW + 901}
    assert [name for name, _ in queue.events()[-2:]] == ["deduplicated", "delayed"]


@pytest.mark.parametrize("rule", [{}, {"replace": True}, {"ttl": 0, "extend": True}])
def test_an_owner_that_vanished_is_succeeded(queue, rule):
    add(queue, rule)
    queue.redis.delete(queue.key("1"))
    assert add(queue, rule) == "2"
    assert owner(queue) == "2"


@pytest.mark.parametrize("opts", [{}, {"delay": 300}, {"priority": 3}])
def test_the_last_job_added_while_the_owner_ran_is_created_when_it_has_finished(queue, opts):
    add(queue, {"keepLastIfActive": True})
    queue.take()
    for data in ("first", "last"):
        assert add(queue, {"keepLastIfActive": True}, opts, data=data, name="again") == "1"
    assert queue.redis.hget(queue.key("dn:x"), "data") == "last"
    queue.forget_events()
    queue.finish("1", now=NOW + 5)
    assert queue.job("3")["data"] == "last" and queue.job("3")["timestamp"] == str(NOW + 5)
    assert owner(queue) == "3" and not queue.exists("dn:x")
    assert queue.exists("delayed" if "delay" in opts else "prioritized" if opts else "wait")
    moved = "delayed" if "delay" in opts else "waiting"
    assert [name for name, _ in queue.events()][:3] == ["added", moved, "completed"]


def test_a_retry_does_not_release_the_id(queue):
    add(queue)
    queue.take()
    queue.retry("1")
    assert owner(queue) == "1"


def test_a_job_with_a_custom_id_is_a_duplicate_first(queue):
    add(queue, id="mine")
    queue.forget_events()
    assert add(queue, id="mine") == "mine"
    assert queue.events() == [("duplicated", {"jobId": "mine"})]
