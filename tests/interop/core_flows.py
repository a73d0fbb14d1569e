"""The core's flow commands as trees of dicts in Node's form."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

from libbullmq import _codes
from libbullmq._client import Client
from libbullmq._conf import Confs
from libbullmq._record import Value, fields, find, split
from redis_server import RedisServer

Tree = dict[str, Any]


class CoreFlows:
    """A client of the core that opens no queue."""

    def __init__(self, server: RedisServer) -> None:
        confs = Confs({"connection": server.connection}, (_codes.CONF_CLIENT,))
        self._client = Client(confs[_codes.CONF_CLIENT], {})

    async def add(self, *flows: Tree, **args: Any) -> list[Any]:
        """Ids and errors, parents before their children."""
        payload = b"".join(_node(node, depth) for flow in flows for node, depth in in_order(flow))
        reply = await self._client.call(0, b"addFlows", json.dumps(args).encode(), payload)
        results: list[Any] = json.loads(find(reply, _codes.TAG_VALUE) or b"")
        return results

    async def get(self, **args: Any) -> Tree | None:
        """What ``NodePeer.get_flow`` returns, except that a job that is gone is {"gone": address}."""
        reply = await self._client.call(0, b"getFlow", json.dumps(args).encode(), b"")
        path: list[Tree] = []
        for _, _, record in split(find(reply, _codes.TAG_VALUE) or b""):
            values = dict(fields(record))
            tree = _tree(values)
            del path[values[_codes.TAG_DEPTH] :]
            if path:
                path[-1]["children"].append(tree)
            path.append(tree)
        return path[0] if path else None

    async def close(self) -> None:
        await self._client.close(1000)


def in_order(node: Tree, depth: int = 0) -> Iterator[tuple[Tree, int]]:
    """The nodes of a tree, each with its depth."""
    yield node, depth
    for child in node.get("children", []):
        yield from in_order(child, depth + 1)


def _tree(values: dict[int, Value]) -> Tree:
    def text(tag: int) -> str:
        value = values[tag]
        assert isinstance(value, bytes)
        return value.decode()

    queue, prefix = text(_codes.TAG_QUEUE_NAME), text(_codes.TAG_PREFIX)
    if _codes.TAG_NAME not in values:
        return {"gone": f"{prefix}:{queue}:{text(_codes.TAG_JOB_ID)}"}
    return {
        "id": text(_codes.TAG_JOB_ID),
        "name": text(_codes.TAG_NAME),
        "queue": queue,
        "prefix": prefix,
        "children": [],
    }


def _node(node: Tree, depth: int) -> bytes:
    values = [
        (_codes.TAG_DEPTH, _codes.KIND_INTEGER, struct.pack("<q", depth)),
        (_codes.TAG_QUEUE_NAME, _codes.KIND_BYTES, node["queueName"].encode()),
        (_codes.TAG_NAME, _codes.KIND_BYTES, node["name"].encode()),
    ]
    if "prefix" in node:
        values.append((_codes.TAG_PREFIX, _codes.KIND_BYTES, node["prefix"].encode()))
    for tag, key in ((_codes.TAG_DATA, "data"), (_codes.TAG_OPTS, "opts")):
        if key in node:
            text = json.dumps(node[key], separators=(",", ":"), ensure_ascii=False)
            values.append((tag, _codes.KIND_BYTES, text.encode()))
    body = b"".join(struct.pack("<HBBI", tag, kind, 0, len(raw)) + raw for tag, kind, raw in values)
    return struct.pack("<IHHq", 16 + len(body), _codes.REC_FLOW_NODE, len(values), 0) + body
