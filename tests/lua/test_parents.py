"""Flows: what finishing, failing and removing a child means to its parent."""

import pytest
from lua_queue import NOW


@pytest.fixture
def family(queue, other_queue):
    """Adds a parent in the other queue with children in this one, and takes them."""

    def build(children=1, parent_opts=None, **flags):
        other_queue.add(parent_opts, id="p", waits_for_children=True)
        for _ in range(children):
            queue.add(parent=(other_queue, "p"), parent_flags=flags)
            queue.take()
        other_queue.forget_events()
        return queue, other_queue

    return build


def test_the_last_completed_child_releases_its_parent_to_the_front(family):
    queue, parents = family(children=2)
    parents.add(id="other")
    queue.finish("1", result='"a"')
    assert parents.list("wait") == ["other"]
    queue.finish("2", result='"b"')
    assert parents.list("wait") == ["other", "p"]
    assert parents.redis.hgetall(parents.key("p:processed")) == {queue.key("1"): '"a"', queue.key("2"): '"b"'}
    assert parents.events()[-1] == ("waiting", {"jobId": "p", "prev": "waiting-children"})
    assert parents.scores("marker") == {"0": 0}


def test_a_released_parent_keeps_its_priority(family):
    queue, parents = family(parent_opts={"priority": 5})
    queue.finish("1")
    assert parents.scores("prioritized") == {"p": 5 * 2**32 + 1}


def test_a_released_parent_waits_its_delay(family):
    queue, parents = family(parent_opts={"delay": 700})
    queue.finish("1", now=NOW + 1)
    assert parents.scores("delayed") == {"p": (NOW + 701) * 4096}
    assert parents.scores("marker") == {"1": NOW + 701}
    assert parents.events() == [("delayed", {"jobId": "p", "delay": str(NOW + 701)})]


def test_the_events_of_the_parent_come_before_the_childs_own(queue):
    queue.add(id="p", waits_for_children=True)
    queue.add(parent=(queue, "p"))
    queue.take()
    queue.finish("2")
    assert [name for name, _ in queue.events()[-2:]] == ["waiting", "completed"]


def fail(queue, id="1", **worker):
    return queue.finish(id, "failed", "boom", **worker)


def test_a_failed_child_without_a_flag_keeps_its_parent_waiting(family):
    queue, parents = family()
    fail(queue)
    assert parents.scores("waiting-children") == {"p": NOW}
    assert parents.exists("p:dependencies")


def test_a_failed_child_can_fail_its_parent(family):
    queue, parents = family(children=2, fpof=True)
    fail(queue)
    assert parents.list("wait") == ["p"]
    assert parents.job("p")["defa"] == f"child {queue.key('1')} failed"
    assert parents.scores("p:unsuccessful") == {queue.key("1"): NOW}


def test_a_failed_child_pulls_its_parent_out_of_delayed(family):
    queue, parents = family(fpof=True)
    parents.redis.delete(parents.key("waiting-children"))
    parents.redis.hset(parents.key("p"), "delay", 900)
    parents.redis.zadd(parents.key("delayed"), {"p": 1})
    fail(queue)
    assert parents.list("wait") == ["p"] and parents.job("p")["delay"] == "0"


def test_a_parent_that_has_failed_is_not_marked_again(family):
    queue, parents = family(fpof=True)
    parents.redis.delete(parents.key("waiting-children"))
    parents.redis.zadd(parents.key("failed"), {"p": 1})
    fail(queue)
    assert "defa" not in parents.job("p")


def test_a_parent_can_go_on_while_other_children_are_pending(family):
    queue, parents = family(children=2, cpof=True)
    fail(queue)
    assert parents.list("wait") == ["p"]
    assert parents.redis.hgetall(parents.key("p:failed")) == {queue.key("1"): "boom"}


@pytest.mark.parametrize(("flag", "ignored"), [("idof", {"bull:orders:1": "boom"}), ("rdof", {})])
def test_a_failed_child_can_be_ignored_or_forgotten(family, flag, ignored):
    queue, parents = family(children=2, **{flag: True})
    fail(queue)
    assert parents.redis.hgetall(parents.key("p:failed")) == ignored
    assert not parents.exists("wait")
    queue.finish("2")
    assert parents.list("wait") == ["p"]


def test_a_failed_child_that_is_not_kept_releases_its_parent_whatever_its_priority(family):
    queue, parents = family(parent_opts={"priority": 5})
    fail(queue, keepJobs={"count": 0})
    assert parents.list("wait") == ["p"]


