"""The blocking classes have what the classes for asyncio have."""

import inspect

import pytest

from libbullmq import FlowProducer, Job, Queue, QueueEvents, QueueEventsProducer, Worker
from libbullmq.sync import FlowProducer as BlockingFlowProducer
from libbullmq.sync import Job as BlockingJob
from libbullmq.sync import Queue as BlockingQueue
from libbullmq.sync import QueueEvents as BlockingQueueEvents
from libbullmq.sync import QueueEventsProducer as BlockingQueueEventsProducer
from libbullmq.sync import Worker as BlockingWorker

TWINS = {
    "queue": (Queue, BlockingQueue),
    "job": (Job, BlockingJob),
    "flow producer": (FlowProducer, BlockingFlowProducer),
    "queue events": (QueueEvents, BlockingQueueEvents),
    "worker": (Worker, BlockingWorker),
    "producer of queue events": (QueueEventsProducer, BlockingQueueEventsProducer),
}
# A loop's own way of doing things.
ASYNC_ONLY = {"call", "job_progressed", "job_removed"}
# What the parts of a worker for asyncio use of each other.
ASYNC_ONLY |= {"cancel_asked", "failed_for_good", "handle", "job_taken", "runs_in_this_thread"}
ASYNC_ONLY |= {"start_closing"}
BLOCKING_ONLY = {"of"}


def public(kind):
    return {name for name in dir(kind) if not name.startswith("_")}


def signature(kind, name):
    parameters = inspect.signature(getattr(kind, name)).parameters.values()
    return [(parameter.name, parameter.kind, parameter.default) for parameter in parameters]


@pytest.mark.parametrize(("kind", "blocking"), TWINS.values(), ids=TWINS)
def test_both_kinds_have_the_same_methods(kind, blocking):
    names = public(kind) - ASYNC_ONLY - {"EVENTS"}
    names |= set() if kind is FlowProducer else {"name"}
    assert public(blocking) - BLOCKING_ONLY == names
    for name in names:
        if callable(getattr(kind, name, None)):
            assert signature(blocking, name) == signature(kind, name), name


@pytest.mark.parametrize(("kind", "blocking"), TWINS.values(), ids=TWINS)
def test_every_method_of_one_awaits_and_of_the_other_blocks(kind, blocking):
    plain = {"on", "off", "to_json", "cancel_job", "cancel_all_jobs", "is_paused", "is_running"}
    for name in public(kind) - ASYNC_ONLY - plain:
        method = getattr(kind, name)
        if callable(method) and not isinstance(method, property):
            assert inspect.iscoroutinefunction(method), name
            assert not inspect.iscoroutinefunction(getattr(blocking, name)), name
            assert method.__doc__, name
            assert getattr(blocking, name).__doc__, name
