"""Reading commands and small updates."""

import pytest

STATES = ["completed", "failed", "delayed", "active", "wait", "paused", "waiting-children", "prioritized"]


@pytest.mark.parametrize("command", ["getState", "getStateV2"])
def test_the_state_of_a_job_is_where_it_is(queue, command):
    def state(id):
        return queue.call(command, STATES, id)

    queue.add()
    queue.take()
    queue.add()
    queue.add({"delay": 5})
    queue.add({"priority": 5})
    queue.add(waits_for_children=True)
    queue.redis.rpush(queue.key("paused"), "legacy")
    found = [state(id) for id in ("1", "2", "3", "4", "5", "legacy", "none")]
    assert found == ["active", "waiting", "delayed", "prioritized", "waiting-children", "waiting", "unknown"]
    queue.finish("1")
    assert state("1") == "completed"


def test_counts_come_in_the_order_asked_for(queue):
    queue.add()
    queue.add()
    queue.add({"delay": 5})
    queue.add({"priority": 1})
    assert queue.call("getCounts", [""], "delayed", "wait", "active", "prioritized", "failed") == [
        1,
        2,
        0,
        1,
        0,
    ]


def test_delayed_jobs_are_counted_before_a_cut_off(queue):
    queue.add({"delay": 100}, now=1000)
    queue.add({"delay": 200}, now=1000)
    assert queue.call("getCounts", [""], 1200, "delayed", "wait") == [1, 0]
    assert queue.call("getCounts", [""], 1201, "delayed") == [2]


def is_finished(queue, id, value=""):
    return queue.call("isFinished", ["completed", "failed", id], id, value)


def test_a_finished_job_is_told_with_its_result(queue):
    queue.add()
    assert is_finished(queue, "1") == 0
    assert is_finished(queue, "1", "1") == [0]
    queue.take()
    queue.finish("1", result="42")
    assert is_finished(queue, "1") == 1
    assert is_finished(queue, "1", "1") == [1, "42"]
    queue.add()
    queue.take()
    queue.finish("2", "failed", "boom")
    assert is_finished(queue, "2", "1") == [2, "boom"]


def test_a_missing_job_is_not_finished(queue):
    assert is_finished(queue, "9") == -1
    assert is_finished(queue, "9", "1") == [-1, "Missing key for job bull:orders:9. isFinished"]


def test_a_queue_is_maxed_when_its_concurrency_is_used_up(queue):
    assert queue.call("isMaxed", ["meta", "active"]) is None
    queue.redis.hset(queue.key("meta"), "concurrency", 1)
    queue.add()
    assert queue.call("isMaxed", ["meta", "active"]) is None
    queue.take()
    assert queue.call("isMaxed", ["meta", "active"]) == 1


def test_the_rate_limit_is_told_for_a_worker_the_queue_or_as_it_is(queue):
    def ttl(max=0):
        return queue.call("getRateLimitTtl", ["limiter", "meta"], max)

    assert ttl() == -2
    queue.redis.psetex(queue.key("limiter"), 60000, 3)
    assert ttl(4) == 0 and ttl(3) > 50000 and ttl() > 50000
    queue.redis.hset(queue.key("meta"), "max", 4)
    assert ttl() == 0


def test_progress_is_stored_and_announced(queue):
    queue.add()
    assert queue.call("updateProgress", ["1", "events", "meta"], "1", '{"at":50}') == 0
    assert queue.job("1")["progress"] == '{"at":50}'
    assert queue.events()[-1] == ("progress", {"jobId": "1", "data": '{"at":50}'})


def test_log_rows_are_kept_up_to_their_number(queue):
    queue.add()
    rows = [
        queue.call("addLog", ["1", "1:logs"], "1", row, keep) for row, keep in (("a", ""), ("b", 5), ("c", 2))
    ]
    assert rows == [1, 2, 2]
    assert queue.list("1:logs") == ["b", "c"]


def test_data_and_stack_traces_are_replaced(queue):
    queue.add()
    assert queue.call("updateData", ["1"], '{"new":1}') == 0
    assert queue.call("saveStacktrace", ["1"], '["at"]', "boom") == 0
    job = queue.job("1")
    assert (job["data"], job["stacktrace"], job["failedReason"]) == ('{"new":1}', '["at"]', "boom")


@pytest.mark.parametrize(
    ("command", "keys", "args"),
    [
        ("updateProgress", ["9", "events", "meta"], ["9", "1"]),
        ("addLog", ["9", "9:logs"], ["9", "row", ""]),
        ("updateData", ["9"], ["{}"]),
        ("saveStacktrace", ["9"], ["[]", "x"]),
    ],
)
def test_nothing_is_written_to_a_missing_job(queue, command, keys, args):
    assert queue.call(command, keys, *args) == -1
    assert queue.redis.keys("*") == []
