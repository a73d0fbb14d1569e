"""A queue without asyncio."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from .._blocking_job import Job
from .._bulk import BulkEntry
from .._job import NO_DATA
from .._options import JobKeywords, JobOptions, RepeatKeywords, RepeatOptions
from .._schedulers import JobTemplate
from ._queue_calls import QueueCalls


class Queue(QueueCalls):
    """A queue of BullMQ jobs; every call blocks until it is answered.

    Options, errors, events and what happens on connection loss are those of ``libbullmq.Queue``.
    May be used from any thread. Listeners are called in a thread of the library and must not call
    blocking methods. In a forked child it opens a connection of its own.
    """

    def add(
        self,
        name: str,
        data: Any = NO_DATA,
        opts: JobOptions | Mapping[str, Any] | None = None,
        /,
        **keywords: Unpack[JobKeywords],
    ) -> Job:
        """Add one job and return it with its id. See ``libbullmq.Queue.add``."""
        return self._job(self._wait(self._queue.add(name, data, opts, **keywords)))

    def add_bulk(self, jobs: Iterable[BulkEntry]) -> list[Job]:
        """Add many jobs in one go. See ``libbullmq.Queue.add_bulk``."""
        return self._jobs(self._wait_for_all(self._queue.add_bulk(jobs)))

    def upsert_job_scheduler(
        self,
        scheduler_id: str,
        repeat: RepeatOptions | Mapping[str, Any] | None = None,
        template: JobTemplate | Mapping[str, Any] | None = None,
        **keywords: Unpack[RepeatKeywords],
    ) -> Job | None:
        """Create a job scheduler, or change it. See ``libbullmq.Queue.upsert_job_scheduler``."""
        upsert = self._queue.upsert_job_scheduler(scheduler_id, repeat, template, **keywords)
        return self._job_or_none(self._wait(upsert))

    def record_job_counts_metric(self, *types: str) -> dict[str, int]:
        """Number of jobs per type, recorded as well.

        See ``libbullmq.Queue.record_job_counts_metric``.
        """
        return self._wait(self._queue.record_job_counts_metric(*types))
