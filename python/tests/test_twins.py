"""The blocking classes have what the classes for asyncio have."""

import inspect

import pytest

from libbullmq import FlowProducer, Job, Queue, QueueEvents, QueueEventsProducer
from libbullmq.sync import FlowProducer as BlockingFlowProducer
from libbullmq.sync import Job as BlockingJob
from libbullmq.sync import Queue as BlockingQueue
from libbullmq.sync import QueueEvents as BlockingQueueEvents
from libbullmq.sync import QueueEventsProducer as BlockingQueueEventsProducer

TWINS = {
    "queue": (Queue, BlockingQueue),
    "job": (Job, BlockingJob),
    "flow producer": (FlowProducer, BlockingFlowProducer),
    "queue events": (QueueEvents, BlockingQueueEvents),
    "producer of queue events": (QueueEventsProducer, BlockingQueueEventsProducer),
}
# A loop's own way of doing things.
ASYNC_ONLY = {"call", "job_progressed", "job_removed"}
BLOCKING_ONLY = {"of"}


def public(kind):
    return {name for name in dir(kind) if not name.startswith("_")}


def signature(kind, name):
    parameters = inspect.signature(getattr(kind, name)).parameters.values()
    return [(parameter.name, parameter.kind, parameter.default) for parameter in parameters]


@pytest.mark.parametrize(("kind", "blocking"), TWINS.values(), ids=TWINS)
def test_both_kinds_have_the_same_methods(kind, blocking):
    names = public(kind) - ASYNC_ONLY - {"EVENTS"} | (
        {"name"} if "Queue" in kind.__name__ else set()
    )
    assert public(blocking) - BLOCKING_ONLY == names
    for name in names:
        if callable(getattr(kind, name, None)):
            assert signature(blocking, name) == signature(kind, name), name


@pytest.mark.parametrize(("kind", "blocking"), TWINS.values(), ids=TWINS)
def test_every_method_of_one_awaits_and_of_the_other_blocks(kind, blocking):
    plain = {"on", "off", "to_json"}
    for name in public(kind) - ASYNC_ONLY - plain:
        method = getattr(kind, name)
        if callable(method) and not isinstance(method, property):
            assert inspect.iscoroutinefunction(method), name
            assert not inspect.iscoroutinefunction(getattr(blocking, name)), name
            assert method.__doc__, name
            assert getattr(blocking, name).__doc__, name
