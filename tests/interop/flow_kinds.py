"""Flows that must mean the same whoever adds them, and what Redis holds afterwards."""

from __future__ import annotations

import json
from typing import Any

import redis as redis_client
from python_flows import Tree, in_order

T = 1700000000000
FAILURE_OPTIONS = (
    "failParentOnFailure",
    "continueParentOnFailure",
    "ignoreDependencyOnFailure",
    "removeDependencyOnFailure",
)


def node(name: str, queue: str, *children: Tree, **opts: Any) -> Tree:
    """A node with a fixed time, so that what is stored can be compared."""
    tree: Tree = {"name": name, "queueName": queue, "data": {"of": name}, "opts": {"timestamp": T, **opts}}
    if children:
        tree["children"] = list(children)
    return tree


def with_prefix(prefix: str, tree: Tree) -> Tree:
    return {**tree, "prefix": prefix}


FLOWS: dict[str, Tree] = {
    "leaf": node("leaf", "a"),
    "leaf with options": node(
        "leaf", "a", jobId="own", attempts=3, backoff=500, removeOnComplete=True, keepLogs=2
    ),
    "two levels": node("root", "a", node("one", "b"), node("two", "b")),
    "every kind of leaf": node(
        "root",
        "parents",
        node("c1", "kids", jobId="K1", failParentOnFailure=True, attempts=2),
        with_prefix("alt", node("c2", "kids", jobId="K2", delay=1000, ignoreDependencyOnFailure=True)),
        node("c3", "kids", jobId="K3", priority=7, removeDependencyOnFailure=True),
        node("c4", "kids", jobId="K4", lifo=True, continueParentOnFailure=True),
        jobId="R",
        priority=2,
        delay=500,
    ),
    "deep": node(
        "root",
        "a",
        node("m1", "b", node("l1", "c"), node("l2", "c", node("x", "a"))),
        node("m2", "b", node("l3", "c", priority=1), delay=300),
    ),  # fmt: skip
    "same queue, long prefix": with_prefix(
        "my:own", node("root", "a", with_prefix("my:own", node("one", "a", jobId="a:b:c")))
    ),
    "the same child twice": node("root", "a", node("one", "b", jobId="x"), node("two", "b", jobId="x")),
    "data of every type": {
        **node("root", "a", {**node("one", "b"), "data": [1, 2.5, "ä", None]}),
        "data": "text",
    },
    "no data": {"name": "bare", "queueName": "a", "opts": {"timestamp": T}},
    "deduplicated leaf": node("leaf", "a", deduplication={"id": "d", "ttl": 600000}),
    "telemetry": node("root", "a", node("one", "b", telemetry={"metadata": "m", "omitContext": True})),
}


def keyspace(keys: redis_client.Redis, names: dict[str, str]) -> dict[str, Any]:
    """Every key with its value; ids that were drawn by chance are replaced by ``names``."""
    found = {key: _value(keys, key) for key in keys.scan_iter()}
    text = json.dumps(found, sort_keys=True)
    for drawn, name in names.items():
        text = text.replace(drawn, name)
    spread: dict[str, Any] = json.loads(text)
    return {key: _comparable(value) for key, value in spread.items()}


def names_of(flow: Tree, ids: list[str]) -> dict[str, str]:
    """A name for each id that no option asked for: its node's."""
    pairs = zip(in_order(flow), ids, strict=True)
    return {id: f"<{node['name']}>" for (node, _), id in pairs if "jobId" not in node.get("opts", {})}


def flat_ids(tree: Tree) -> list[str]:
    return [node["id"] for node, _ in in_order(tree)]


def _value(keys: redis_client.Redis, key: str) -> Any:
    kind = keys.type(key)
    if kind == "hash":
        return keys.hgetall(key)
    if kind == "zset":
        return {"set": [[score, member] for member, score in keys.zrange(key, 0, -1, withscores=True)]}
    if kind == "list":
        return keys.lrange(key, 0, -1)
    if kind == "set":
        return {"set": list(keys.smembers(key))}
    if kind == "stream":
        return [fields for _, fields in keys.xrange(key)]
    return keys.get(key)


def _comparable(value: Any) -> Any:
    if isinstance(value, dict) and "set" in value:
        return sorted(value["set"])
    if isinstance(value, dict) and "opts" in value:
        return {**value, "opts": json.loads(value["opts"])}
    return value
