"""A queue for asyncio, held in a loop of another thread, and waited for in this one."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Coroutine, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from .._blocking_job import Job, wait_in_thread
from .._emitter import Listener
from .._errors import ClosedError
from .._job_fields import JobFields
from .._options import QueueOptions
from .._queue import Queue as AsyncQueue
from . import _loop

Result = TypeVar("Result")


class QueueTwin:
    """The life of a blocking queue, and what its methods need."""

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

    @property
    def prefix(self) -> str:
        """First part of the queue's keys."""
        return self._queue.prefix

    def on(self, event: str, listener: Listener) -> Listener:
        """Call ``listener`` at every ``event``. Raises ValueError for an unknown event."""
        return self._queue.on(event, listener)

    def off(self, event: str, listener: Callable[..., Any]) -> None:
        """Stop calling a listener. One that is not there is no error."""
        self._queue.off(event, listener)

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

    def _job_or_none(self, job: JobFields | None) -> Job | None:
        return None if job is None else self._job(job)

    def _jobs(self, jobs: Iterable[JobFields]) -> list[Job]:
        return [self._job(job) for job in jobs]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"
