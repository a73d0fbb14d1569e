"""BullMQ job queues for Python, on the libbullmq core.

    from libbullmq import Queue, Worker

``libbullmq.sync`` has the same without asyncio.
"""

from ._arguments import JobReference, PageOptions
from ._bulk import BulkEntry
from ._cancellation import CancelSignal
from ._codes import VERSION as __version__
from ._cron import cron_next
from ._errors import (
    AuthenticationError,
    BulkError,
    BullMQError,
    ClosedError,
    CommandTimeoutError,
    ConnectionError,
    DelayedError,
    FlowError,
    ForkedError,
    JobCancelledError,
    JobFailedError,
    JobTimeoutError,
    JobWaitTimeoutError,
    OptionError,
    RateLimitError,
    SandboxError,
    ScriptError,
    UnrecoverableError,
    UnsupportedServerError,
    WaitingChildrenError,
    WaitingError,
)
from ._flow_producer import FlowProducer, FlowProducerOptions, GetFlowOptions
from ._flows import FlowJob, FlowOptions, JobNode, QueuesOptions
from ._job import Job
from ._job_answers import DependenciesPage
from ._options import JobOptions, QueueEventsOptions, QueueOptions, RepeatOptions, WorkerOptions
from ._queue import Queue
from ._queue_event import QueueEvent
from ._queue_events import QueueEvents
from ._queue_events_producer import QueueEventsProducer
from ._results import (
    JobDependencies,
    JobDependenciesCount,
    JobLogs,
    JobScheduler,
    Metrics,
    QueueMeta,
    RateLimit,
)
from ._schedulers import JobTemplate
from ._worker import Worker

__all__ = [
    "AuthenticationError",
    "BulkEntry",
    "BulkError",
    "BullMQError",
    "CancelSignal",
    "ClosedError",
    "CommandTimeoutError",
    "ConnectionError",
    "DelayedError",
    "DependenciesPage",
    "FlowError",
    "FlowJob",
    "FlowOptions",
    "FlowProducer",
    "FlowProducerOptions",
    "ForkedError",
    "GetFlowOptions",
    "Job",
    "JobCancelledError",
    "JobDependencies",
    "JobDependenciesCount",
    "JobFailedError",
    "JobLogs",
    "JobNode",
    "JobOptions",
    "JobReference",
    "JobScheduler",
    "JobTemplate",
    "JobTimeoutError",
    "JobWaitTimeoutError",
    "Metrics",
    "OptionError",
    "PageOptions",
    "Queue",
    "QueueEvent",
    "QueueEvents",
    "QueueEventsOptions",
    "QueueEventsProducer",
    "QueueMeta",
    "QueueOptions",
    "QueuesOptions",
    "RateLimit",
    "RateLimitError",
    "RepeatOptions",
    "SandboxError",
    "ScriptError",
    "UnrecoverableError",
    "UnsupportedServerError",
    "WaitingChildrenError",
    "WaitingError",
    "Worker",
    "WorkerOptions",
    "__version__",
    "cron_next",
]
