"""Traces: who adds a job and who runs it are in one."""

import asyncio
import functools
import threading
import time

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libbullmq import (
    DelayedError,
    FlowProducer,
    OptionError,
    Queue,
    RateLimitError,
    UnrecoverableError,
    WaitingChildrenError,
    WaitingError,
    Worker,
    sync,
)
from libbullmq.opentelemetry import Telemetry

TIMEOUT = 15.0


class Traces:
    """A telemetry whose spans are kept."""

    def __init__(self):
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.telemetry = Telemetry("test", tracer_provider=provider)

    def named(self, name):
        return [span for span in self._exporter.get_finished_spans() if span.name == name]

    def one(self, name):
        [span] = self.named(name)
        return span


@pytest.fixture
def traces():
    return Traces()


@pytest.fixture
async def queue(redis, traces):
    options = {"connection": redis.connection}
    async with Queue("q", options, telemetry=traces.telemetry) as queue:
        yield queue


async def run(traces, redis, handler, attempts=1):
    """A worker until so many attempts have completed or failed."""
    ended = asyncio.Queue()
    options = {"connection": redis.connection, "telemetry": traces.telemetry}
    async with Worker("q", handler, options) as worker:
        worker.on("completed", lambda job, result: ended.put_nowait(job))
        worker.on("failed", lambda job, error: ended.put_nowait(job))
        for _ in range(attempts):
            await asyncio.wait_for(ended.get(), TIMEOUT)


def is_child(span, parent):
    return span.parent is not None and span.parent.span_id == parent.context.span_id


async def test_running_a_job_is_in_the_trace_of_adding_it(queue, redis, traces):
    current = []

    async def handler(job):
        current.append(trace.get_current_span().get_span_context())
        return {"r": 1}

    job = await queue.add("x", {"a": 1})
    await run(traces, redis, handler)
    added, ran = traces.one("add q.x"), traces.one("process q")
    assert (added.kind, ran.kind) == (trace.SpanKind.PRODUCER, trace.SpanKind.CONSUMER)
    assert is_child(ran, added)
    assert current[0].span_id == ran.context.span_id
    assert added.attributes == {
        "bullmq.queue.name": "q",
        "bullmq.queue.operation": "add",
        "bullmq.job.name": "x",
        "bullmq.job.id": job.id,
    }
    assert ran.attributes["bullmq.job.attempts.made"] == 1
    [event] = ran.events
    assert (event.name, event.attributes["bullmq.job.result"]) == ("job completed", '{"r":1}')


async def test_a_failed_attempt_fails_its_span_and_the_next_is_in_the_trace(queue, redis, traces):
    async def handler(job):
        raise RuntimeError("no luck")

    await queue.add("x", {}, attempts=2)
    await run(traces, redis, handler, attempts=2)
    spans = traces.named("process q")
    assert len(spans) == 2
    assert {span.context.trace_id for span in spans} == {traces.one("add q.x").context.trace_id}
    assert not spans[0].status.is_ok
    assert {event.name for event in spans[0].events} == {"job failed", "exception"}
    assert "traceparent" in redis.call("HGET", "bull:q:1", "tm")


@pytest.mark.parametrize("kind", ["thread", "process"])
async def test_handlers_elsewhere_are_traced_too(queue, redis, traces, kind):
    current = []

    def in_thread(job):
        current.append(trace.get_current_span().get_span_context())

    await queue.add("x")
    handler = in_thread if kind == "thread" else "handlers.moving:nothing"
    await run(traces, redis, handler)
    ran = traces.one("process q")
    assert is_child(ran, traces.one("add q.x"))
    assert kind == "process" or current[0].span_id == ran.context.span_id


async def test_a_job_may_be_left_out_of_the_trace(queue, redis, traces):
    job = await queue.add("x", {}, telemetry={"omitContext": True})
    assert job.opts["telemetry"] == {"omitContext": True}
    await run(traces, redis, lambda job: None)
    assert traces.one("process q").parent is None


async def test_jobs_of_bulk_adds_and_flows_carry_the_trace(queue, redis, traces):
    own = {"metadata": '{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}'}
    jobs = await queue.add_bulk([{"name": "a"}, {"name": "b", "opts": {"telemetry": own}}])
    span = traces.one("addBulk q")
    assert span.attributes["bullmq.job.bulk.names"] == ("a", "b")
    assert f"{span.context.trace_id:032x}" in jobs[0].opts["telemetry"]["metadata"]
    assert jobs[1].opts["telemetry"] == own
    producer = FlowProducer(connection=redis.connection, telemetry=traces.telemetry)
    async with producer:
        child = {"name": "c", "queueName": "q"}
        root = await producer.add({"name": "p", "queueName": "other", "children": [child]})
        await producer.add_bulk([child])
    span = traces.one("addFlow other")
    assert span.attributes["bullmq.flow.name"] == "p"
    for job in (root.job, root.children[0].job):
        assert f"{span.context.trace_id:032x}" in job.opts["telemetry"]["metadata"]
    assert traces.one("addBulkFlows q").kind is trace.SpanKind.PRODUCER


