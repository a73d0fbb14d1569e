"""A flow producer without asyncio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from .._blocking_job import Job
from .._flow_producer import FlowProducer as AsyncFlowProducer
from .._flow_producer import FlowProducerOptions, GetFlowKeywords, GetFlowOptions
from .._flows import FlowJob, FlowOptions, JobNode, each_job
from ._twin import Twin


class FlowProducer(Twin):
    """Adds flows; every call blocks until it is answered.

    Options, errors, events and what happens on connection loss are those of
    ``libbullmq.FlowProducer``. May be used from any thread. Listeners are called in a thread of the
    library and must not call blocking methods. In a forked child it opens a connection of its own.
    """

    def __init__(
        self, opts: FlowProducerOptions | Mapping[str, Any] | None = None, /, **keywords: Any
    ) -> None:
        self._producer = AsyncFlowProducer(opts, **keywords)
        super().__init__(self._producer)

    def add(
        self, flow: FlowJob | Mapping[str, Any], opts: FlowOptions | None = None
    ) -> JobNode[Job]:
        """Add one flow and return its jobs. See ``libbullmq.FlowProducer.add``."""
        return each_job(self._wait_for_all(self._producer.add(flow, opts)), self._job)

    def add_bulk(
        self, flows: Iterable[FlowJob | Mapping[str, Any]], opts: FlowOptions | None = None
    ) -> list[JobNode[Job]]:
        """Add many flows. See ``libbullmq.FlowProducer.add_bulk``."""
        added = self._wait_for_all(self._producer.add_bulk(flows, opts))
        return [each_job(root, self._job) for root in added]

    def get_flow(
        self,
        opts: GetFlowOptions | Mapping[str, Any] | None = None,
        /,
        **keywords: Unpack[GetFlowKeywords],
    ) -> JobNode[Job] | None:
        """A job with those below it. See ``libbullmq.FlowProducer.get_flow``."""
        root = self._wait(self._producer.get_flow(opts, **keywords))
        return None if root is None else each_job(root, self._job)
