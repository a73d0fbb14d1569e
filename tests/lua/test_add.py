"""addStandardJob, addDelayedJob, addPrioritizedJob, addParentJob."""

import msgpack
import pytest
import redis
from lua_queue import NOW


def test_a_job_gets_the_next_number_and_all_its_fields(queue):
    assert queue.add(name="mail", data='{"to":7}') == "1"
    assert queue.add() == "2"
    assert queue.job("1") == {
        "name": "mail",
        "data": '{"to":7}',
        "opts": '{"attempts":0}',
        "timestamp": str(NOW),
        "delay": "0",
        "priority": "0",
    }


def test_a_standard_job_joins_the_end_of_the_line_and_wakes_a_worker(queue):
    queue.add()
    queue.add()
    assert queue.list("wait") == ["2", "1"]
    assert queue.scores("marker") == {"0": 0}
    assert queue.events()[:2] == [("added", {"jobId": "1", "name": "job"}), ("waiting", {"jobId": "1"})]


def test_a_lifo_job_goes_to_the_front(queue):
    queue.add()
    queue.add({"lifo": True})
    assert queue.list("wait") == ["1", "2"]


@pytest.mark.parametrize("packed", [b"\xde\x00\x01\xa8attempts\x00", b"\x81\xa8attempts\x00"])
def test_both_encodings_of_no_options_store_the_same_text(queue, packed):
    job = msgpack.packb([queue.prefix, "", "job", float(NOW)] + [None] * 6)
    keys = ["wait", "paused", "meta", "id", "completed", "delayed", "active", "events", "marker"]
    queue.call("addStandardJob", keys, job, "{}", packed)
    assert queue.job("1")["opts"] == '{"attempts":0}'


def test_options_are_stored_with_their_short_names(queue):
    opts = {"attempts": 3, "backoff": {"type": "fixed", "delay": 10}, "kl": 5, "removeOnComplete": True}
    queue.add(opts)
    assert queue.opts("1") == opts


def test_a_queue_without_settings_gets_the_default_event_length(queue):
    queue.add()
    assert queue.redis.hgetall(queue.key("meta")) == {"opts.maxLenEvents": "10000"}


def test_events_are_trimmed_to_the_length_in_the_settings(queue):
    queue.redis.hset(queue.key("meta"), "opts.maxLenEvents", 100)
    for _ in range(600):
        queue.add()
    assert queue.redis.xlen(queue.key("events")) < 320


@pytest.mark.parametrize("settings", [{"paused": 1}, {"concurrency": 1}])
def test_a_job_added_to_a_closed_queue_wakes_nobody(queue, settings):
    queue.add()
    queue.take()
    queue.redis.hset(queue.key("meta"), mapping=settings)
    queue.redis.delete(queue.key("marker"))
    queue.add()
    queue.add({"priority": 1})
    assert queue.list("wait") == ["2"]
    assert not queue.exists("marker")


def test_delayed_jobs_of_one_millisecond_keep_their_order(queue):
    for _ in range(3):
        queue.add({"delay": 500})
    base = (NOW + 500) * 4096
    assert queue.scores("delayed") == {"1": base, "2": base + 1, "3": base + 2}
    assert queue.scores("marker") == {"1": NOW + 500}
    assert queue.events()[1] == ("delayed", {"jobId": "1", "delay": str(NOW + 500)})


def test_the_delay_marker_shows_the_earliest_job(queue):
    queue.add({"delay": 500})
    queue.add({"delay": 300})
    queue.add({"delay": 400})
    assert queue.scores("marker") == {"1": NOW + 300}


def test_a_job_due_between_others_takes_its_own_millisecond(queue):
    queue.add({"delay": 300})
    queue.add({"delay": 500})
    queue.add({"delay": 400})
    assert queue.scores("delayed")["3"] == (NOW + 400) * 4096


def test_the_4096th_job_of_a_millisecond_and_all_after_it_share_the_last_score(queue):
    base = (NOW + 500) * 4096
    queue.redis.zadd(queue.key("delayed"), {"earlier": base + 4095})
    queue.add({"delay": 500})
    assert queue.scores("delayed")["1"] == base + 4095


def test_a_fractional_delay_is_kept_to_the_last_digit(queue):
    queue.add({"delay": 1.25})
    assert queue.job("1")["delay"] == "1.25"
    assert queue.scores("delayed") == {"1": (NOW + 1.25) * 4096}
    assert queue.events()[1][1]["delay"] == f"{NOW}"[:-1] + "1.25"


def test_prioritized_jobs_are_ordered_by_priority_then_arrival(queue):
    for priority in (2, 1, 2):
        queue.add({"priority": priority})
    assert list(queue.scores("prioritized")) == ["2", "1", "3"]
    assert queue.scores("prioritized")["3"] == 2 * 2**32 + 3
    assert queue.redis.get(queue.key("pc")) == "3"


def test_the_highest_priority_and_counter_stay_exact(queue):
    queue.redis.set(queue.key("pc"), 2**32 - 2)
    queue.add({"priority": 2097151})
    queue.add({"priority": 2097151})
    assert queue.scores("prioritized") == {"1": 2097151 * 2**32 + 2**32 - 1, "2": 2097151 * 2**32}


def test_a_job_with_children_waits_for_them(queue):
    queue.add({"priority": 3}, waits_for_children=True)
    assert queue.scores("waiting-children") == {"1": NOW}
    assert queue.job("1")["priority"] == "3"
    assert queue.events()[-1] == ("waiting-children", {"jobId": "1"})
    assert not queue.exists("wait", "prioritized", "marker")


def test_a_job_with_an_existing_id_changes_nothing_and_says_so(queue):
    queue.add(id="mine", data="1")
    assert queue.add(id="mine", data="2") == "mine"
    assert queue.job("mine")["data"] == "1"
    assert queue.list("wait") == ["mine"]
    assert queue.events()[-1] == ("duplicated", {"jobId": "mine"})
    assert queue.redis.get(queue.key("id")) == "2"


def test_the_job_of_a_scheduler_names_it(queue):
    queue.add(scheduler="nightly")
    assert queue.job("1")["rjk"] == "nightly"


def test_a_job_whose_parent_is_missing_is_refused_before_anything_is_written(queue, other_queue):
    assert queue.add(parent=(other_queue, "9")) == -5
    assert queue.redis.keys("*") == []


def test_a_child_is_pending_for_its_parent(queue, other_queue):
    other_queue.add(waits_for_children=True)
    queue.add(parent=(other_queue, "1"), parent_flags={"fpof": True})
    child = queue.key("1")
    assert queue.redis.smembers(other_queue.key("1:dependencies")) == {child}
    assert queue.job("1")["parentKey"] == other_queue.key("1")
    assert '"fpof":true' in queue.job("1")["parent"]


def test_options_that_are_no_msgpack_are_an_error(queue):
    keys = ["wait", "paused", "meta", "id", "completed", "delayed", "active", "events", "marker"]
    with pytest.raises(redis.ResponseError):
        queue.call("addStandardJob", keys, msgpack.packb([queue.prefix, "", "job", 1.0]), "{}", b"\xc1")
    assert not queue.exists("id", "wait")