async def test_what_is_done_to_a_queue_is_traced(queue, traces):
    await queue.pause()
    await queue.resume()
    await queue.get_job_counts()
    assert traces.one("pause q").kind is trace.SpanKind.INTERNAL
    assert traces.one("resume q").attributes["bullmq.queue.operation"] == "resume"
    assert not traces.named("getJobCounts q")


async def test_what_is_refused_fails_its_span(queue, traces):
    with pytest.raises(OptionError):
        await queue.add("x", {1})
    assert not traces.one("add q.x").status.is_ok
    with pytest.raises(OptionError):
        await queue.add_bulk([{"name": "x"}, "text"])
    assert not traces.one("addBulk q").status.is_ok


async def test_metadata_of_another_kind_is_no_trace(queue, redis, traces):
    async with Queue("q", connection=redis.connection) as plain:
        await plain.add("x", telemetry={"metadata": "something else"})
    await run(traces, redis, lambda job: None)
    assert traces.one("process q").parent is None


def test_there_is_a_trace_without_asyncio(redis, traces):
    options = {"connection": redis.connection, "telemetry": traces.telemetry}
    ended = threading.Event()
    with sync.Queue("q", options) as queue, sync.Worker("q", lambda job: 1, options) as worker:
        worker.on("completed", lambda job, result: ended.set())
        queue.add("x")
        assert ended.wait(TIMEOUT)
    assert is_child(traces.one("process q"), traces.one("add q.x"))


def test_what_is_no_telemetry_is_refused():
    for kind in (Queue, lambda *a, **k: Worker("q", lambda job: 1, **k)):
        with pytest.raises(OptionError, match='must have a method "span"'):
            kind("q", telemetry=True)


STATES = {
    "ok": "completed",
    "fail": "failed",
    "unrecoverable": "failed",
    "retry": "retried",
    "backoff": "delayed",
    "delay": "delayed",
    "wait": "waiting",
    "limit": "waiting",
    "children": "waiting-children",
}
OPTS = {
    "unrecoverable": {"attempts": 3},
    "retry": {"attempts": 2},
    "backoff": {"attempts": 2, "backoff": 10},
}


async def by_its_name(queue, job, token):
    """Each ends its first attempt in the state of ``STATES``."""
    if job.name in ("fail", "retry", "backoff") and job.attempts_started == 1:
        raise RuntimeError("no luck")
    if job.name == "unrecoverable":
        raise UnrecoverableError("never")
    if job.attempts_started == 1:
        match job.name:
            case "delay":
                await job.move_to_delayed(int(time.time() * 1000), token)
                raise DelayedError
            case "wait":
                await job.move_to_wait(token)
                raise WaitingError
            case "limit":
                raise RateLimitError
            case "children":
                parent = {"id": job.id, "queue": job.queue_qualified_name}
                await queue.add("child", parent=parent)
                assert await job.move_to_waiting_children(token)
                raise WaitingChildrenError


def measured(reader):
    """{instrument: {(job name or "", state): value or number of values}}"""
    found = {}
    for resource in reader.get_metrics_data().resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.data.data_points:
                    about = dict(point.attributes)
                    assert about["bullmq.queue.name"] == "q"
                    state = about.get("bullmq.job.state") or about["bullmq.queue.jobs.state"]
                    value = point.count if hasattr(point, "count") else point.value
                    name = about.get("bullmq.job.name", "")
                    found.setdefault(metric.name, {})[name, state] = value
    return found


async def test_attempts_are_counted_by_what_became_of_the_job(redis):
    reader = InMemoryMetricReader()
    telemetry = Telemetry("test", meter_provider=MeterProvider([reader]))
    options = {"connection": redis.connection, "telemetry": telemetry}
    ended = asyncio.Queue()
    queue = Queue("q", options)
    worker = Worker("q", functools.partial(by_its_name, queue), options)
    async with queue, worker:
        worker.on("completed", lambda job, result: ended.put_nowait(job.name))
        for name in STATES:
            await queue.add(name, {}, OPTS.get(name))
        for _ in range(len(STATES) - 1):  # the child too, but for those that failed
            await asyncio.wait_for(ended.get(), TIMEOUT)
        assert await queue.record_job_counts_metric("completed", "failed") == {
            "completed": 8,
            "failed": 2,
        }
    found = measured(reader)
    first = {(name, state) for name, state in STATES.items()}
    then = {(name, "completed") for name in [*STATES, "child"]} - {
        ("fail", "completed"),
        ("unrecoverable", "completed"),
    }
    assert found.pop("bullmq.job.duration") == dict.fromkeys(first | then, 1)
    assert found.pop("bullmq.queue.jobs") == {("", "completed"): 8, ("", "failed"): 2}
    for name, counted in found.items():
        state = name.removeprefix("bullmq.jobs.").replace("_", "-")
        assert counted == {pair: 1 for pair in first | then if pair[1] == state}
    assert len(found) == len(set(STATES.values()))
