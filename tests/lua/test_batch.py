"""lua/batch: many jobs in one call have the effects, events and replies of their single commands."""

import json
import random

import msgpack
import pytest
import redis
from lua_queue import NOW, LuaQueue, pack, pairs

FINISH_KEYS = [
    "wait",
    "active",
    "prioritized",
    "events",
    "stalled",
    "limiter",
    "delayed",
    "meta",
    "pc",
    "marker",
    "completed",
    "failed",
    "metrics:completed",
    "metrics:failed",
]
FETCH_KEYS = ["wait", "active", "prioritized", "events", "limiter", "delayed", "meta", "pc", "marker"]
ADD_KEYS = ["wait", "active", "prioritized", "delayed", "events", "meta", "id", "pc", "marker"]
KEEPS = [{"count": -1}, {"count": 0}, {"count": 2}, {"age": 5}, {"age": 100, "count": 3}]


class BatchQueue(LuaQueue):
    """The same queue with many jobs at a time."""

    def call_packed(self, command, keys, *args):
        """As ``call``, where the fields of jobs come packed."""
        settings = {**self.redis.connection_pool.connection_kwargs, "decode_responses": False}
        place = settings.pop("path")
        with redis.Redis(unix_socket_path=place, db=settings["db"]) as raw:
            sha = raw.script_load(self.commands[command][1])
            reply = raw.evalsha(sha, len(keys), *[self.key(k) for k in keys], *args)
        return [unpacked(item) for item in reply]

    def finish_many(self, outcomes, now, **worker):
        words = []
        for o in outcomes:
            words += [o["id"], o["token"], o["result"], way_of(o)]
        common = {"lockDuration": 30000, "maxMetricsSize": "", **worker}
        reply = self.call_packed("finishJobs", FINISH_KEYS, self.prefix, now, pack(common), *words)
        return list(zip(reply[::2], [readable(r) for r in reply[1::2]], strict=True))

    def fetch_many(self, tokens, now, **worker):
        common = {"lockDuration": 30000, **worker}
        reply = self.call_packed("fetchJobs", FETCH_KEYS, self.prefix, now, pack(common), *tokens)
        return [readable(r) for r in reply]

    def add_many(self, jobs, now=NOW):
        words = []
        for opts, id, name, data in jobs:
            priority = "lifo" if opts.get("lifo") else opts.get("priority", 0)
            words += [id, name, data, json.dumps(opts), now, opts.get("delay", 0), priority]
        return self.call("addJobs", ADD_KEYS, self.prefix, *words)


def unpacked(reply):
    """A reply as texts, the packed fields of a job as a list."""
    if isinstance(reply, list) and isinstance(reply[0], bytes):
        return [msgpack.unpackb(reply[0]), *(unpacked(item) for item in reply[1:])]
    if isinstance(reply, list):
        return [unpacked(item) for item in reply]
    return reply.decode() if isinstance(reply, bytes) else reply


def readable(reply):
    if isinstance(reply, list) and isinstance(reply[0], list):
        return reply[1], pairs(reply[0])
    if isinstance(reply, list) and reply[2] > 0:
        return [0, 0, "the rest of the rate limit", 0]  # runs in real time
    return reply


def way_of(outcome):
    rule = {"keepJobs": outcome["keep"], "attempts": outcome["attempts"]}
    way = [rule, outcome["state"] == "completed", bool(outcome["fetch"])]
    return pack([*way, outcome["fields"]] if outcome["fields"] else way)


def finish_one_by_one(queue, outcomes, now, **worker):
    replies = []
    for o in outcomes:
        reply = queue.finish(
            o["id"],
            o["state"],
            o["result"],
            fetch=o["fetch"],
            now=now,
            fields=o["fields"],
            keepJobs=o["keep"],
            attempts=o["attempts"],
            token=o["token"],
            **worker,
        )
        refused = isinstance(reply, int) and reply < 0
        replies.append((reply, 0) if refused else (0, readable(reply)))
    return replies


