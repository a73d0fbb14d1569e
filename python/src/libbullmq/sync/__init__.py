"""BullMQ job queues for Python without asyncio.

    from libbullmq.sync import Queue, Worker

The same classes as in ``libbullmq``; calls block their thread, handlers are plain functions.
"""

from .._blocking_job import Job
from ._flow_producer import FlowProducer
from ._queue import Queue
from ._queue_events import QueueEvents
from ._queue_events_producer import QueueEventsProducer
from ._worker import Worker

__all__ = ["FlowProducer", "Job", "Queue", "QueueEvents", "QueueEventsProducer", "Worker"]
