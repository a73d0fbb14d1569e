"""addJobScheduler, updateJobScheduler, getJobScheduler, removeJobScheduler."""

import pytest
from lua_queue import NOW, pack, pairs

KEYS = "repeat delayed wait paused meta prioritized marker id events pc"


def upsert(queue, id="s", *, now=NOW, at="", data="{}", template=None, opts=None, **rule):
    """`rule` has every or pattern, and what else the scheduler has; `at` is the slot of a pattern."""
    rule = {"name": "tick", **rule}
    repeat = {k: v for k, v in rule.items() if k in ("every", "pattern", "offset")}
    job = {"repeat": {**repeat, "count": 1}, "repeatJobKey": id, "delay": float("nan"), **(opts or {})}
    return queue.call(
        "addJobScheduler",
        [*KEYS.split(), "active"],
        at,
        pack(rule),
        id,
        data,
        pack(template or {}),
        pack(job),
        now,
        queue.prefix,
        "",
    )


def start_next(queue, started, id="s", *, now=NOW, at="", opts=None):
    """What a worker does when it starts an iteration."""
    job = {"repeat": {"count": 2}, **(opts or {})}
    return queue.call(
        "updateJobScheduler",
        [*KEYS.split(), started, "active"],
        at,
        id,
        "{}",
        pack(job),
        now,
        queue.prefix,
        started,
    )


def iteration(millis, id="s"):
    return f"repeat:{id}:{millis}"


def test_a_new_interval_starts_at_once_and_its_job_knows_its_scheduler(queue):
    assert upsert(queue, every=1000, data='{"a":1}', template={"attempts": 3}) == [iteration(NOW), 0]
    assert queue.list("wait") == [iteration(NOW)]
    assert queue.scores("repeat") == {"s": NOW}
    assert queue.job("repeat:s") == {
        "name": "tick",
        "every": "1000",
        "offset": "0",
        "opts": '{"attempts":3}',
        "data": '{"a":1}',
        "ic": "1",
    }
    job = queue.job(iteration(NOW))
    assert (job["name"], job["data"], job["rjk"], job["delay"]) == ("tick", '{"a":1}', "s", "0")
    assert queue.opts(iteration(NOW)) == {
        "delay": 0,
        "jobId": iteration(NOW),
        "repeat": {"every": 1000, "count": 1},
        "repeatJobKey": "s",
    }
    assert [name for name, _ in queue.events()] == ["added", "waiting"]
    assert queue.redis.get(queue.key("id")) == "1"


@pytest.mark.parametrize(
    ("rule", "slot", "offset"),
    [
        ({"startDate": NOW + 250}, NOW + 250, 250),
        ({"startDate": NOW - 250}, NOW, 0),
        ({"offset": 300}, NOW + 300, 300),
    ],
)
def test_the_first_slot_follows_start_date_and_offset(queue, rule, slot, offset):
    assert upsert(queue, every=1000, **rule) == [iteration(slot), slot - NOW]
    assert queue.job("repeat:s")["offset"] == str(offset)


def test_a_pattern_takes_the_slot_that_the_client_worked_out(queue):
    assert upsert(queue, pattern="* * * * *", tz="UTC", at=NOW + 5000) == [iteration(NOW + 5000), 5000]
    assert queue.scores("delayed") == {iteration(NOW + 5000): (NOW + 5000) * 4096}
    assert queue.scores("marker") == {"1": NOW + 5000}
    assert queue.job("repeat:s")["tz"] == "UTC"


def test_an_iteration_goes_where_its_options_say(queue):
    upsert(queue, every=1000, opts={"priority": 2})
    assert queue.scores("prioritized") == {iteration(NOW): 2 * 2**32 + 1}
    upsert(queue, "t", every=1000)
    upsert(queue, "u", every=1000, opts={"lifo": True})
    assert queue.list("wait") == [iteration(NOW, "t"), iteration(NOW, "u")]


@pytest.mark.parametrize("opts", [{}, {"priority": 2}])
@pytest.mark.parametrize("startDate", [None, NOW + 700])
def test_an_upsert_replaces_the_iteration_that_waits_and_keeps_its_slot(queue, opts, startDate):
    slot = startDate or NOW
    upsert(queue, every=1000, startDate=startDate, opts=opts)
    assert upsert(queue, every=1000, now=NOW + 10, data='{"new":1}')[0] == iteration(slot)
    assert queue.job(iteration(slot))["data"] == '{"new":1}'
    assert queue.job("repeat:s")["ic"] == "1"
    assert queue.exists("wait", "delayed", "prioritized") == 1
    assert "removed" not in [name for name, _ in queue.events()]


def test_an_upsert_on_a_paused_queue_replaces_the_iteration_too(queue):
    upsert(queue, every=1000)
    queue.pause()
    upsert(queue, every=1000, now=NOW + 10)
    assert queue.list("wait") == [iteration(NOW)]


def test_an_iteration_in_the_list_of_a_queue_paused_by_bullmq_5_is_replaced(queue):
    upsert(queue, every=1000)
    queue.redis.rename(queue.key("wait"), queue.key("paused"))
    upsert(queue, every=1000, now=NOW + 10)
    assert queue.list("wait") == [iteration(NOW)] and not queue.exists("paused")


