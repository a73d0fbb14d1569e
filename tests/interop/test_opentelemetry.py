"""Traces go through both languages: who adds a job and who runs it are in one, whichever is Node's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from libbullmq import Job, Queue, Worker
from libbullmq.opentelemetry import Telemetry
from node_peer import NodePeer
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from python_side import StartWorker
from redis_server import RedisServer

KINDS = {"INTERNAL": 0, "PRODUCER": 3, "CONSUMER": 4}  # numbers of Node's
# What only one of the two knows, or both draw by chance.
OWN = {"bullmq.worker.id", "bullmq.job.attempt_finished_timestamp", "bullmq.job.processed.timestamp"}


class PythonTraces:
    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.telemetry = Telemetry("python", tracer_provider=provider)

    def spans(self) -> list[dict[str, Any]]:
        """As ``NodePeer`` tells of Node's."""
        return [
            {
                "name": span.name,
                "kind": KINDS[span.kind.name],
                "trace": f"{span.context.trace_id:032x}",
                "id": f"{span.context.span_id:016x}",
                "parent": f"{span.parent.span_id:016x}" if span.parent else None,
                "attributes": json.loads(json.dumps(dict(span.attributes or {}))),
                "events": [event.name for event in span.events if event.name != "exception"],
            }
            for span in self._exporter.get_finished_spans()
        ]


@pytest.fixture
def traces() -> PythonTraces:
    return PythonTraces()


@pytest.fixture
async def node6(start_peer: Any, redis: RedisServer) -> NodePeer:
    peer: NodePeer = await start_peer("bullmq6", redis)
    await peer.call("openQueue", queue="q", options={"telemetry": True})
    return peer


def one(spans: list[dict[str, Any]], name: str) -> dict[str, Any]:
    [span] = [span for span in spans if span["name"] == name]
    return span


async def as_told(job: Job) -> Any:
    """What the Node behaviour of the same name does."""
    if "fail" in job.data:
        raise RuntimeError(job.data["fail"])
    return job.data.get("value")


async def test_python_goes_on_with_a_trace_of_node(
    node6: NodePeer, traces: PythonTraces, start_worker: StartWorker
) -> None:
    await node6.watch("q")
    await node6.add("q", "x", {"value": 1})
    await start_worker("q", as_told, telemetry=traces.telemetry)
    await node6.event("queueEvents", "completed")
    added = one(await node6.call("finishedSpans"), "add q.x")
    ran = one(traces.spans(), "process q")
    assert (ran["trace"], ran["parent"]) == (added["trace"], added["id"])


async def test_node_goes_on_with_a_trace_of_python(
    node6: NodePeer, traces: PythonTraces, redis: RedisServer
) -> None:
    async with Queue("q", connection=redis.connection, telemetry=traces.telemetry) as queue:
        await queue.add("x", {"value": 1})
    await node6.watch("q")
    await node6.work("q", "asTold", options={"telemetry": True})
    await node6.event("queueEvents", "completed")
    await node6.call("closeWorker", worker="node")
    added = one(traces.spans(), "add q.x")
    ran = one(await node6.call("finishedSpans"), "process q")
    assert (ran["trace"], ran["parent"]) == (added["trace"], added["id"])


@pytest.mark.parametrize("data", [{"value": {"r": 1}}, {"fail": "boom"}], ids=["completed", "failed"])
async def test_spans_of_both_languages_tell_the_same(
    node6: NodePeer, traces: PythonTraces, redis: RedisServer, data: Any
) -> None:
    ending = "failed" if "fail" in data else "completed"
    await node6.watch("q")
    await node6.add("q", "x", data)
    await node6.work("q", "asTold", options={"telemetry": True, "name": "w"})
    await node6.event("queueEvents", ending)
    await node6.call("closeWorker", worker="node")
    await node6.queue("q", "pause")
    await node6.queue("q", "resume")
    nodes = await node6.call("finishedSpans")
    options: Any = {"connection": redis.connection, "telemetry": traces.telemetry}
    async with Queue("q", options) as queue, Worker("q", as_told, {"name": "w", **options}):
        job = await queue.add("x", data)
        await node6.event("queueEvents", ending, lambda event: event["args"][0]["jobId"] == job.id)
        await queue.pause()
        await queue.resume()
    for name in ("add q.x", "process q", "pause q", "resume q"):
        ours, theirs = one(traces.spans(), name), one(nodes, name)
        for span in (ours, theirs):
            span["attributes"] = {key: span["attributes"][key] for key in span["attributes"].keys() - OWN}
            span["attributes"].pop("bullmq.job.id", None)
        told = ("kind", "attributes", "events")
        assert [ours[key] for key in told] == [theirs[key] for key in told]
