"""A keyspace with jobs in every state, made by Node and copied for each call; and how two compare."""

from __future__ import annotations

import json
from typing import Any

import redis as redis_client
from node_peer import NodePeer

# What two calls one after the other may differ by.
TOLERANCE_MS = 20_000
SCORES_PER_MS = 4096

Dump = dict[bytes, tuple[bytes, int]]


async def build(node: NodePeer, holder: NodePeer, database: redis_client.Redis) -> None:
    """``holder`` keeps jobs active until it is killed."""
    await finished_jobs(node)
    await family(node)
    await holder.work("q", "hang", worker="holder", options={"concurrency": 2})
    for job in ("a1", "a2"):
        await node.add("q", "active", {}, {"jobId": job})
    for _ in range(2):
        await holder.event("worker", "active", lambda event: event["worker"] == "holder")
    while (await node.counts("q"))["active"] < 2:
        pass
    await node.add(
        "kids", "of-active", {}, {"jobId": "ac", "delay": 3600000, "parent": {"id": "a1", "queue": "bull:q"}}
    )
    await waiting_jobs(node)
    await holder.kill()
    leave_traces(database)


async def finished_jobs(node: NodePeer) -> None:
    for job in ("c1", "c2", "c3"):
        await node.add("q", "good", {"job": job}, {"jobId": job})
    await work_off(node, "q", "echo", options={"metrics": {"maxDataPoints": 60}})
    for job, opts in (("f1", {}), ("f2", {"lifo": True}), ("f3", {"priority": 4})):
        await node.add("q", "bad", {}, {"jobId": job, "attempts": 1, **opts})
    await work_off(node, "q", "fail")


async def family(node: NodePeer) -> None:
    """A parent with a child that returned, one whose failure is ignored and two that are awaited."""
    later = {"delay": 3600000}
    opts = {"k1": {}, "k2": later, "k3": later, "k4": {**later, "ignoreDependencyOnFailure": True}}
    children = [
        {"name": "kid", "queueName": "kids", "data": {"big": 2**53}, "opts": {"jobId": job, **given}}
        for job, given in opts.items()
    ]
    await node.add_flow(
        {"name": "p", "queueName": "q", "data": {}, "opts": {"jobId": "parent"}, "children": children}
    )
    await work_off(node, "kids", "echo")
    await node.call("callJob", queue="kids", jobId="k4", method="promote")
    await work_off(node, "kids", "fail")


async def work_off(node: NodePeer, queue: str, behaviour: str, **options: Any) -> None:
    await node.work(queue, behaviour, worker=behaviour, **options)
    while True:
        counts = await node.counts(queue)
        if counts["waiting"] + counts["prioritized"] + counts["active"] == 0:
            break
    await node.close_worker(behaviour)


async def waiting_jobs(node: NodePeer) -> None:
    await node.add("q", "plain", {"n": 1}, {"jobId": "w1", "keepLogs": 5})
    await node.add("q", "plain", {"n": 2}, {"jobId": "w2", "deduplication": {"id": "once"}})
    await node.add("q", "plain", {"n": 3}, {"jobId": "w3", "parent": {"id": "parent", "queue": "bull:q"}})
    for row in ("one", "two", "three"):
        await node.queue("q", "addJobLog", "w1", row)
    for job, priority in (("p1", 5), ("p2", 1), ("p3", 5)):
        await node.add("q", "first", {}, {"jobId": job, "priority": priority})
    await node.add("q", "later", {}, {"jobId": "d1", "delay": 100000})
    await node.add("q", "later", {}, {"jobId": "d2", "delay": 200000, "priority": 3})
    await node.queue("q", "setGlobalConcurrency", 50)
    await node.queue("q", "setGlobalRateLimit", 4, 5000)


