"""moveToActive, and what every fetch of a job does."""

import pytest
import redis
from lua_queue import NOW, TAKE_KEYS, TOKEN, pack


def test_the_job_that_waited_longest_is_handed_out_with_its_fields(queue):
    queue.add(name="first", data='{"a":1}')
    queue.add(name="second")
    id, fields = queue.take(now=NOW + 5)
    assert id == "1"
    assert fields == queue.job("1")
    assert fields["processedOn"] == str(NOW + 5)
    assert fields["ats"] == "1"
    assert queue.list("active") == ["1"]
    assert queue.events()[-1] == ("active", {"jobId": "1", "prev": "waiting"})


def test_a_job_started_again_counts_its_starts_and_shows_the_new_time(queue):
    queue.add({"attempts": 3})
    queue.take(now=NOW)
    queue.retry("1")
    _, fields = queue.take(now=NOW + 9, name="w2")
    assert (fields["ats"], fields["processedOn"], fields["pb"]) == ("2", str(NOW + 9), "w2")
    assert fields == queue.job("1")


def test_the_worker_holds_a_lock_for_its_lock_duration(queue):
    queue.add()
    queue.take()
    assert queue.redis.get(queue.key("1:lock")) == TOKEN
    assert 29000 < queue.redis.pttl(queue.key("1:lock")) <= 30000


def test_a_worker_with_token_0_takes_no_lock(queue):
    queue.add()
    queue.take(token="0")
    assert not queue.exists("1:lock")


def test_waiting_jobs_run_before_prioritized_ones(queue):
    queue.add({"priority": 1})
    queue.add()
    assert [queue.take()[0], queue.take()[0]] == ["2", "1"]


def test_an_empty_queue_forgets_its_priority_counter(queue):
    queue.add({"priority": 1})
    queue.take()
    assert queue.exists("pc")
    assert queue.take() == [0, 0, 0, 0]
    assert not queue.exists("pc")


@pytest.mark.parametrize("left", [{}, {"priority": 1}, {"delay": 5000}])
def test_taking_a_job_wakes_another_worker_while_anything_is_left(queue, left):
    queue.add()
    queue.add(left)
    queue.redis.delete(queue.key("marker"))
    queue.take()
    assert queue.scores("marker") == {"0": 0}


def test_taking_the_last_job_wakes_nobody(queue):
    queue.add()
    queue.redis.delete(queue.key("marker"))
    queue.take()
    assert not queue.exists("marker")


def test_due_jobs_are_promoted_in_order_to_where_they_wait(queue):
    queue.add({"delay": 100})
    queue.add({"delay": 50})
    queue.add({"delay": 60, "priority": 4})
    queue.add({"delay": 9000})
    queue.forget_events()
    assert queue.take(now=NOW + 100)[0] == "2"
    assert queue.list("wait") == ["1"]
    assert list(queue.scores("prioritized")) == ["3"]
    assert list(queue.scores("delayed")) == ["4"]
    assert queue.job("1")["delay"] == "0"
    assert queue.events() == [
        *[("waiting", {"jobId": id, "prev": "delayed"}) for id in ("2", "3", "1")],
        ("active", {"jobId": "2", "prev": "waiting"}),
    ]


def test_more_due_jobs_than_one_call_promotes_are_promoted_by_the_next(queue):
    for _ in range(1003):
        queue.add({"delay": 1})
    queue.take(now=NOW + 10)
    assert queue.redis.zcard(queue.key("delayed")) == 3
    queue.take(now=NOW + 10)
    assert not queue.exists("delayed")


def test_nothing_to_do_tells_when_the_next_job_is_due(queue):
    queue.add({"delay": 700.5})
    assert queue.take() == [0, 0, 0, NOW + 700]


def test_a_paused_queue_hands_out_nothing_but_promotes(queue):
    queue.add()
    queue.add({"delay": 10})
    queue.pause()
    assert queue.take(now=NOW + 10) == [0, 0, 0, 0]
    assert queue.list("wait") == ["2", "1"]
    assert not queue.exists("marker")


def test_the_global_concurrency_limits_active_jobs(queue):
    queue.redis.hset(queue.key("meta"), "concurrency", 1)
    queue.add()
    queue.add()
    queue.take()
    assert queue.take() == [0, 0, 0, 0]
    assert queue.finish("1", fetch=True)[0] == "2"


def test_the_rate_limit_counts_starts_and_tells_how_long_it_holds(queue):
    for _ in range(3):
        queue.add()
    limiter = {"max": 2, "duration": 10000.7}
    queue.take(limiter=limiter)
    queue.take(limiter=limiter)
    reply = queue.take(limiter=limiter)
    assert reply[:2] == [0, 0] and 9000 < reply[2] <= 10000 and reply[3] == 0
    assert queue.redis.get(queue.key("limiter")) == "2"


def test_a_job_that_is_only_going_to_fail_does_not_count_against_the_rate_limit(queue):
    queue.add()
    queue.redis.hset(queue.key("1"), "defa", "child failed")
    queue.take(limiter={"max": 2, "duration": 10000})
    assert not queue.exists("limiter")


def test_the_limit_in_the_settings_beats_the_workers_but_its_window_does_not(queue):
    queue.redis.hset(queue.key("meta"), mapping={"max": 1, "duration": 90000})
    queue.add()
    queue.add()
    queue.take(limiter={"max": 5, "duration": 10000})
    assert 9000 < queue.redis.pttl(queue.key("limiter")) <= 10000
    assert queue.take(limiter={"max": 5, "duration": 10000})[2] > 0


def test_a_limit_without_a_window_is_an_error(queue):
    queue.redis.hset(queue.key("meta"), "max", 1)
    queue.add()
    with pytest.raises(redis.ResponseError):
        queue.take()


def test_a_counter_without_expiry_limits_nothing(queue):
    queue.redis.set(queue.key("limiter"), 99)
    queue.add()
    assert queue.take(limiter={"max": 2, "duration": 10000})[0] == "1"


def test_markers_of_old_versions_are_dropped(queue):
    queue.add()
    queue.redis.rpush(queue.key("wait"), "0:0", "0:123")
    assert queue.take()[0] == "1"
    assert queue.list("active") == ["1"]


def test_a_job_without_hash_is_handed_out_as_what_is_written(queue):
    queue.redis.lpush(queue.key("wait"), "ghost")
    id, fields = queue.take(name="w1")
    assert fields == {"processedOn": str(NOW), "ats": "1", "pb": "w1"} == queue.job("ghost")


def test_a_marker_that_is_set_already_is_left_and_one_that_was_taken_is_set_again(queue):
    queue.add()
    queue.add()
    queue.take()
    assert queue.scores("marker") == {"0": 0}
    queue.add()
    queue.redis.delete(queue.key("marker"))
    queue.take()
    assert queue.scores("marker") == {"0": 0}


@pytest.mark.parametrize(
    "order", [["token", "lockDuration", "limiter", "name"], ["name", "limiter", "lockDuration", "token"]]
)
def test_a_workers_options_may_come_in_any_order(queue, order):
    options = {"token": "t:1", "lockDuration": 5000, "limiter": {"max": 1, "duration": 700}, "name": "w"}
    queue.add()
    queue.add()

    def take():
        ordered = {name: options[name] for name in order}
        return queue.call("moveToActive", TAKE_KEYS, queue.prefix, NOW, pack(ordered))

    assert take()[1] == "1"
    assert queue.job("1")["pb"] == "w" and queue.redis.get(queue.key("1:lock")) == "t:1"
    assert 0 < queue.redis.pttl(queue.key("1:lock")) <= 5000
    assert 0 < take()[2] <= 700
