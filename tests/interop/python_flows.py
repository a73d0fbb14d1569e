"""Flows through Python's FlowProducer, as trees of dicts in Node's form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from libbullmq import BullMQError, FlowError, FlowProducer, Job, JobNode
from redis_server import RedisServer

Tree = dict[str, Any]


class PythonFlows:
    def __init__(self, server: RedisServer) -> None:
        self.producer = FlowProducer(connection=server.connection)

    async def add(self, *flows: Tree, queuesOptions: Any = None) -> list[Any]:
        """Ids and errors, parents before their children."""
        opts: Any = {"queuesOptions": queuesOptions} if queuesOptions else None
        try:
            roots = await self.producer.add_bulk(flows, opts)
        except FlowError as error:
            return [result if isinstance(result, BullMQError) else result.id for result in error.results]
        return [tree["id"] for root in roots for tree, _ in in_order(shown_tree(root))]

    async def get(self, **options: Any) -> Tree | None:
        """What ``NodePeer.get_flow`` returns, except that a job that is gone is {"gone": address}."""
        root = await self.producer.get_flow(options)
        return None if root is None else shown_tree(root)


def shown_tree(node: JobNode[Job]) -> Tree:
    """A tree as ``NodePeer`` tells of Node's."""
    job = node.job
    if not job.name:
        return {"gone": f"{job.queue_qualified_name}:{job.id}"}
    return {
        "id": job.id,
        "name": job.name,
        "queue": job.queue_name,
        "prefix": job.prefix,
        "job": job.to_json(),
        "children": [shown_tree(child) for child in node.children],
    }


def in_order(node: Tree, depth: int = 0) -> Iterator[tuple[Tree, int]]:
    """The nodes of a tree, each with its depth."""
    yield node, depth
    for child in node.get("children", []):
        yield from in_order(child, depth + 1)