def dump(connection):
    """Everything in a database but the ids of events. A marker on an empty queue wakes a worker for
    nothing; the many may leave it out."""
    found = {}
    for key in sorted(connection.keys("*")):
        kind = connection.type(key)
        if kind == "hash":
            found[key] = readable_hash(connection.hgetall(key))
        elif kind == "stream":
            found[key] = [fields for _, fields in connection.xrange(key)]
        elif kind == "zset":
            found[key] = dict(connection.zrange(key, 0, -1, withscores=True))
        elif kind == "list":
            found[key] = connection.lrange(key, 0, -1)
        elif kind == "set":
            found[key] = connection.smembers(key)
        else:
            found[key] = connection.get(key)
    for marker in [key for key in found if key.endswith(":marker")]:
        prefix = marker.removesuffix("marker")
        if not any(prefix + waiting in found for waiting in ("wait", "prioritized", "delayed")):
            del found[marker]
    return found


def readable_hash(fields):
    return {f: json.loads(v) if f in ("opts", "parent") else v for f, v in fields.items()}


@pytest.fixture
def both(redis_socket, commands, batch_commands):
    """The same queues in two databases: one for single commands, one for many at a time."""
    queues = []
    for db in (0, 1):
        connection = redis.Redis(unix_socket_path=redis_socket, decode_responses=True, db=db)
        connection.flushdb()
        queues.append(BatchQueue(connection, {**commands, **batch_commands}, "bull:orders"))
    yield queues
    for queue in queues:
        queue.redis.flushdb()
        queue.redis.close()


def same(both):
    single, many = both
    assert dump(many.redis) == dump(single.redis)


def add_random(rng, queue):
    kind = rng.choice(["plain", "plain", "plain", "priority", "delayed", "lifo", "dedup", "last", "child"])
    if kind == "child":
        parent = queue.add({"priority": rng.choice([0, 3])}, waits_for_children=True)
        flags = rng.choice([{}, {"fpof": True}, {"cpof": True}, {"idof": True}, {"rdof": True}])
        queue.add({}, parent=(queue, parent), parent_flags=flags)
        return
    opts = {
        "plain": {},
        "priority": {"priority": rng.randint(1, 3)},
        "delayed": {"delay": rng.choice([5, 500])},
        "lifo": {"lifo": True},
        "dedup": {"de": {"id": "d"}},
        "last": {"de": {"id": "k", "keepLastIfActive": True}},
    }[kind]
    queue.add(opts)


def random_outcomes(rng, active):
    outcomes = []
    for id, token in active:
        failed = rng.random() < 0.3
        outcomes.append(
            {
                "id": id,
                "token": token if rng.random() < 0.9 else "other:1",
                "state": "failed" if failed else "completed",
                "result": "broken" if failed else '{"a":1}',
                "fields": ["failedReason", "broken", "stacktrace", '["s"]'] if failed else None,
                "keep": rng.choice(KEEPS),
                "attempts": rng.choice([0, 1, 3]),
                "fetch": rng.random() < 0.8,
            }
        )
    return outcomes


def prepare(seed, queue):
    """A queue in some state with jobs in hand: [(id, token)]."""
    rng = random.Random(seed)
    for _ in range(rng.randint(3, 20)):
        add_random(rng, queue)
    active = []
    for at in range(rng.randint(2, 8)):
        taken = queue.take(token=f"w:{at}")
        if isinstance(taken, tuple):
            active.append((taken[0], f"w:{at}"))
    for _ in range(rng.randint(0, 3)):
        add_random(rng, queue)  # may park a last one
    if active and rng.random() < 0.2:
        queue.redis.delete(queue.key(rng.choice(active)[0]))
    if active and rng.random() < 0.2:
        queue.redis.lrem(queue.key("active"), 1, rng.choice(active)[0])
    if active and rng.random() < 0.2:
        id = rng.choice(active)[0]
        queue.redis.sadd(queue.key(f"{id}:dependencies"), "bull:orders:99")
    if rng.random() < 0.15:
        queue.redis.hset(queue.key("meta"), "concurrency", rng.randint(1, 4))
    if rng.random() < 0.1:
        queue.pause()
    return rng, active


