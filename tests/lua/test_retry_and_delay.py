"""retryJob, moveToDelayed, moveJobFromActiveToWait, reprocessJob, promote."""

import pytest
from lua_queue import NOW, TOKEN


def take_new(queue, opts=None):
    queue.add(opts)
    id, _ = queue.take()
    queue.forget_events()
    queue.redis.delete(queue.key("marker"))
    return id


def test_a_job_retried_at_once_waits_again_with_one_more_attempt_made(queue):
    take_new(queue)
    assert queue.retry("1", fields=["failedReason", "boom"]) == 0
    assert queue.list("wait") == ["1"] and not queue.exists("active", "1:lock")
    assert (queue.job("1")["atm"], queue.job("1")["failedReason"]) == ("1", "boom")
    assert queue.events() == [("waiting", {"jobId": "1", "prev": "active"})]
    assert queue.scores("marker") == {"0": 0}


def test_a_lifo_retry_goes_to_the_front(queue):
    take_new(queue)
    queue.add()
    queue.retry("1", push="RPUSH")
    assert queue.list("wait") == ["2", "1"]


def test_a_prioritized_job_keeps_its_priority_when_retried(queue):
    take_new(queue, {"priority": 3})
    queue.retry("1")
    assert queue.scores("prioritized") == {"1": 3 * 2**32 + 2}


def test_a_retry_promotes_what_is_due_even_when_the_job_is_gone(queue):
    queue.add({"delay": 10})
    assert queue.retry("9", now=NOW + 10) == -1
    assert queue.list("wait") == ["1"]


def test_a_retry_frees_its_own_slot_of_the_global_concurrency(queue):
    queue.redis.hset(queue.key("meta"), "concurrency", 1)
    take_new(queue)
    queue.retry("1")
    assert queue.scores("marker") == {"0": 0}


@pytest.mark.parametrize("move", ["retry", "delay"])
def test_moving_a_job_back_checks_lock_then_place(queue, move):
    operation = (
        (lambda **o: queue.retry("1", **o)) if move == "retry" else (lambda **o: queue.delay("1", 50, **o))
    )
    take_new(queue)
    assert operation(token="other") == -6
    queue.redis.delete(queue.key("active"))
    assert operation(fields=["failedReason", "early"]) == -3
    assert queue.job("1")["failedReason"] == "early" and "atm" not in queue.job("1")
    assert operation() == -2


def test_a_job_moved_to_delayed_is_due_after_its_delay(queue):
    take_new(queue)
    assert queue.delay("1", 500) == 0
    assert queue.scores("delayed") == {"1": (NOW + 500) * 4096}
    assert (queue.job("1")["delay"], queue.job("1")["atm"]) == ("500", "1")
    assert queue.events() == [("delayed", {"jobId": "1", "delay": str(NOW + 500)})]
    assert queue.scores("marker") == {"1": NOW + 500}


def test_a_delay_that_is_no_attempt_is_not_counted(queue):
    take_new(queue)
    queue.delay("1", 500, skip_attempt=1)
    assert "atm" not in queue.job("1")


def test_delaying_with_fetch_returns_the_next_job_and_leaves_the_marker_to_it(queue):
    take_new(queue)
    queue.add()
    assert queue.delay("1", 500, fetch=True)[0] == "2"
    assert queue.scores("marker") == {"0": 0}


def test_delaying_with_fetch_says_nothing_else_than_a_job(queue):
    take_new(queue)
    assert queue.delay("1", 500, fetch=True) == 0
    assert queue.scores("marker") == {"1": NOW + 500}


def give_back(queue, id, token=TOKEN):
    keys = ["active", "wait", "stalled", "paused", "meta", "limiter", "prioritized", "marker", "events"]
    return queue.call("moveJobFromActiveToWait", keys, id, token, queue.key(id))


def test_a_job_given_back_is_next_and_the_rate_limit_is_told(queue):
    take_new(queue)
    queue.add()
    queue.redis.psetex(queue.key("limiter"), 9000, 1)
    assert 8000 < give_back(queue, "1") <= 9000
    assert queue.list("wait") == ["2", "1"]
    assert "atm" not in queue.job("1")
    assert queue.events()[-1] == ("waiting", {"jobId": "1", "prev": "active"})


def test_a_prioritized_job_given_back_is_first_of_its_priority_without_marker(queue):
    take_new(queue, {"priority": 3})
    assert give_back(queue, "1") == 0
    assert queue.scores("prioritized") == {"1": 3 * 2**32}
    assert not queue.exists("marker")


def test_giving_back_a_job_that_is_not_active_moves_nothing(queue):
    take_new(queue)
    queue.redis.delete(queue.key("active"))
    assert give_back(queue, "1") == 0
    assert not queue.exists("wait", "events")


def reprocess(queue, id, state="failed", reset=("", "")):
    keys = [id, "events", state, "wait", "meta", "active", "marker", "prioritized", "pc"]
    field = "failedReason" if state == "failed" else "returnvalue"
    return queue.call("reprocessJob", keys, id, "LPUSH", field, state, *reset)


@pytest.mark.parametrize("opts", [{}, {"priority": 2}])
def test_a_finished_job_processed_again_forgets_its_result(queue, opts):
    take_new(queue, opts)
    queue.finish("1", "failed", "boom")
    assert reprocess(queue, "1", reset=("1", "1")) == 1
    assert not {"finishedOn", "processedOn", "failedReason", "atm", "ats"} & queue.job("1").keys()
    assert queue.exists("prioritized" if opts else "wait") and not queue.exists("failed")
    assert queue.events()[-1] == ("waiting", {"jobId": "1", "prev": "failed"})


def test_attempts_are_kept_unless_asked_otherwise(queue):
    take_new(queue)
    queue.finish("1")
    reprocess(queue, "1", "completed")
    assert (queue.job("1")["atm"], queue.job("1")["ats"]) == ("1", "1")


def test_only_a_finished_job_is_processed_again(queue):
    take_new(queue)
    assert reprocess(queue, "1") == -3
    assert reprocess(queue, "9") == -1


def promote(queue, id):
    keys = "delayed wait paused meta prioritized active pc events marker"
    return queue.call("promote", keys.split(), queue.prefix, id)


@pytest.mark.parametrize(("opts", "place"), [({}, "wait"), ({"priority": 2}, "prioritized")])
def test_a_promoted_job_waits_no_longer(queue, opts, place):
    queue.add({"delay": 5000, **opts})
    assert promote(queue, "1") == 0
    assert queue.exists(place) and not queue.exists("delayed")
    assert queue.job("1")["delay"] == "0"
    assert queue.scores("marker")["0"] == 0
    assert queue.events()[-1] == ("waiting", {"jobId": "1", "prev": "delayed"})
    assert promote(queue, "1") == -3
