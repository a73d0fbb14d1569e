"""getCountsPerPriority, getDependencyCounts, getRanges, getJobs, isJobInList, getMetrics, paginate."""

import pytest
import redis
from lua_queue import NOW, pairs


def test_waiting_jobs_are_counted_by_priority(queue):
    for priority in (0, 0, 1, 3, 3, 3):
        queue.add({"priority": priority} if priority else {})
    assert queue.call("getCountsPerPriority", ["wait", "prioritized"], 3, 0, 1, 2) == [3, 2, 1, 0]


def test_children_are_counted_by_kind(queue):
    queue.redis.sadd(queue.key("p:dependencies"), "a", "b")
    queue.redis.hset(queue.key("p:processed"), "c", "1")
    queue.redis.hset(queue.key("p:failed"), "d", "boom")
    queue.redis.zadd(queue.key("p:unsuccessful"), {"e": 1, "f": 2, "g": 3})
    keys = ["p:processed", "p:dependencies", "p:failed", "p:unsuccessful"]
    assert queue.call("getDependencyCounts", keys, "unprocessed", "failed", "ignored", "processed") == [
        2,
        3,
        1,
        1,
    ]


def ranges(queue, first, last, ascending, *states):
    return queue.call("getRanges", [""], first, last, ascending, *states)


def test_ids_are_listed_from_the_newest_or_the_oldest(queue):
    for _ in range(4):
        queue.add()
        queue.add({"delay": 10})
    assert ranges(queue, 0, 1, 0, "wait", "delayed") == [["7", "5"], ["8", "6"]]
    assert ranges(queue, 0, 1, 1, "wait", "delayed") == [["3", "1"], ["2", "4"]]
    assert ranges(queue, 0, -1, 1, "wait") == [["7", "5", "3", "1"]]
    assert ranges(queue, 9, 12, 1, "wait", "failed") == [[], []]


def test_a_marker_of_bullmq_4_is_not_listed(queue):
    queue.redis.rpush(queue.key("wait"), "1", "0:0")
    assert ranges(queue, 0, -1, 0, "wait") == [["1"]]
    assert ranges(queue, 0, -1, 1, "wait") == [["1"]]


def jobs(queue, first, last, ascending, *states, slices=5):
    found = queue.call("getJobs", [""], first, last, ascending, slices, *states)
    return [[(id, pairs(fields)["name"]) for id, fields in state] for state in found]


def test_jobs_are_read_with_their_fields_oldest_first_where_asked(queue):
    for name in "abc":
        queue.add(name=name)
    queue.add({"priority": 1}, name="p")
    assert jobs(queue, 0, 1, 1, "wait", "prioritized") == [[("1", "a"), ("2", "b")], [("4", "p")]]
    assert jobs(queue, 0, 1, 0, "wait") == [[("3", "c"), ("2", "b")]]
    assert jobs(queue, 1, -1, 1, "wait") == [[("2", "b"), ("3", "c")]]


def test_ids_without_a_job_are_filled_up_from_behind(queue):
    for name in "abcdef":
        queue.add(name=name)
    queue.redis.delete(queue.key("1"), queue.key("2"))
    assert jobs(queue, 0, 1, 1, "wait") == [[("3", "c"), ("4", "d")]]
    assert jobs(queue, 0, 1, 1, "wait", slices=1) == [[]]
    assert jobs(queue, 0, -1, 1, "wait") == [[(str(i + 1), "abcdef"[i]) for i in range(2, 6)]]


def test_a_list_is_searched_for_a_job(queue):
    queue.add()
    assert queue.call("isJobInList", ["wait"], "1") == 1
    assert queue.call("isJobInList", ["wait"], "2") is None


def test_metrics_come_with_their_data_points(queue):
    assert queue.call("getMetrics", ["metrics:completed", "metrics:completed:data"], 0, -1) == [
        [None] * 3,
        [],
        0,
    ]
    for minute in (0, 0, 1, 2):
        queue.add()
        id, _ = queue.take()
        queue.finish(id, now=NOW + minute * 60000, maxMetricsSize=10)
    meta, points, count = queue.call("getMetrics", ["metrics:completed", "metrics:completed:data"], 0, 0)
    assert (meta, points, count) == (["4", str(NOW + 120000), "3"], ["1"], 2)


def paginate(queue, key, first, last, cursor="0", passed=0, scans=5, *with_jobs):
    return queue.call("paginate", [key], first, last, cursor, passed, scans, *with_jobs)


def read_page(queue, key, first, last, scans=5):
    """Loops as clients do."""
    cursor, passed, found = "0", 0, []
    while True:
        cursor, passed, items, total, _ = paginate(
            queue, key, first + len(found), last, cursor, passed, scans
        )
        found += items
        if cursor == "0" or len(found) > last - first:
            return found, total


@pytest.mark.parametrize("scans", [1, 5])
def test_the_pages_of_a_large_set_hold_every_member_once(queue, scans):
    members = {f"m{i}" for i in range(950)}
    queue.redis.sadd(queue.key("p:dependencies"), *members)
    found = []
    for first in range(0, 1000, 130):
        page, total = read_page(queue, "p:dependencies", first, first + 129, scans)
        assert total == 950
        found += page
    assert len(found) == 950 and set(found) == members


def test_a_page_of_a_hash_has_values_and_jobs_where_asked(queue):
    queue.add(name="child")
    queue.redis.hset(queue.key("p:processed"), queue.key("1"), '"done"')
    queue.redis.hset(queue.key("p:processed"), "gone", "null")
    cursor, passed, items, total, found = paginate(queue, "p:processed", 0, -1, "0", 0, 5, "1")
    assert (cursor, passed, total) == ("0", 2, 2)
    assert items == [[queue.key("1"), '"done"'], ["gone", "null"]]
    assert pairs(found[0])["name"] == "child" and found[1] == []


def test_a_missing_key_has_an_empty_page_and_a_list_has_none(queue):
    assert paginate(queue, "gone", 0, -1) == [0, 0, [], 0]
    queue.add()
    with pytest.raises(redis.ResponseError, match="Pagination is only supported for sets and hashes"):
        paginate(queue, "wait", 0, -1)
