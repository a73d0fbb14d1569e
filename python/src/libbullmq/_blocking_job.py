"""The job that plain functions get: its methods block their thread."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from ._job import JobCommands
from ._job_fields import JobFields, Owner
from ._loops import is_running_here

Result = TypeVar("Result")


class Job(JobCommands):
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

    def update_progress(self, progress: Any) -> None:
        """Store the job's progress, any JSON value, and tell listeners everywhere."""
        self._wait(self._update_progress(progress))

    def log(self, row: str) -> int:
        """Append a row to the job's log. Returns the number of rows kept."""
        return self._wait(self._log(row))

    def update_data(self, data: Any) -> None:
        """Replace the job's data by another JSON value."""
        self._wait(self._update_data(data))

    def get_state(self) -> str:
        """Where the job is now: completed, failed, delayed, prioritized, active, waiting,
        waiting-children or unknown.
        """
        return self._wait(self._get_state())

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
