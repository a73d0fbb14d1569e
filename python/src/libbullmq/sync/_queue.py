"""The producer's side without asyncio."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Coroutine, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from .._blocking_job import Job, wait_in_thread
from .._bulk import BulkEntry
from .._emitter import Listener
from .._errors import BulkError, BullMQError, ClosedError
from .._job import NO_DATA
from .._job_fields import JobFields
from .._options import JobOptions, QueueOptions
from .._queue import Queue as AsyncQueue
from . import _loop

Result = TypeVar("Result")


class Queue:
    """A queue of BullMQ jobs, for adding and looking; every call blocks until it is answered.

    Options, errors, events and what happens on connection loss are those of ``libbullmq.Queue``.
    May be used from any thread. Listeners are called in a thread of the library and must not call
    blocking methods. In a forked child it opens a connection of its own.
    """

    def __init__(
        self, name: str, opts: QueueOptions | Mapping[str, Any] | None = None, /, **keywords: Any
    ) -> None:
        self._queue = AsyncQueue(name, opts, **keywords)
        self._thread: _loop.LoopThread | None = None
        self._release: Callable[[], Any] = lambda: None
        self._closed = False

    @property
    def name(self) -> str:
        """Name of the queue."""
        return self._queue.name

    def on(self, event: str, listener: Listener) -> Listener:
        """Call ``listener`` at every ``event``. Raises ValueError for an unknown event."""
        return self._queue.on(event, listener)

    def add(
        self,
        name: str,
        data: Any = NO_DATA,
        opts: JobOptions | Mapping[str, Any] | None = None,
        /,
        **keywords: Any,
    ) -> Job:
        """Add one job and return it with its id. See ``libbullmq.Queue.add``."""
        return self._job(self._wait(self._queue.add(name, data, opts, **keywords)))

    def add_bulk(self, jobs: Iterable[BulkEntry]) -> list[Job]:
        """Add many jobs in one go. See ``libbullmq.Queue.add_bulk``."""
        try:
            return [self._job(job) for job in self._wait(self._queue.add_bulk(jobs))]
        except BulkError as error:
            error.results = [
                result if isinstance(result, BullMQError) else self._job(result)
                for result in error.results
            ]
            raise

    def get_job(self, job_id: str) -> Job | None:
        """The job of that id as it is now; None when there is none."""
        job = self._wait(self._queue.get_job(job_id))
        return None if job is None else self._job(job)

    def get_job_state(self, job_id: str) -> str:
        """completed, failed, delayed, prioritized, active, waiting, waiting-children or unknown."""
        return self._wait(self._queue.get_job_state(job_id))

    def get_job_counts(self, *types: str) -> dict[str, int]:
        """Number of jobs per type, by the names asked for; without any: all of them."""
        return self._wait(self._queue.get_job_counts(*types))

    def get_job_logs(
        self, job_id: str, start: int = 0, end: int = -1, asc: bool = True
    ) -> dict[str, Any]:
        """``{"logs": [rows start to end, both included], "count": number of all rows}``."""
        return self._wait(self._queue.get_job_logs(job_id, start, end, asc))

    def pause(self) -> None:
        """Let no worker anywhere take another job. Jobs that run go on."""
        self._wait(self._queue.pause())

    def resume(self) -> None:
        """End the pause."""
        self._wait(self._queue.resume())

    def is_paused(self) -> bool:
        """Whether the queue is paused for every worker."""
        return self._wait(self._queue.is_paused())

    def obliterate(self, force: bool = False) -> None:
        """Pause the queue and delete it with all its jobs; see ``libbullmq.Queue.obliterate``."""
        self._wait(self._queue.obliterate(force))

    def close(self) -> None:
        """End the connection and release everything. Closing twice is no error."""
        if self._thread is not None and self._thread.pid == os.getpid() and not self._closed:
            self._wait(self._queue.close())
        self._closed = True
        self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _wait(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        if self._closed:
            coroutine.close()
            raise ClosedError(f"queue {self.name!r} is closed; make a new Queue")
        return wait_in_thread(coroutine, self._running().loop)

    def _running(self) -> _loop.LoopThread:
        if self._thread is None or self._thread.pid != os.getpid():
            self._thread = _loop.acquire()
            self._release = weakref.finalize(self, _loop.release, self._thread)
        return self._thread

    def _job(self, job: JobFields) -> Job:
        return Job.of(job, self._running().loop)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"
