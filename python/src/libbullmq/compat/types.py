"""Types of options, where the port has them."""

from .._options import (
    BackoffOptions,
    ConnectionOptions,
    DeduplicationOptions,
    JobOptions,
    QueueEventsOptions,
    RepeatOptions,
    WorkerOptions,
)
from .._options import QueueOptions as QueueBaseOptions
from .._options import QueueOptions as QueueEventsProducerOptions
from .._options import RetentionOptions as KeepJobs

__all__ = [
    "BackoffOptions",
    "ConnectionOptions",
    "DeduplicationOptions",
    "JobOptions",
    "KeepJobs",
    "QueueBaseOptions",
    "QueueEventsOptions",
    "QueueEventsProducerOptions",
    "RepeatOptions",
    "WorkerOptions",
]