@pytest.mark.parametrize("seed", range(150))
def test_finishing_many_is_finishing_each(both, seed):
    single, many = both
    rng, active = prepare(seed, single)
    prepare(seed, many)
    outcomes = random_outcomes(rng, active)
    worker = rng.choice(
        [{}, {}, {"limiter": {"max": 2, "duration": 1000}}, {"maxMetricsSize": 5}, {"name": "w"}]
    )
    now = NOW + rng.choice([1, 10, 60_000])
    if outcomes:
        expected = finish_one_by_one(single, outcomes, now, **worker)
        assert many.finish_many(outcomes, now, **worker) == expected
    same(both)


@pytest.mark.parametrize("seed", range(40))
def test_fetching_many_is_fetching_each(both, seed):
    single, many = both
    rng, _ = prepare(seed, single)
    prepare(seed, many)
    now, tokens = NOW + rng.choice([1, 10, 1000]), [f"f:{at}" for at in range(6)]
    worker = rng.choice([{}, {"limiter": {"max": 2, "duration": 1000}}, {"name": "w"}])
    expected = []
    for token in tokens:
        expected.append(readable(single.take(now, token=token, **worker)))
        if not isinstance(expected[-1], tuple):
            break
    assert many.fetch_many(tokens, now, **worker) == expected
    same(both)


@pytest.mark.parametrize("seed", range(40))
def test_adding_many_is_adding_each(both, seed):
    single, many = both
    rng = random.Random(seed)
    if rng.random() < 0.3:
        for queue in both:
            queue.pause()
    jobs = []
    for at in range(rng.randint(1, 30)):
        opts = rng.choice(
            [{}, {"attempts": 3}, {"priority": 2}, {"delay": 50}, {"delay": 0.5}, {"lifo": True}]
        )
        jobs.append(
            ({"attempts": 0, **opts}, rng.choice(["", "", f"mine-{at % 3}"]), f"n{at}", f'{{"at":{at}}}')
        )
    expected = [single.add(opts, id=id, name=name, data=data) for opts, id, name, data in jobs]
    assert many.add_many(jobs) == expected
    same(both)


def outcome_of(id, token, **more):
    return {
        "id": id,
        "token": token,
        "state": "completed",
        "result": "1",
        "fields": None,
        "keep": {"count": -1},
        "attempts": 0,
        "fetch": True,
        **more,
    }


def test_an_error_with_one_job_spoils_no_other(both):
    _, queue = both
    for at in range(5):
        queue.add()
        if at < 3:
            queue.take(token=f"w:{at}")
    queue.redis.hset(queue.key("2"), "parentKey", "bull:orders:9")
    queue.redis.hset(queue.key("2"), "parent", "{broken")
    keys = FINISH_KEYS
    words = []
    for at in range(3):
        o = outcome_of(str(at + 1), f"w:{at}", fetch=False)
        words += [o["id"], o["token"], o["result"], way_of(o)]
    common = pack({"lockDuration": 30000, "maxMetricsSize": ""})
    reply = queue.call("finishJobs", keys, queue.prefix, NOW, common, *words)
    assert (reply[0], reply[4]) == (0, 0) and isinstance(reply[2], redis.ResponseError)
    assert set(queue.scores("completed")) == {"1", "3"}
    assert not queue.exists("1:lock", "3:lock")


def test_an_error_while_taking_the_next_job_leaves_the_outcomes_stored(both):
    _, queue = both
    for at in range(4):
        queue.add()
        if at < 2:
            queue.take(token=f"w:{at}")
    queue.redis.hset(queue.key("meta"), "max", 5)  # a limit without its window
    reply = queue.finish_many([outcome_of("1", "w:0"), outcome_of("2", "w:1")], NOW)
    assert [code for code, _ in reply] == [0, 0]
    assert isinstance(reply[0][1], redis.ResponseError)
    assert set(queue.scores("completed")) == {"1", "2"}


