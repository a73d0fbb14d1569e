"""The job that plain functions get: its methods block their thread."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from ._blocking_job_calls import BlockingJobCalls
from ._job import checked_events
from ._job_fields import JobFields, Owner
from ._loops import is_running_here

if TYPE_CHECKING:
    from .sync._queue_events import QueueEvents

Result = TypeVar("Result")


class Job(BlockingJobCalls):
    """A job of a queue, for code without asyncio. What it shows is what was read.

    Every method waits for Redis, over a lost connection as its queue's ``connection`` options say
    or, for a job that a worker runs, until the connection is back. A job that is gone raises
    ScriptError (``JobNotExist``), use after close ClosedError.
    """

    __slots__ = ("_loop",)

    def __init__(self, owner: Owner, record: bytes, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(owner, record)
        self._loop = loop

    @classmethod
    def of(cls, job: JobFields, loop: asyncio.AbstractEventLoop) -> Job:
        """The same job for a thread."""
        blocking = cls(job._owner, job._record, loop)
        blocking._data, blocking._opts, blocking._read = job._data, job._opts, job._read
        return blocking

    def log(self, row: str) -> int:
        """Append a row to the job's log. Returns how many are kept, ``keepLogs`` at most."""
        return self._wait(self._log(row))

    def remove(self, remove_children: bool = True) -> None:
        """Remove the job and, unless told not to, its children.

        Raises BullMQError (``JobLocked``) while it, or a child that was to go with it, is locked by
        a worker, ScriptError (``JobBelongsToJobScheduler``) for the next job of a scheduler.
        """
        self._wait(self._remove(remove_children))

    def wait_until_finished(self, queue_events: QueueEvents, ttl: int | None = None) -> Any:
        """Wait until the job has finished, and return its result.

        ``queue_events`` are those of ``libbullmq.sync`` and of the job's queue, ``ttl`` the longest
        wait in ms (None: no limit). Raises JobFailedError with the failed reason,
        JobWaitTimeoutError when the time is over, ScriptError (``JobNotExist``) when there is no
        such job: one that is removed when it finishes has to be waited for before. A lost
        connection only delays the answer.
        """
        checked_events(self, queue_events.name, queue_events.prefix)
        return queue_events._wait_until_finished(self.id, ttl)

    def move_to_completed(
        self, returnvalue: Any = None, token: str | None = None, fetch_next: bool = False
    ) -> Job | None:
        """Complete a job that ``Worker.get_next_job`` gave, with any JSON value.

        See ``libbullmq.Job.move_to_completed``.
        """
        return self._next(self._wait(self._complete_by_hand(returnvalue, token, fetch_next)))

    def move_to_failed(
        self, error: BaseException, token: str | None = None, fetch_next: bool = False
    ) -> Job | None:
        """Fail an attempt of a job that ``Worker.get_next_job`` gave.

        See ``libbullmq.Job.move_to_failed``.
        """
        return self._next(self._wait(self._fail_by_hand(error, token, fetch_next)))

    def _next(self, record: bytes) -> Job | None:
        job = Job(self._owner, record, self._loop)
        return job if job.id else None

    def _wait(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return wait_in_thread(coroutine, self._loop)


def wait_in_thread(
    coroutine: Coroutine[Any, Any, Result], loop: asyncio.AbstractEventLoop
) -> Result:
    """Run a coroutine in a loop of another thread and wait for what it returns."""
    if is_running_here(loop):
        coroutine.close()
        raise RuntimeError("a blocking call inside the event loop would wait for itself")
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result()
