"""removeJob, removeChildDependency, removeUnprocessedChildren, removeOrphanedJobs."""

import pytest
from lua_queue import NOW


def remove(queue, id, children=1):
    return queue.call("removeJob", [id, "repeat"], id, children, queue.prefix)


def events_of(queue, name="removed"):
    return [(fields["jobId"], fields.get("prev")) for event, fields in queue.events() if event == name]


STATES = {
    "wait": lambda q: q.add(),
    "prioritized": lambda q: q.add({"priority": 1}),
    "delayed": lambda q: q.add({"delay": 50}),
    "waiting-children": lambda q: q.add(waits_for_children=True),
    "completed": lambda q: [q.add(), q.take(), q.finish("1")],
    "failed": lambda q: [q.add(), q.take(), q.finish("1", "failed", "boom")],
    "active": lambda q: [q.add(), q.take(), q.redis.delete(q.key("1:lock"))],
    "paused": lambda q: [q.add(), q.redis.rename(q.key("wait"), q.key("paused"))],
}


@pytest.mark.parametrize("state", STATES)
def test_a_job_is_removed_from_any_state_which_the_event_names(queue, state):
    STATES[state](queue)
    queue.redis.rpush(queue.key("1:logs"), "row")
    assert remove(queue, "1") == 1
    assert not queue.exists(state, "1", "1:logs")
    assert events_of(queue) == [("1", state)]


def test_a_locked_job_stays(queue):
    queue.add()
    queue.take()
    assert remove(queue, "1") == 0
    assert queue.list("active") == ["1"] and queue.exists("1")


def test_an_unknown_job_is_removed_without_a_word_and_its_id_from_where_it_lingers(queue):
    queue.redis.rpush(queue.key("wait"), "9")
    assert remove(queue, "9") == 1
    assert queue.redis.keys("*") == []


def test_the_newest_job_of_a_scheduler_stays_an_older_one_goes(queue):
    queue.redis.zadd(queue.key("repeat"), {"s": NOW})
    queue.add(id=f"repeat:s:{NOW}", scheduler="s")
    queue.add(id="repeat:s:1", scheduler="s")
    assert remove(queue, f"repeat:s:{NOW}") == -8
    assert remove(queue, "repeat:s:1") == 1
    assert queue.list("wait") == [f"repeat:s:{NOW}"]


def test_a_removed_owner_gives_its_deduplication_id_back(queue):
    queue.add({"de": {"id": "once"}})
    queue.redis.hset(queue.key("dn:once"), "name", "next")
    remove(queue, "1")
    assert not queue.exists("de:once", "dn:once")


def test_a_deduplication_id_of_another_job_is_left_alone(queue):
    queue.add({"de": {"id": "once"}})
    queue.redis.set(queue.key("de:once"), "2")
    remove(queue, "1")
    assert queue.redis.get(queue.key("de:once")) == "2"


@pytest.fixture
def family(queue, other_queue):
    """A parent in the other queue with children of every kind in this one."""
    other_queue.add(id="p", waits_for_children=True)
    for flags in ({}, {"idof": True}, {"fpof": True}, {}):
        queue.add(parent=(other_queue, "p"), parent_flags=flags)
    for finish in (
        lambda: queue.finish("1"),
        lambda: queue.finish("2", "failed", "boom"),
        lambda: queue.finish("3", "failed", "boom"),
    ):
        queue.take()
        finish()
    other_queue.redis.zadd(other_queue.key("waiting-children"), {"p": NOW})
    other_queue.redis.delete(other_queue.key("wait"))
    queue.forget_events()
    other_queue.forget_events()
    return other_queue


def test_removing_a_parent_removes_all_its_children_first(queue, family):
    assert remove(family, "p") == 1
    assert events_of(queue) == [("1", "completed"), ("2", "failed"), ("3", "failed"), ("4", "wait")]
    assert events_of(family)[-1][0] == "p"
    left = {key for key in queue.redis.keys("*") if not key.endswith((":events", ":meta", ":id", ":marker"))}
    assert left == set()


def test_children_may_be_left_alone(queue, family):
    assert remove(family, "p", children=0) == 1
    assert queue.exists("1", "2", "3", "4") == 4


def test_a_locked_child_keeps_the_whole_family(queue, family):
    queue.take()
    assert remove(family, "p") == 0
    assert family.exists("p") and queue.exists("1")
    assert remove(family, "p", children=0) == 1


