"""The names of the official Python port of BullMQ, on libbullmq.

    from libbullmq.compat import Queue, Worker   # was: from bullmq import Queue, Worker

Classes, methods, options and events are those of ``bullmq`` 3.4; docs/python-compat.md tells what
differs. What libbullmq has beyond it is there too, under both spellings.
"""

from .._errors import (
    DelayedError,
    RateLimitError,
    UnrecoverableError,
    WaitingChildrenError,
    WaitingError,
)
from ._flow_producer import FlowProducer
from ._job import Job
from ._queue import Queue
from ._queue_events import QueueEvents
from ._queue_events_producer import QueueEventsProducer
from ._signal import AbortError, AbortSignal
from ._worker import Worker

__all__ = [
    "AbortError",
    "AbortSignal",
    "DelayedError",
    "FlowProducer",
    "Job",
    "Queue",
    "QueueEvents",
    "QueueEventsProducer",
    "RateLimitError",
    "UnrecoverableError",
    "WaitingChildrenError",
    "WaitingError",
    "Worker",
]
