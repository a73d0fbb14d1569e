"""changeDelay, changePriority, moveJobsToWait, removeDeduplicationKey."""

import pytest
from lua_queue import NOW


def change_delay(queue, id, delay, now=NOW):
    return queue.call("changeDelay", ["delayed", "meta", "marker", "events"], delay, now, id, queue.key(id))


def test_a_changed_delay_counts_from_now(queue):
    queue.add({"delay": 9000})
    assert change_delay(queue, "1", 500, NOW + 100) == 0
    assert queue.scores("delayed") == {"1": (NOW + 600) * 4096}
    assert queue.job("1")["delay"] == "500"
    assert queue.scores("marker") == {"1": NOW + 600}
    assert queue.events()[-1] == ("delayed", {"jobId": "1", "delay": str(NOW + 600)})


def test_a_job_changed_to_a_delay_that_is_due_at_the_same_time_comes_behind_itself(queue):
    queue.add({"delay": 500})
    change_delay(queue, "1", 500)
    assert queue.scores("delayed") == {"1": (NOW + 500) * 4096 + 1}


def test_only_a_delayed_job_has_its_delay_changed(queue):
    queue.add()
    assert change_delay(queue, "1", 5) == -3
    assert change_delay(queue, "9", 5) == -1
    assert queue.job("1")["delay"] == "0"


def change_priority(queue, id, priority, lifo=0):
    keys = ["wait", "paused", "meta", "prioritized", "active", "pc", "marker"]
    return queue.call("changePriority", keys, priority, queue.prefix, id, lifo)


def test_a_waiting_job_moves_with_its_priority(queue):
    queue.add()
    queue.add()
    queue.redis.delete(queue.key("marker"))
    assert change_priority(queue, "1", 3) == 0
    assert queue.list("wait") == ["2"] and queue.scores("prioritized") == {"1": 3 * 2**32 + 1}
    assert queue.job("1")["priority"] == "3" and queue.scores("marker") == {"0": 0}
    assert change_priority(queue, "1", 0) == 0
    assert queue.list("wait") == ["1", "2"] and not queue.exists("prioritized")


def test_a_lifo_change_puts_the_job_in_front(queue):
    queue.add({"priority": 3})
    queue.add()
    queue.add()
    change_priority(queue, "3", 3, lifo=1)
    assert queue.scores("prioritized") == {"1": 3 * 2**32 + 1, "3": 3 * 2**32}
    change_priority(queue, "1", 0, lifo=1)
    assert queue.list("wait") == ["2", "1"]


def test_a_job_that_does_not_wait_only_remembers_its_priority(queue):
    queue.add({"delay": 500})
    assert change_priority(queue, "1", 7) == 0
    assert queue.job("1")["priority"] == "7" and queue.exists("delayed")
    assert change_priority(queue, "9", 7) == -1
    assert [name for name, _ in queue.events()] == ["added", "delayed"]


def move_to_wait(queue, state, count=1000, before=NOW):
    keys = ["", "events", state, "wait", "paused", "meta", "active", "marker"]
    return queue.call("moveJobsToWait", keys, count, before, state)


def finish_some(queue, count, state="failed"):
    for i in range(count):
        queue.add()
        id, _ = queue.take()
        queue.finish(id, state, "boom", now=NOW + i)


@pytest.mark.parametrize(("state", "field"), [("failed", "failedReason"), ("completed", "returnvalue")])
def test_finished_jobs_wait_again_oldest_first_without_their_result(queue, state, field):
    finish_some(queue, 2, state)
    queue.forget_events()
    assert move_to_wait(queue, state, before=NOW + 9) == 0
    assert queue.list("wait") == ["2", "1"] and not queue.exists(state)
    assert not {"finishedOn", "processedOn", field} & queue.job("1").keys()
    assert queue.events() == [("waiting", {"jobId": id, "prev": state}) for id in ("1", "2")]
    assert queue.scores("marker") == {"0": 0}


def test_a_full_count_asks_for_another_call(queue):
    finish_some(queue, 3)
    assert [move_to_wait(queue, "failed", 2, NOW + 9) for _ in range(2)] == [1, 0]


def test_jobs_that_finished_later_stay(queue):
    finish_some(queue, 2)
    move_to_wait(queue, "failed", before=NOW)
    assert queue.list("wait") == ["1"] and queue.scores("failed") == {"2": NOW + 1}


def test_delayed_jobs_are_promoted_whatever_their_priority_and_keep_their_delay_field(queue):
    queue.add({"delay": 500, "priority": 3})
    assert move_to_wait(queue, "delayed", before="+inf") == 0
    assert queue.list("wait") == ["1"] and queue.job("1")["delay"] == "500"


def test_a_retried_child_is_pending_for_its_parent_again(queue, other_queue):
    other_queue.add(id="p", waits_for_children=True)
    queue.add(parent=(other_queue, "p"), parent_flags={"fpof": True})
    queue.take()
    queue.finish("1", "failed", "boom")
    move_to_wait(queue, "failed")
    assert other_queue.redis.smembers(other_queue.key("p:dependencies")) == {queue.key("1")}
    assert not other_queue.exists("p:unsuccessful")


def test_nothing_to_move_writes_nothing(queue):
    assert move_to_wait(queue, "failed") == 0
    assert queue.redis.keys("*") == []


def test_a_deduplication_id_is_given_back_by_its_owner_only(queue):
    queue.add({"de": {"id": "once"}})
    assert queue.call("removeDeduplicationKey", ["de:once"], "2") == 0
    assert queue.call("removeDeduplicationKey", ["de:once"], "1") == 1
    assert not queue.exists("de:once")
