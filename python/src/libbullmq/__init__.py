"""BullMQ job queues for Python, on the libbullmq core.

    from libbullmq import Queue, Worker

``libbullmq.sync`` has the same without asyncio.
"""

from ._bulk import BulkEntry
from ._cancellation import CancelSignal
from ._codes import VERSION as __version__
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
from ._options import JobOptions, QueueOptions, WorkerOptions
from ._queue import Queue
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
    "ForkedError",
    "Job",
    "JobCancelledError",
    "JobOptions",
    "JobTimeoutError",
    "OptionError",
    "Queue",
    "QueueOptions",
    "SandboxError",
    "ScriptError",
    "UnrecoverableError",
    "UnsupportedServerError",
    "Worker",
    "WorkerOptions",
    "__version__",
]