def leave_traces(database: redis_client.Redis) -> None:
    """What no call of the API leaves: known tokens, a lost lock, ids without a job, jobs without a state."""
    database.set("bull:q:a1:lock", "tok", px=3600000)
    database.delete("bull:q:a2:lock")
    database.lpush("bull:q:wait", "ghost")
    database.zadd("bull:q:completed", {"ghost": 5})
    database.lpush("bull:q:paused", "legacy")
    database.hset("bull:q:legacy", mapping={"name": "legacy", "data": "{}", "opts": "{}", "timestamp": 1})
    orphan = {"name": "orphan", "data": "{}", "opts": '{"attempts":0}', "timestamp": 1}
    database.hset("bull:q:orphan", mapping=orphan)
    database.rpush("bull:q:orphan:logs", "row")
    database.set("bull:q:limiter", "5", px=3600000)
    database.hset("bull:q:broken:processed", mapping={"bull:kids:k1": "not json"})
    database.zadd("bull:q:parent:unsuccessful", {"bull:kids:gone": 5, "bull:kids:lost": 6})
    database.hset("bull:q:metrics:completed", mapping={"count": 9, "prevTS": 60000, "prevCount": 4})
    database.rpush("bull:q:metrics:completed:data", 4, 0, 2)


def dump(database: redis_client.Redis) -> Dump:
    return {key: (database.dump(key), max(database.pttl(key), 0)) for key in database.scan_iter()}


def restore(database: redis_client.Redis, world: Dump) -> None:
    database.flushdb()
    with database.pipeline() as pipeline:
        for key, (content, ttl) in world.items():
            pipeline.restore(key, ttl, content)
        pipeline.execute()


def read(database: redis_client.Redis) -> dict[str, Any]:
    """Everything in a database; ids of events are Redis' own and left out."""
    return {key.decode(): content(database, key) for key in sorted(database.scan_iter())}


def content(database: redis_client.Redis, key: bytes) -> Any:
    ttl = database.pttl(key)
    match database.type(key):
        case b"string":
            return [ttl, database.get(key)]
        case b"list":
            return [ttl, database.lrange(key, 0, -1)]
        case b"set":
            return [ttl, sorted(database.smembers(key))]
        case b"zset":
            return [ttl, database.zrange(key, 0, -1, withscores=True)]
        case b"hash":
            return [ttl, fields_of(database.hgetall(key))]
        case _:
            return [ttl, [fields for _, fields in database.xrange(key)]]


def fields_of(found: dict[bytes, bytes]) -> dict[bytes, Any]:
    """Options are an object: the order of its members is nobody's business."""
    return {name: json.loads(value) if name == b"opts" else value for name, value in found.items()}


def differences(ours: Any, nodes: Any, where: str = "") -> list[str]:
    """Where two values differ, times by more than the calls lie apart."""
    if isinstance(ours, dict) and isinstance(nodes, dict):
        found = [f"{where}/{name!r} only with Node" for name in nodes.keys() - ours.keys()]
        found += [f"{where}/{name!r} only with us" for name in ours.keys() - nodes.keys()]
        for name in ours.keys() & nodes.keys():
            found += differences(ours[name], nodes[name], f"{where}/{name!r}")
        return found
    if isinstance(ours, list | tuple) and isinstance(nodes, list | tuple) and len(ours) == len(nodes):
        pairs = enumerate(zip(ours, nodes, strict=True))
        return [text for at, (a, b) in pairs for text in differences(a, b, f"{where}[{at}]")]
    return [] if alike(ours, nodes) else [f"{where}: ours {ours!r}, Node's {nodes!r}"]


def alike(ours: Any, nodes: Any) -> bool:
    if ours == nodes and isinstance(ours, bool) == isinstance(nodes, bool):
        return True
    try:
        a, b = float(ours), float(nodes)
    except (TypeError, ValueError):
        return False
    is_time = min(a, b) > 1000  # TTLs are times too
    return is_time and abs(a - b) < TOLERANCE_MS * (SCORES_PER_MS if a > 1e15 else 1)