def test_a_removed_child_releases_the_parent_that_waits_for_it_alone(queue, family):
    assert remove(queue, "4") == 1
    assert family.list("wait") == ["p"] and family.scores("marker")["0"] == 0
    assert events_of(family, "waiting") == [("p", "waiting-children")]


def test_children_with_colons_in_their_ids_are_found(queue, other_queue):
    other_queue.add(id="p", waits_for_children=True)
    queue.add(id="a:b:c", parent=(other_queue, "p"))
    remove(other_queue, "p")
    assert events_of(queue) == [("a:b:c", "wait")]
    assert not queue.exists("wait", "a:b:c") and not queue.redis.keys(queue.key("a:*"))


def test_a_parent_with_colons_in_its_id_is_released(queue, other_queue):
    other_queue.add(id="a:b:c", waits_for_children=True)
    queue.add(parent=(other_queue, "a:b:c"))
    remove(queue, "1")
    assert other_queue.list("wait") == ["a:b:c"]


def remove_unprocessed(queue, id):
    return queue.call("removeUnprocessedChildren", [id, "meta"], queue.prefix, id)


def test_pending_children_go_with_their_own_and_the_parent_is_released(queue, other_queue):
    other_queue.add(id="p", waits_for_children=True)
    queue.add(id="c", waits_for_children=True, parent=(other_queue, "p"))
    queue.add(id="d", parent=(queue, "c"))
    assert remove_unprocessed(other_queue, "p") is None
    assert not queue.exists("c", "d", "wait", "waiting-children", "c:dependencies")
    assert other_queue.list("wait") == ["p"]


def test_locked_and_failed_and_finished_children_stay(queue, family):
    queue.add(parent=(family, "p"))
    queue.take()
    remove_unprocessed(family, "p")
    assert queue.exists("1", "2", "3", "4") == 4 and not queue.exists("5")
    assert family.redis.smembers(family.key("p:dependencies")) == {queue.key("4")}


def break_tie(queue, child_key, parent_key):
    return queue.call("removeChildDependency", [""], child_key, parent_key)


def test_a_broken_dependency_is_forgotten_on_both_sides(queue, family):
    child, parent = queue.key("4"), family.key("p")
    assert break_tie(queue, child, parent) == 0
    assert not {"parent", "parentKey"} & queue.job("4").keys()
    assert family.list("wait") == ["p"] and queue.exists("4")
    assert break_tie(queue, child, parent) == 1


def test_a_dependency_needs_both_jobs(queue, family):
    assert break_tie(queue, queue.key("9"), family.key("p")) == -1
    assert break_tie(queue, queue.key("4"), family.key("gone")) == -5
    assert break_tie(queue, queue.key("4"), "") == -5


SUFFIXES = [
    "active",
    "wait",
    "waiting-children",
    "paused",
    "id",
    "delayed",
    "prioritized",
    "stalled-check",
    "completed",
    "failed",
    "stalled",
    "repeat",
    "limiter",
    "meta",
    "events",
    "pc",
    "marker",
    "de",
]
SUB_KEYS = ["logs", "dependencies", "processed", "failed", "unsuccessful", "lock"]


def remove_orphans(queue, *candidates):
    return queue.call(
        "removeOrphanedJobs", [""], len(SUFFIXES), *SUFFIXES, len(SUB_KEYS), *SUB_KEYS, *candidates
    )


@pytest.mark.parametrize("count", [3, 200])
def test_only_jobs_that_no_state_holds_are_orphans(queue, count):
    for i in range(count):
        queue.add([{}, {"delay": 5}, {"priority": 1}][i % 3], id=f"job{i}")
        queue.redis.hset(queue.key(f"orphan{i}"), "name", "x")
    queue.redis.rpush(queue.key("orphan0:logs"), "row")
    queue.take()
    candidates = [f"{kind}{i}" for i in range(count) for kind in ("job", "orphan")]
    assert remove_orphans(queue, *candidates) == count
    assert not queue.redis.keys(queue.key("orphan*"))
    assert queue.exists(*[f"job{i}" for i in range(count)]) == count


def test_metrics_are_no_orphan(queue):
    queue.redis.hset(queue.key("metrics:failed"), "count", 3)
    assert remove_orphans(queue, "metrics", "priority", "dn") == 0
    assert queue.exists("metrics:failed")
