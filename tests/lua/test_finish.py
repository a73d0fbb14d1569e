"""moveToFinished."""

import pytest
import redis
from lua_queue import NOW, TOKEN, finish_keys, pack


@pytest.fixture
def active(queue):
    """A queue with job 1 active."""
    queue.add()
    queue.take()
    queue.forget_events()
    return queue


def test_a_completed_job_is_kept_with_its_result(active):
    assert active.finish("1", result='{"sent":7}', now=NOW + 3) == 0
    job = active.job("1")
    assert (job["returnvalue"], job["finishedOn"], job["atm"]) == ('{"sent":7}', str(NOW + 3), "1")
    assert active.scores("completed") == {"1": NOW + 3}
    assert not active.exists("active", "1:lock")


def test_the_last_job_of_a_queue_drains_it(active):
    active.finish("1")
    assert active.events() == [
        ("completed", {"jobId": "1", "returnvalue": "null", "prev": "active"}),
        ("drained", {}),
    ]


@pytest.mark.parametrize("fetch", [False, True])
def test_a_queue_with_another_active_job_is_not_drained(active, fetch):
    active.add()
    active.take()
    active.finish("1", fetch=fetch)
    assert "drained" not in [name for name, _ in active.events()]


def test_finishing_without_fetch_counts_a_queue_with_delayed_jobs_only_as_drained(active):
    active.add({"delay": 5000})
    active.finish("1")
    assert active.events()[-1] == ("drained", {})


def test_finishing_with_fetch_does_not_and_tells_when_the_next_is_due(active):
    active.add({"delay": 5000})
    assert active.finish("1", fetch=True) == [0, 0, 0, NOW + 5000]
    assert active.events()[-1][0] == "completed"


def test_the_next_job_comes_with_the_reply(active):
    active.add(data="2")
    id, fields = active.finish("1", fetch=True)
    assert id == "2" and fields == active.job("2")
    assert active.redis.get(active.key("2:lock")) == TOKEN
    assert [name for name, _ in active.events()[-2:]] == ["completed", "active"]


def test_a_failed_job_keeps_its_reason_and_the_fields_sent_along(active):
    active.redis.hset(active.key("1"), "defa", "child failed")
    active.finish("1", "failed", "boom", fields=["failedReason", "x", "stacktrace", '["at"]'], attempts=1)
    job = active.job("1")
    assert (job["failedReason"], job["stacktrace"], job["atm"]) == ("boom", '["at"]', "1")
    assert "defa" not in job
    assert active.events() == [
        ("failed", {"jobId": "1", "failedReason": "boom", "prev": "active"}),
        ("retries-exhausted", {"jobId": "1", "attemptsMade": "1"}),
        ("drained", {}),
    ]


def test_a_job_failed_before_its_last_attempt_is_not_exhausted(active):
    active.finish("1", "failed", "for good", attempts=3)
    assert "retries-exhausted" not in [name for name, _ in active.events()]


def test_a_job_not_to_be_kept_leaves_no_key(active):
    for suffix in ("logs", "dependencies", "processed", "failed"):
        active.redis.rpush(active.key("9:" + suffix), "other job's")
    active.redis.rpush(active.key("1:logs"), "row")
    active.finish("1", keepJobs={"count": 0})
    assert active.redis.keys(active.key("1*")) == []
    assert not active.exists("completed")
    assert active.exists("9:logs")


def finish_many(queue, count, **options):
    for i in range(count):
        queue.add()
        id, _ = queue.take()
        queue.finish(id, now=NOW + i * 1000, **options)


def test_the_newest_jobs_are_kept_by_count(queue):
    finish_many(queue, 5, keepJobs={"count": 2})
    assert list(queue.scores("completed")) == ["4", "5"]
    assert queue.exists(*"12345") == 2


def test_jobs_are_kept_by_age_and_count(queue):
    finish_many(queue, 5)
    queue.add()
    queue.take()
    queue.finish("6", now=NOW + 5000, keepJobs={"age": 4, "count": 3})
    assert list(queue.scores("completed")) == ["4", "5", "6"]


def test_jobs_past_their_age_are_removed_newest_first_up_to_the_limit(queue):
    finish_many(queue, 4)
    queue.add()
    queue.take()
    queue.finish("5", now=NOW + 60000, keepJobs={"age": 10, "limit": 3})
    assert list(queue.scores("completed")) == ["1", "5"]
    assert queue.exists("1", "2", "3", "4") == 1


