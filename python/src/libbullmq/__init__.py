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
    ForkedError,
    JobCancelledError,
    JobTimeoutError,
    OptionError,
    SandboxError,
    ScriptError,
    UnrecoverableError,
    UnsupportedServerError,
)
from ._job import Job
from ._job_answers import DependenciesPage
from ._options import JobOptions, QueueOptions, RepeatOptions, WorkerOptions
from ._queue import Queue
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
    "DependenciesPage",
    "ForkedError",
    "Job",
    "JobCancelledError",
    "JobDependencies",
    "JobDependenciesCount",
    "JobLogs",
    "JobOptions",
    "JobReference",
    "JobScheduler",
    "JobTemplate",
    "JobTimeoutError",
    "Metrics",
    "OptionError",
    "PageOptions",
    "Queue",
    "QueueMeta",
    "QueueOptions",
    "RateLimit",
    "RepeatOptions",
    "SandboxError",
    "ScriptError",
    "UnrecoverableError",
    "UnsupportedServerError",
    "Worker",
    "WorkerOptions",
    "__version__",
    "cron_next",
]
