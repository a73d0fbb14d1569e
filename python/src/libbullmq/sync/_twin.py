"""An object for asyncio, held in a loop of another thread, and waited for in this one."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Coroutine, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from .._blocking_job import Job, wait_in_thread
from .._connected import Connected
from .._emitter import Listener
from .._errors import BulkError, BullMQError
from .._job_fields import JobFields
from .._options import QueueOptions
from .._queue import Queue as AsyncQueue
from . import _loop

Result = TypeVar("Result")


class Twin:
    """The life of a blocking object, and what its methods need."""

    def __init__(self, twin: Connected) -> None:
        self._twin = twin
        self._thread: _loop.LoopThread | None = None
        self._release: Callable[[], Any] = lambda: None
        self._closed = False

    @property
    def prefix(self) -> str:
        """First part of the keys."""
        return self._twin.prefix

    def on(self, event: str, listener: Listener) -> Listener:
        """Call ``listener`` at every ``event``. Raises ValueError for an unknown event."""
        return self._twin.on(event, listener)

    def off(self, event: str, listener: Callable[..., Any]) -> None:
        """Stop calling a listener. One that is not there is no error."""
        self._twin.off(event, listener)

    def wait_until_ready(self) -> None:
        """Wait for the first connection; opens it if need be.

        Waits while Redis cannot be reached. Raises BullMQError when it will never accept this one.
        """
        self._wait(self._twin.wait_until_ready())

    def close(self) -> None:
        """End the connection and release everything. Closing twice is no error."""
        if self._thread is not None and self._thread.pid == os.getpid() and not self._closed:
            self._wait(self._twin.close())
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
            raise self._twin._closed_error()
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

    def _wait_for_all(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """As ``_wait``, where some jobs may be refused: the others are blocking ones then too."""
        try:
            return self._wait(coroutine)
        except BulkError as error:
            error.results = [
                result if isinstance(result, BullMQError) else self._job(result)
                for result in error.results
            ]
            raise

    def __repr__(self) -> str:
        return repr(self._twin)


class NamedTwin(Twin):
    """A twin that is about one queue."""

    def __init__(self, twin: Connected, name: str) -> None:
        super().__init__(twin)
        self._name = name

    @property
    def name(self) -> str:
        """Name of the queue."""
        return self._name


class QueueTwin(NamedTwin):
    """The life of a blocking queue."""

    def __init__(
        self, name: str, opts: QueueOptions | Mapping[str, Any] | None = None, /, **keywords: Any
    ) -> None:
        self._queue = AsyncQueue(name, opts, **keywords)
        super().__init__(self._queue, name)
