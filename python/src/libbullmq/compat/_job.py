"""Job, as the port has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._job import Job as CoreJob
from ._camel_case import camel_case

if TYPE_CHECKING:
    from ._queue import Queue


@camel_case
class Job(CoreJob):
    """A job; what it shows is what was read. See ``libbullmq.Job``."""

    __slots__ = ()

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    @property
    def attempts(self) -> int:
        """How often the job may run."""
        return int(self.opts.get("attempts") or 0)

    @property
    def queue(self) -> Any:
        """The queue or worker that the job came from."""
        return self._owner

    @staticmethod
    async def fromId(queue: Queue, jobId: str) -> Job | None:
        """The job of that id; None when there is none."""
        job: Job | None = await queue.getJob(jobId)
        return job

    @staticmethod
    async def addJobLog(queue: Queue, jobId: str, logRow: str, keepLogs: int = 0) -> int:
        """Append a row to a job's log. Returns how many are kept."""
        return await queue.add_job_log(jobId, logRow, keepLogs or None)

    async def changePriority(self, opts: Mapping[str, Any]) -> None:
        """Change the priority: ``{"priority", "lifo"}``."""
        await self.change_priority(opts.get("priority", 0), opts.get("lifo", False))

    async def moveToWaitingChildren(
        self, token: str, opts: Mapping[str, Any] | None = None
    ) -> bool:
        """Wait for the children, or for ``opts["child"]``. False when nothing is to wait for."""
        return await self.move_to_waiting_children(token, (opts or {}).get("child"))

    async def remove(self, opts: Mapping[str, Any] | bool | None = None) -> None:
        """Remove the job and, unless ``{"removeChildren": False}``, its children."""
        await super().remove(_removes_children(opts))

    async def retry(  # type: ignore[override]
        self, state: str = "failed", opts: Mapping[str, Any] | None = None
    ) -> None:
        """Let a finished job run again: ``{"resetAttemptsMade", "resetAttemptsStarted"}``."""
        given = opts or {}
        await super().retry(
            state,
            given.get("resetAttemptsMade", False),
            given.get("resetAttemptsStarted", False),
        )


def _removes_children(opts: Mapping[str, Any] | bool | None) -> bool:
    if isinstance(opts, bool):
        return opts
    return bool((opts or {}).get("removeChildren", True))
