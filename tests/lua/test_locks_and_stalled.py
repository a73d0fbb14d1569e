"""extendLock, extendLocks, releaseLock, moveStalledJobsToWait."""

import pytest
import redis
from lua_queue import TOKEN, pack


def take_new(queue, opts=None):
    queue.add(opts)
    return queue.take()[0]


def extend_locks(queue, tokens, ids, duration=60000):
    return queue.call("extendLocks", ["stalled"], queue.prefix, pack(tokens), pack(ids), duration)


def test_locks_are_renewed_together_and_the_lost_ones_named(queue):
    ids = [take_new(queue) for _ in range(4)]
    queue.redis.sadd(queue.key("stalled"), *ids)
    queue.redis.delete(queue.key("2:lock"))
    assert extend_locks(queue, [TOKEN, TOKEN, "other", TOKEN], ids) == ["2", "3"]
    assert queue.redis.smembers(queue.key("stalled")) == {"2", "3"}
    assert [queue.redis.pttl(queue.key(f"{id}:lock")) > 50000 for id in ids] == [True, False, False, True]


@pytest.mark.parametrize("count", [0, 7001])
def test_any_number_of_locks_can_be_renewed(queue, count):
    ids = [str(i) for i in range(count)]
    with queue.redis.pipeline() as pipeline:
        for id in ids:
            pipeline.psetex(queue.key(id + ":lock"), 60000, TOKEN)
        pipeline.execute()
    assert extend_locks(queue, [TOKEN] * count, ids) == []


def test_one_lock_is_renewed_by_its_owner_only(queue):
    take_new(queue)
    queue.redis.sadd(queue.key("stalled"), "1")
    assert queue.call("extendLock", ["1:lock", "stalled"], "other", 60000, "1") == 0
    assert queue.call("extendLock", ["1:lock", "stalled"], TOKEN, 60000, "1") == 1
    assert queue.redis.pttl(queue.key("1:lock")) > 50000 and not queue.exists("stalled")


def test_one_lock_is_released_by_its_owner_only(queue):
    take_new(queue)
    assert queue.call("releaseLock", ["1:lock"], "other", "") == 0
    assert queue.call("releaseLock", ["1:lock"], TOKEN, "") == 1
    assert not queue.exists("1:lock")


def test_a_job_is_recovered_at_the_second_check_that_sees_it_without_lock(queue):
    take_new(queue)
    queue.add()
    queue.redis.delete(queue.key("1:lock"))
    assert queue.check_stalled() == []
    queue.forget_events()
    assert queue.check_stalled() == ["1"]
    assert queue.list("wait") == ["2", "1"] and not queue.exists("active")
    assert queue.job("1")["stc"] == "1" and "defa" not in queue.job("1")
    assert queue.events() == [("waiting", {"jobId": "1", "prev": "active"}), ("stalled", {"jobId": "1"})]
    assert queue.scores("marker") == {"0": 0}


def test_a_job_with_its_lock_is_left_alone(queue):
    take_new(queue)
    queue.check_stalled()
    assert queue.check_stalled() == []
    assert queue.redis.smembers(queue.key("stalled")) == {"1"}


def test_checks_closer_than_the_interval_do_nothing(queue):
    take_new(queue)
    queue.check_stalled()
    queue.redis.delete(queue.key("1:lock"))
    keys = "stalled wait active stalled-check meta paused marker events repeat"
    assert queue.call("moveStalledJobsToWait", keys.split(), 1, queue.prefix, 1, 30000) == []
    assert queue.list("active") == ["1"]


def stall(queue, id, times):
    for _ in range(times):
        queue.redis.delete(queue.key(id + ":lock"))
        queue.check_stalled()
        queue.check_stalled()
        queue.take()


def test_a_job_that_stalls_too_often_is_left_to_fail(queue):
    take_new(queue)
    stall(queue, "1", 2)
    assert queue.job("1")["stc"] == "2"
    assert queue.job("1")["defa"] == "job stalled more than allowable limit"


@pytest.mark.parametrize("kind", ["hash", "zset"])
def test_the_job_of_a_scheduler_never_fails_for_stalling(queue, kind):
    if kind == "hash":
        queue.redis.hset(queue.key("repeat:nightly"), "ic", 1)
    else:
        queue.redis.zadd(queue.key("repeat"), {"nightly": 1})
    queue.add(scheduler="nightly")
    queue.take()
    stall(queue, "1", 3)
    assert queue.job("1")["stc"] == "3" and "defa" not in queue.job("1")


def test_a_stalled_job_of_a_paused_queue_wakes_nobody(queue):
    take_new(queue)
    queue.redis.delete(queue.key("1:lock"))
    queue.pause()
    queue.check_stalled()
    assert queue.check_stalled() == ["1"]
    assert not queue.exists("marker")


def test_a_lock_cannot_be_renewed_for_no_time(queue):
    queue.add()
    queue.take()
    for duration in (0, -1):
        with pytest.raises(redis.ResponseError, match="invalid expire time"):
            queue.call("extendLock", ["1:lock", "stalled"], TOKEN, duration, "1")
        with pytest.raises(redis.ResponseError, match="invalid expire time"):
            queue.call("extendLocks", ["stalled"], queue.prefix, pack([TOKEN]), pack(["1"]), duration)
    assert queue.exists("1:lock")
