"""FlowProducer, as the port has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._flow_producer import FlowProducer as CoreFlowProducer
from .._flows import JobNode
from ._camel_case import camel_case
from ._job import Job
from ._options import connection, options_of


@camel_case
class FlowProducer(CoreFlowProducer):
    """Adds flows. What it returns are dicts ``{"job", "children"}``."""

    _job_class = Job

    def __init__(
        self,
        redisOpts: Mapping[str, Any] | str | None = None,
        opts: Mapping[str, Any] | None = None,
    ) -> None:
        options = options_of(opts)
        if redisOpts:
            options["connection"] = connection(redisOpts)
        super().__init__(options)

    async def add(  # type: ignore[override]
        self, flow: Mapping[str, Any], opts: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Add one flow. See ``libbullmq.FlowProducer.add``."""
        return _tree(await super().add(flow, opts))  # type: ignore[arg-type]

    async def addBulk(self, flows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Add many flows. See ``libbullmq.FlowProducer.add_bulk``."""
        return [_tree(root) for root in await self.add_bulk(flows)]

    async def disconnect(self) -> None:
        """End the connection."""
        await self.close()


def _tree(root: JobNode[Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {"job": root.job}
    waiting = [(tree, root)]
    while waiting:
        into, node = waiting.pop()
        if node.children:
            into["children"] = [{"job": child.job} for child in node.children]
            waiting += zip(into["children"], node.children, strict=True)
    return tree
