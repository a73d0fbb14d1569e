"""pause and obliterate."""

import pytest
from lua_queue import TOKEN


def test_a_paused_queue_keeps_its_jobs_and_loses_its_marker(queue):
    queue.add()
    assert queue.pause() == 0
    assert queue.redis.hget(queue.key("meta"), "paused") == "1"
    assert queue.list("wait") == ["1"] and not queue.exists("marker")
    assert queue.events()[-1] == ("paused", {})


@pytest.mark.parametrize(("opts", "marker"), [({}, "0"), ({"priority": 1}, "0"), ({"delay": 500}, "1")])
def test_resuming_wakes_workers_for_what_is_there(queue, opts, marker):
    queue.add(opts)
    queue.pause()
    queue.resume()
    assert list(queue.scores("marker")) == [marker]
    assert not queue.redis.hexists(queue.key("meta"), "paused")
    assert queue.events()[-1] == ("resumed", {})


def test_jobs_that_bullmq_5_set_aside_run_first_in_their_order(queue):
    queue.redis.rpush(queue.key("paused"), "3", "2", "1")
    queue.redis.rpush(queue.key("wait"), "5", "4")
    assert queue.resume() == 0
    assert queue.list("wait") == ["5", "4", "3", "2", "1"] and not queue.exists("paused")


def test_a_list_set_aside_becomes_the_waiting_one_when_there_is_none(queue):
    queue.redis.rpush(queue.key("paused"), *range(8000))
    assert queue.resume() == 0
    assert queue.redis.llen(queue.key("wait")) == 8000


def test_a_long_list_set_aside_takes_several_calls(queue):
    queue.redis.rpush(queue.key("paused"), *range(8000))
    queue.redis.rpush(queue.key("wait"), "x")
    assert queue.resume() == 1000
    assert queue.resume() == 0
    assert queue.list("wait") == ["x", *map(str, range(8000))]


def obliterate(queue, count=1000, force=""):
    return queue.call("obliterate", ["meta", ""], count, force)


def test_only_a_paused_queue_without_active_jobs_is_obliterated(queue):
    queue.add()
    assert obliterate(queue) == -1
    queue.take()
    queue.pause()
    assert obliterate(queue) == -2
    assert queue.list("active") == ["1"]


def test_nothing_is_left_of_an_obliterated_queue(queue):
    queue.add({"de": {"id": "once"}})
    queue.take()
    queue.finish("1", maxMetricsSize=5)
    queue.add()
    queue.take()
    queue.add({"delay": 9000})
    queue.add({"priority": 1})
    queue.add()
    queue.redis.hset(queue.key("repeat:nightly"), "ic", 1)
    queue.redis.zadd(queue.key("repeat"), {"nightly": 1})
    queue.redis.rpush(queue.key("2:logs"), "row")
    queue.pause()
    assert obliterate(queue, force="force") == 0
    assert queue.redis.keys("*") == []


def test_a_small_budget_takes_several_calls(queue):
    for _ in range(5):
        queue.add()
    queue.pause()
    assert [obliterate(queue, 2) for _ in range(3)] == [1, 1, 0]
    assert queue.redis.keys("*") == []


def test_the_parent_of_the_last_obliterated_child_goes_too_in_the_same_queue(queue):
    queue.add(waits_for_children=True)
    queue.add(parent=(queue, "1"))
    queue.pause()
    assert obliterate(queue) == 0
    assert queue.redis.keys("*") == []


def test_a_parent_in_another_queue_is_put_to_work(queue, other_queue):
    other_queue.add(waits_for_children=True)
    queue.add(parent=(other_queue, "1"))
    other_queue.forget_events()
    queue.pause()
    assert obliterate(queue) == 0
    assert other_queue.list("wait") == ["1"] and other_queue.scores("marker") == {"0": 0}
    assert other_queue.events() == []


def test_locks_of_obliterated_active_jobs_go(queue):
    queue.add()
    queue.take()
    assert queue.redis.get(queue.key("1:lock")) == TOKEN
    queue.pause()
    obliterate(queue, force="force")
    assert not queue.exists("1:lock")
