"""Queue, as the port has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._job import NO_DATA
from .._queue import Queue as CoreQueue
from ._camel_case import camel_case
from ._job import Job, _removes_children
from ._options import options_of


@camel_case
class Queue(CoreQueue):
    """A queue. Options are a dict; methods, and what they return, are those of ``libbullmq.Queue``.

    Where a method has a signature of its own here, it is that of the port.
    """

    _job_class = Job

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, name: str, opts: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, {"skipMetasUpdate": True, **options_of(opts)})
        self.opts = dict(opts or {})

    async def add(  # type: ignore[override]
        self, name: str, data: Any = NO_DATA, opts: Mapping[str, Any] | None = None
    ) -> Any:
        """Add one job. See ``libbullmq.Queue.add``."""
        return await super().add(name, data, opts)

    async def getJob(self, job_id: str) -> Any:
        """The job of that id; None when there is none."""
        return await self.get_job(job_id)

    async def isJobScheduler(self, job_scheduler_id: str) -> bool:
        """Whether there is a job scheduler of that id."""
        return await self.get_job_scheduler(job_scheduler_id) is not None

    async def promoteJobs(self, opts: Mapping[str, Any] | None = None) -> None:
        """Let all delayed jobs wait: ``{"count"}``."""
        await self.promote_jobs(**(opts or {}))

    async def remove(self, job_id: str, opts: Mapping[str, Any] | bool | None = None) -> int:
        """Remove a job and, unless ``{"removeChildren": False}``, its children."""
        return await super().remove(job_id, _removes_children(opts))

    async def retryJobs(self, opts: Mapping[str, Any] | None = None) -> None:
        """Let all failed jobs wait: ``{"state", "count", "timestamp"}``."""
        await self.retry_jobs(**(opts or {}))

    def toKey(self, type: str) -> str:
        """The Redis key of a part of the queue."""
        return f"{self.prefix}:{self.name}:{type}"

    async def upsertJobScheduler(
        self,
        job_scheduler_id: str,
        repeat_opts: Mapping[str, Any],
        job_name: str | None = None,
        job_data: Any = None,
        opts: Mapping[str, Any] | None = None,
    ) -> Any:
        """Create or change a job scheduler. See ``libbullmq.Queue.upsert_job_scheduler``."""
        template: dict[str, Any] = {"name": job_name, "data": job_data, "opts": opts}
        given = {key: value for key, value in template.items() if value is not None}
        return await self.upsert_job_scheduler(job_scheduler_id, dict(repeat_opts), given)