def finish_raw(queue, *words, now=NOW):
    common = pack({"lockDuration": 30000, "maxMetricsSize": ""})
    return queue.call("finishJobs", FINISH_KEYS, queue.prefix, now, common, *words)


@pytest.mark.parametrize(
    "bad",
    [b"\xff\xff", pack(7), pack([{}, True, False]), pack([{"keepJobs": 5}, True, False]), b""],
    ids=["no msgpack", "number", "no keepJobs", "keepJobs a number", "empty"],
)
def test_an_outcome_that_cannot_be_read_touches_its_job_alone_and_not_even_that(both, bad):
    _, queue = both
    for at in range(3):
        queue.add()
        queue.take(token=f"w:{at}")
    good = way_of(outcome_of("1", "w:0", fetch=False))
    reply = finish_raw(queue, "1", "w:0", "1", good, "2", "w:1", "1", bad, "3", "w:2", "1", good)
    assert (reply[0], reply[4]) == (0, 0) and isinstance(reply[2], redis.ResponseError)
    assert set(queue.scores("completed")) == {"1", "3"}
    assert queue.list("active") == ["2"] and queue.exists("2:lock")


def test_a_call_with_too_few_values_or_no_time_changes_nothing(both):
    _, queue = both
    queue.add()
    queue.take(token="w:0")
    good = way_of(outcome_of("1", "w:0", fetch=False))
    for words, now in ((["1", "w:0", "1"], NOW), (["1", "w:0", "1", good], "abc")):
        with pytest.raises(redis.ResponseError, match="finishJobs takes"):
            finish_raw(queue, *words, now=now)
    assert queue.list("active") == ["1"] and queue.exists("1:lock")


def test_a_job_that_is_finished_twice_in_a_call_is_finished_once(both):
    _, queue = both
    queue.add()
    queue.take(token="w:0")
    first = outcome_of("1", "w:0", fetch=False)
    again = outcome_of("1", "w:0", fetch=False, state="failed", fields=["atm", "9"])
    assert [code for code, _ in queue.finish_many([first, again], NOW)] == [0, -2]
    assert queue.redis.hmget(queue.key("1"), "atm", "failedReason") == ["1", None]


def test_a_job_that_cannot_be_taken_does_not_hold_up_the_others(both):
    _, queue = both
    for _ in range(4):
        queue.add()
    queue.redis.delete(queue.key("2"))
    queue.redis.set(queue.key("2"), "no hash")
    replies = queue.fetch_many(["w:0", "w:1", "w:2", "w:3"], NOW)
    assert [r[0] for r in replies if isinstance(r, tuple)] == ["1", "3", "4"]
    assert isinstance(replies[1], redis.ResponseError)
    assert queue.exists("1:lock") and queue.exists("3:lock") and queue.exists("4:lock")


def test_a_job_that_cannot_be_added_spoils_no_other(both):
    _, queue = both
    entries = [({}, "", "a", "1"), ({"delay": "abc"}, "", "b", "1"), ({"priority": "x"}, "", "c", "1")]
    ids = queue.add_many([*entries, ({"delay": 5}, "", "d", "1")])
    assert (ids[0], ids[3]) == ("1", "4")
    assert all(isinstance(refused, redis.ResponseError) for refused in ids[1:3])
    assert (queue.list("wait"), list(queue.scores("delayed"))) == (["1"], ["4"])
    assert not queue.exists("2", "3")


def test_jobs_that_cannot_wait_are_reported_one_by_one(both):
    _, queue = both
    queue.redis.set(queue.key("wait"), "no list")
    ids = queue.add_many([({}, "", "a", "1"), ({"delay": 5}, "", "b", "1"), ({}, "", "c", "1")])
    assert ids[1] == "2" and list(queue.scores("delayed")) == ["2"]
    assert isinstance(ids[0], redis.ResponseError) and isinstance(ids[2], redis.ResponseError)


def test_many_thousand_jobs_are_added_in_one_call(both):
    _, queue = both
    assert len(queue.add_many([({}, "", "a", "1")] * 9000)) == 9000
    assert queue.redis.llen(queue.key("wait")) == 9000