def test_age_0_removes_the_job_itself(active):
    active.finish("1", keepJobs={"age": 0})
    assert not active.exists("completed", "1")


@pytest.mark.parametrize(("options", "code"), [({}, -2), ({"token": "other"}, -6)])
def test_a_worker_without_the_lock_cannot_finish(active, options, code):
    if not options:
        active.redis.delete(active.key("1:lock"))
    before = active.job("1")
    assert active.finish("1", **options) == code
    assert active.job("1") == before
    assert active.list("active") == ["1"]


def test_a_missing_job_cannot_be_finished(active):
    active.redis.delete(active.key("1"))
    assert active.finish("1") == -1
    assert active.exists("1:lock")


def test_a_hash_without_a_name_still_counts_as_a_job(queue):
    queue.redis.lpush(queue.key("wait"), "ghost")
    queue.take()
    assert queue.finish("ghost") == 0


def test_a_job_that_is_not_active_is_refused_after_lock_and_fields_were_handled(active):
    active.redis.delete(active.key("active"))
    assert active.finish("1", "failed", "boom", fields=["failedReason", "early"]) == -3
    assert not active.exists("1:lock", "failed")
    assert active.job("1")["failedReason"] == "early"


def test_pending_children_forbid_completion_before_failed_ones_do(active):
    active.redis.sadd(active.key("1:dependencies"), "child")
    active.redis.zadd(active.key("1:unsuccessful"), {"child": 1})
    assert active.finish("1") == -4
    active.redis.delete(active.key("1:dependencies"))
    assert active.finish("1") == -9
    assert active.exists("1:lock")
    assert active.finish("1", "failed", "x") == 0


def test_arguments_without_keep_rule_are_an_error_that_changes_nothing(active):
    with pytest.raises(redis.ResponseError):
        active.finish("1", keepJobs=None)
    assert active.list("active") == ["1"]
    assert active.exists("1:lock")


def test_metrics_put_the_counts_of_past_minutes_newest_first(queue):
    points = []
    for minute in (0, 0, 1, 1, 2, 5):
        queue.add()
        id, _ = queue.take()
        queue.finish(id, now=minute * 60000 + 1, maxMetricsSize=3)
        points.append(queue.list("metrics:completed:data"))
    assert points == [[], [], ["2"], ["2"], ["2", "2"], ["0", "0", "1"]]
    assert queue.redis.hgetall(queue.key("metrics:completed")) == {
        "count": "6",
        "prevTS": "300001",
        "prevCount": "5",
    }


def test_a_long_silence_is_pushed_as_zeros_up_to_the_number_of_points(queue):
    for minute in (0, 20000):
        queue.add()
        id, _ = queue.take()
        queue.finish(id, now=minute * 60000, maxMetricsSize=15000)
    data = queue.list("metrics:completed:data")
    assert len(data) == 15000 and data[-1] == "1" and set(data[:-1]) == {"0"}


ORDERS = [
    ["token", "name", "keepJobs", "limiter", "lockDuration", "attempts", "maxMetricsSize", "fpof"],
    ["maxMetricsSize", "attempts", "lockDuration", "limiter", "keepJobs", "name", "token"],
]


def pack_as_node(options):
    """With a head of three bytes."""
    return b"\xde" + len(options).to_bytes(2, "big") + b"".join(pack(k) + pack(v) for k, v in options.items())


@pytest.mark.parametrize("packer", [pack, pack_as_node])
@pytest.mark.parametrize("order", ORDERS)
def test_the_options_of_a_finish_may_come_in_any_order_and_packing(queue, order, packer):
    options = queue.worker(name="w", limiter=None, fpof=False, keepJobs={"count": 0}, maxMetricsSize=5)
    for _ in range(2):
        queue.add()
    queue.take()
    packed = packer({name: options[name] for name in order})
    keys = finish_keys("completed", "1")
    reply = queue.call(
        "moveToFinished", keys, "1", NOW, "returnvalue", "1", "completed", "1", queue.prefix, packed, ""
    )
    assert reply[1] == "2" and queue.job("2")["pb"] == "w"
    assert not queue.exists("1", "completed") and queue.exists("metrics:completed")
