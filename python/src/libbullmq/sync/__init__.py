"""BullMQ job queues for Python without asyncio.

    from libbullmq.sync import Queue, Worker

The same classes as in ``libbullmq``; calls block their thread, handlers are plain functions.
"""

from .._blocking_job import Job
from ._flow_producer import FlowProducer
from ._queue import Queue
from ._worker import Worker

__all__ = ["FlowProducer", "Job", "Queue", "Worker"]
