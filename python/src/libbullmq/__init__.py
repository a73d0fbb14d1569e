"""BullMQ job queues for Python, on the libbullmq core.

    from libbullmq import Queue, Worker

``libbullmq.sync`` has the same without asyncio.
"""

from ._codes import VERSION as __version__
from ._errors import (
    AuthenticationError,
    BulkError,
    BullMQError,
    ClosedError,
    CommandTimeoutError,
    ConnectionError,
    ForkedError,
    OptionError,
    ScriptError,
    UnrecoverableError,
    UnsupportedServerError,
)
from ._job import Job
from ._queue import BulkEntry, Queue
from ._worker import Worker

__all__ = [
    "AuthenticationError",
    "BulkEntry",
    "BulkError",
    "BullMQError",
    "ClosedError",
    "CommandTimeoutError",
    "ConnectionError",
    "ForkedError",
    "Job",
    "OptionError",
    "Queue",
    "ScriptError",
    "UnrecoverableError",
    "UnsupportedServerError",
    "Worker",
    "__version__",
]