def test_trimming_a_failed_child_releases_its_parent(family):
    queue, parents = family()
    fail(queue)
    queue.add()
    queue.take()
    queue.finish("2", "failed", "x", keepJobs={"count": 1})
    assert parents.list("wait") == ["p"]


def test_trimming_finds_the_queue_of_a_parent_whose_id_has_colons(queue, other_queue):
    other_queue.add(id="a:b:c", waits_for_children=True)
    queue.add(parent=(other_queue, "a:b:c"))
    queue.take()
    fail(queue, keepJobs={"count": 0})
    assert other_queue.list("wait") == ["a:b:c"]
    assert not other_queue.exists("a:b:meta", "a:b:events")


def wait_for_children(queue, id, child=""):
    keys = ["active", "waiting-children", id, id + ":dependencies", id + ":unsuccessful", "stalled", "events"]
    return queue.call("moveToWaitingChildren", keys, "worker:1", child, NOW, id, queue.prefix)


def test_an_active_job_waits_for_children_it_has(queue):
    queue.add()
    queue.take()
    assert wait_for_children(queue, "1") == 1
    queue.add(parent=(queue, "1"))
    assert wait_for_children(queue, "1", "other child") == 1
    assert wait_for_children(queue, "1", queue.key("2")) == 0
    assert queue.scores("waiting-children") == {"1": NOW}
    assert queue.events()[-1] == ("waiting-children", {"jobId": "1", "prev": "active"})


def test_a_job_with_failed_children_does_not_wait(queue):
    queue.add()
    queue.take()
    queue.redis.zadd(queue.key("1:unsuccessful"), {"child": 1})
    assert wait_for_children(queue, "1") == -9
    assert wait_for_children(queue, "9") == -1


def test_a_retried_child_is_pending_again(family):
    queue, parents = family(children=2, idof=True)
    fail(queue)
    keys = ["1", "events", "failed", "wait", "meta", "active", "marker", "prioritized", "pc"]
    queue.call("reprocessJob", keys, "1", "LPUSH", "failedReason", "failed", "", "")
    assert parents.redis.smembers(parents.key("p:dependencies")) == {queue.key("1"), queue.key("2")}
    assert not parents.exists("p:failed")


def test_an_existing_completed_job_added_as_child_counts_as_done(queue, other_queue):
    queue.add(id="c")
    queue.take()
    queue.finish("c", result="7")
    other_queue.add(id="p", waits_for_children=True)
    assert queue.add(id="c", parent=(other_queue, "p")) == "c"
    assert other_queue.redis.hgetall(other_queue.key("p:processed")) == {queue.key("c"): "7"}
    assert other_queue.list("wait") == ["p"]


def test_in_a_flow_insert_the_parent_is_released_by_the_last_step(queue, other_queue):
    queue.add(id="c")
    queue.take()
    queue.finish("c")
    other_queue.add(id="p", waits_for_children=True)
    queue.add(id="c", parent=(other_queue, "p"), deferred=1)
    assert not other_queue.exists("wait")
    other_queue.call(
        "releaseParentIfNoPendingDependencies", ["p", "p:dependencies"], other_queue.name, "p", NOW
    )
    assert other_queue.list("wait") == ["p"]


def test_a_child_of_another_living_parent_is_not_taken_over(queue, other_queue):
    other_queue.add(id="old", waits_for_children=True)
    other_queue.add(id="new", waits_for_children=True)
    queue.add(id="c", parent=(other_queue, "old"))
    assert queue.add(id="c", parent=(other_queue, "new"), deferred=1) == -7
    assert queue.job("c")["parentKey"] == other_queue.key("old")
    other_queue.call(
        "releaseParentIfNoPendingDependencies", ["new", "new:dependencies"], other_queue.name, "new", NOW
    )
    assert not other_queue.exists("wait")
    assert "flowAttachmentFailed" not in other_queue.job("new")


def test_a_child_of_a_vanished_parent_is_adopted(queue, other_queue):
    other_queue.add(id="old", waits_for_children=True)
    queue.add(id="c", parent=(other_queue, "old"))
    other_queue.redis.delete(other_queue.key("old"))
    other_queue.add(id="new", waits_for_children=True)
    assert queue.add(id="c", parent=(other_queue, "new")) == "c"
    assert other_queue.redis.smembers(other_queue.key("new:dependencies")) == {queue.key("c")}
