"""cleanJobsInSet, drain."""

import pytest
from lua_queue import NOW


def clean(queue, state, *, before=NOW, limit=0):
    return queue.call("cleanJobsInSet", [state, "events", "repeat"], queue.prefix, before, limit, state)


ADD = {
    "wait": {},
    "delayed": {"delay": 9000},
    "prioritized": {"priority": 1},
}


@pytest.mark.parametrize("state", ADD)
def test_jobs_older_than_the_time_go_the_others_stay(queue, state):
    for age in (20, 0, 10):
        queue.add(ADD[state], now=NOW - age)
    assert sorted(clean(queue, state, before=NOW - 10)) == ["1", "3"]
    assert not queue.exists("1", "3")
    left = queue.list(state) if state == "wait" else list(queue.scores(state))
    assert left == ["2"]
    assert queue.events()[-1] == ("cleaned", {"count": "2"})


@pytest.mark.parametrize("state", ["completed", "failed"])
def test_finished_jobs_are_as_old_as_their_finish(queue, state):
    for i in range(3):
        queue.add(now=NOW - 5000)
        id, _ = queue.take()
        queue.finish(id, state, now=NOW + i)
    assert clean(queue, state, before=NOW + 1) == ["1", "2"]
    assert queue.scores(state) == {"3": NOW + 2}


def test_an_active_job_goes_once_its_lock_is_gone(queue):
    queue.add()
    queue.take()
    assert clean(queue, "active", before=NOW) == []
    queue.redis.delete(queue.key("1:lock"))
    assert clean(queue, "active", before=NOW) == ["1"]
    assert not queue.exists("active", "1")


def test_times_are_compared_as_numbers(queue):
    queue.add(now=999)
    assert clean(queue, "wait", before=1000) == ["1"]


def test_a_limit_looks_at_the_oldest_of_a_list(queue):
    for _ in range(5):
        queue.add()
    assert clean(queue, "wait", limit=2) == ["2", "1"]
    assert queue.list("wait") == ["5", "4", "3"]


@pytest.mark.parametrize("state", ["wait", "prioritized"])
def test_a_later_call_passes_over_the_jobs_kept(queue, state):
    """Ours alone: the reply then begins with the number of jobs looked at."""
    for age in (0, 20, 0, 20, 0, 20):
        queue.add(ADD[state], now=NOW - age)

    def clean_two(passed_over):
        keys = [state, "events", "repeat"]
        return queue.call("cleanJobsInSet", keys, queue.prefix, NOW - 10, 2, state, passed_over)

    assert clean_two(0) == [2, "2"]
    assert clean_two(1) == [2, "4"]
    assert clean_two(2) == [2, "6"]
    events = len(queue.events())
    assert clean_two(2) == [1]
    left = queue.list(state)[::-1] if state == "wait" else list(queue.scores(state))
    assert left == ["1", "3", "5"]
    assert len(queue.events()) == events


def test_the_jobs_kept_keep_their_order(queue):
    for age in (5, 0, 5, 0, 5):
        queue.add(now=NOW - age)
    clean(queue, "wait", before=NOW - 5)
    assert queue.list("wait") == ["4", "2"]


def test_nothing_to_clean_is_announced_too(queue):
    assert clean(queue, "failed") == []
    assert queue.events() == [("cleaned", {"count": "0"})]


@pytest.mark.parametrize("state", ADD)
def test_the_newest_job_of_a_scheduler_is_not_cleaned(queue, state):
    queue.redis.zadd(queue.key("repeat"), {"s": NOW})
    queue.add(ADD[state], id=f"repeat:s:{NOW}", scheduler="s")
    queue.add(ADD[state], id="repeat:s:1", scheduler="s")
    assert clean(queue, state) == ["repeat:s:1"]


def test_a_parent_in_the_same_queue_goes_with_its_last_child(queue):
    queue.add(id="p", waits_for_children=True)
    queue.add(id="c", parent=(queue, "p"))
    assert clean(queue, "wait") == ["c"]
    assert not queue.exists("p", "waiting-children", "wait")


def test_a_parent_in_another_queue_is_put_to_work(queue, other_queue):
    other_queue.add(id="p", waits_for_children=True)
    queue.add(id="c", parent=(other_queue, "p"))
    clean(queue, "wait")
    assert other_queue.list("wait") == ["p"] and other_queue.scores("marker") == {"0": 0}


def test_a_cleaned_owner_gives_its_deduplication_id_back(queue):
    queue.add({"de": {"id": "once"}})
    clean(queue, "wait")
    assert not queue.exists("de:once")


def drain(queue, delayed=0, *budget):
    keys = ["wait", "paused", "delayed", "prioritized", "repeat"]
    return queue.call("drain", keys, queue.prefix, delayed, *budget)


def fill(queue, each=2):
    for _ in range(each):
        for opts in ADD.values():
            queue.add(opts)
    queue.redis.rpush(queue.key("paused"), "legacy")
    queue.forget_events()


def test_what_waits_is_drained_silently_and_what_is_delayed_stays(queue):
    fill(queue)
    assert drain(queue) is None
    assert not queue.exists("wait", "paused", "prioritized", "1", "3")
    assert len(queue.scores("delayed")) == 2 and queue.events() == []


def test_delayed_jobs_are_drained_where_asked(queue):
    fill(queue)
    drain(queue, 1)
    assert not queue.exists("wait", "paused", "prioritized", "delayed")


def test_active_and_finished_jobs_stay(queue):
    for _ in range(2):
        queue.add()
        queue.take()
    queue.finish("1")
    drain(queue, 1)
    assert queue.list("active") == ["2"] and "1" in queue.scores("completed")


def test_the_newest_jobs_of_schedulers_stay_in_their_places(queue):
    queue.redis.zadd(queue.key("repeat"), {"s": NOW, "t": NOW})
    for id in ("a", f"repeat:s:{NOW}", "b", f"repeat:t:{NOW}", "c"):
        queue.add(id=id)
    drain(queue)
    assert queue.list("wait") == [f"repeat:t:{NOW}", f"repeat:s:{NOW}"]
    assert queue.exists(f"repeat:s:{NOW}", f"repeat:t:{NOW}", "a", "b", "c") == 2


def test_a_budget_drains_in_several_calls(queue):
    queue.redis.zadd(queue.key("repeat"), {"s": NOW, "t": NOW})
    queue.add(id=f"repeat:s:{NOW}")
    fill(queue, each=3)
    queue.add({"delay": 5}, id=f"repeat:t:{NOW}")
    replies = [drain(queue, 1, 4) for _ in range(3)]
    assert replies == [1, 1, 0]
    assert queue.list("wait") == [f"repeat:s:{NOW}"] and list(queue.scores("delayed")) == [f"repeat:t:{NOW}"]
    assert not queue.exists("paused", "prioritized")