def test_an_upsert_leaves_the_running_iteration_and_adds_the_one_behind(queue):
    upsert(queue, every=1000)
    queue.take()
    assert upsert(queue, every=1000, now=NOW + 10)[0] == iteration(NOW + 1000)
    assert queue.list("active") == [iteration(NOW)]


def test_another_interval_starts_anew(queue):
    upsert(queue, every=60000, startDate=NOW + 5000)
    assert upsert(queue, every=1000, now=NOW + 10)[0] == iteration(NOW + 10)
    assert not queue.exists("delayed", iteration(NOW + 5000))


def test_taken_slots_are_stepped_over_and_too_many_are_refused(queue):
    for i in range(32):
        queue.redis.hset(queue.key(iteration(NOW + i * 1000)), "name", "x")
    assert upsert(queue, every=1000)[0] == iteration(NOW + 32000)
    queue.redis.delete(queue.key("repeat"))
    assert upsert(queue, every=1000) == -11


def test_a_pattern_whose_slot_is_taken_is_refused_and_nothing_is_lost(queue):
    upsert(queue, pattern="* * * * *", at=NOW + 9000)
    queue.redis.hset(queue.key(iteration(NOW + 5000)), "name", "x")
    before = queue.job("repeat:s")
    assert upsert(queue, pattern="*/5 * * * *", at=NOW + 5000) == -10
    assert queue.job("repeat:s") == before
    assert queue.scores("delayed") == {iteration(NOW + 9000): (NOW + 9000) * 4096}
    assert queue.job(iteration(NOW + 5000)) == {"name": "x"}


def test_a_pattern_whose_slot_runs_is_refused(queue):
    upsert(queue, pattern="* * * * *", at=NOW)
    queue.take()
    assert upsert(queue, pattern="* * * * *", at=NOW) == -10


def test_starting_an_iteration_creates_the_next_with_the_schedulers_name_and_data(queue):
    upsert(queue, every=1000, data='{"a":1}')
    id, _ = queue.take()
    assert start_next(queue, id, now=NOW + 50, opts={"attempts": 2}) == iteration(NOW + 1000)
    assert queue.scores("repeat") == {"s": NOW + 1000}
    assert queue.job("repeat:s")["ic"] == "2"
    job = queue.job(iteration(NOW + 1000))
    assert (job["name"], job["data"], job["delay"], job["rjk"]) == ("tick", '{"a":1}', "950", "s")
    assert queue.opts(iteration(NOW + 1000))["attempts"] == 2
    assert [name for name, _ in queue.events()[-2:]] == ["added", "delayed"]


def test_missed_slots_are_left_out_and_the_phase_is_kept(queue):
    upsert(queue, every=1000, startDate=NOW + 250)
    id, _ = queue.take(now=NOW + 250)
    assert start_next(queue, id, now=NOW + 3600) == iteration(NOW + 4250)


def test_only_the_newest_iteration_continues_the_chain(queue):
    upsert(queue, every=1000)
    id, _ = queue.take()
    start_next(queue, id)
    assert start_next(queue, id) is None
    assert start_next(queue, "repeat:gone:1", "gone") is None


def test_a_taken_slot_is_announced_and_the_chain_goes_on_behind_it(queue):
    upsert(queue, every=1000)
    id, _ = queue.take()
    queue.redis.hset(queue.key(iteration(NOW + 1000)), "name", "x")
    assert start_next(queue, id) == iteration(NOW + 2000)
    assert ("duplicated", {"jobId": iteration(NOW + 1000)}) in queue.events()
    assert queue.scores("repeat") == {"s": NOW + 2000}


def test_a_pattern_whose_next_slot_is_taken_is_announced(queue):
    upsert(queue, pattern="* * * * *", at=NOW)
    id, _ = queue.take()
    queue.redis.hset(queue.key(iteration(NOW + 60000)), "name", "x")
    assert start_next(queue, id, at=NOW + 60000) is None
    assert queue.events()[-1] == ("duplicated", {"jobId": iteration(NOW + 60000)})
    assert queue.scores("repeat") == {"s": NOW}


def test_a_scheduler_is_read_with_the_time_of_its_newest_iteration(queue):
    upsert(queue, every=1000)
    fields, millis = queue.call("getJobScheduler", ["repeat"], "s")
    assert (pairs(fields)["every"], millis) == ("1000", str(NOW))
    assert queue.call("getJobScheduler", ["repeat"], "gone") == []


def remove(queue, id):
    return queue.call("removeJobScheduler", ["repeat", "delayed", "events"], id, queue.prefix)


def test_a_removed_scheduler_takes_its_delayed_iteration_along(queue):
    upsert(queue, pattern="* * * * *", at=NOW + 5000)
    queue.forget_events()
    assert remove(queue, "s") == 0
    assert not queue.exists("repeat", "repeat:s", "delayed", iteration(NOW + 5000))
    assert queue.events() == [("removed", {"jobId": iteration(NOW + 5000), "prev": "delayed"})]
    assert remove(queue, "s") == 1


def test_the_iteration_that_waits_outlives_its_scheduler(queue):
    upsert(queue, every=1000)
    queue.forget_events()
    assert remove(queue, "s") == 0
    assert queue.list("wait") == [iteration(NOW)] and queue.events() == []
