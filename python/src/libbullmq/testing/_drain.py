"""Running the jobs of a queue inside a test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, overload

from .._job_fields import JobFields
from .._queue import Queue as AsyncQueue
from .._worker import Worker
from ..sync import Queue
from ._added import settings_of

# Between two looks at the queue, in seconds, where no event comes first.
INTERVAL = 0.05


@dataclass(frozen=True)
class Attempt:
    """How one attempt of a job ended: with ``error``, or with ``result``."""

    job: JobFields
    result: Any = None
    error: BaseException | None = None


@dataclass
class Drained:
    """What happened, in the order in which it did."""

    completed: list[Attempt] = field(default_factory=list)
    # Jobs that failed for good.
    failed: list[Attempt] = field(default_factory=list)
    # Attempts that failed and were, or will be, followed by another one.
    retried: list[Attempt] = field(default_factory=list)

    @property
    def results(self) -> list[Any]:
        """Of the completed jobs."""
        return [attempt.result for attempt in self.completed]

    @property
    def errors(self) -> list[BaseException | None]:
        """Of the jobs that failed for good."""
        return [attempt.error for attempt in self.failed]


Handler = Callable[..., Any] | str


@overload
def drain(queue: Queue, handler: Handler, *, timeout: float = 30.0, **options: Any) -> Drained: ...
@overload
def drain(
    queue: AsyncQueue, handler: Handler, *, timeout: float = 30.0, **options: Any
) -> Coroutine[Any, Any, Drained]: ...
def drain(
    queue: AsyncQueue | Queue, handler: Handler, *, timeout: float = 30.0, **options: Any
) -> Drained | Coroutine[Any, Any, Drained]:
    """Run the jobs of a queue with a handler until none waits and none runs any more.

    To be awaited for a queue of asyncio; then a coroutine handler runs in the test's own loop. Jobs
    that the handler adds are run too, and retries without a delay. Delayed jobs are left alone.

    ``options`` are those of a worker, such as ``concurrency`` (default 1: in order). Raises
    TimeoutError after ``timeout`` seconds, RuntimeError when the queue is paused, and what the
    worker reports as an error.
    """
    if isinstance(queue, Queue):
        return asyncio.run(_drain_blocking(queue, handler, timeout, options))
    return _drain(queue, handler, timeout, options)


async def _drain_blocking(
    queue: Queue, handler: Handler, timeout: float, options: dict[str, Any]
) -> Drained:
    async with AsyncQueue(queue.name, settings_of(queue)) as own:
        return await _drain(own, handler, timeout, options)


async def _drain(
    queue: AsyncQueue, handler: Handler, timeout: float, options: dict[str, Any]
) -> Drained:
    if await queue.is_paused():
        raise RuntimeError(f"{queue!r} is paused: none of its jobs would run")
    worker = Worker(queue.name, handler, settings_of(queue), skip_stalled_check=True, **options)
    watch = _Watch(worker)
    try:
        async with asyncio.timeout(timeout):
            async with worker:
                await watch.until_empty(queue)
    except TimeoutError:
        counts = await queue.get_job_counts("waiting", "prioritized", "active")
        raise TimeoutError(f"{queue!r} was not drained within {timeout} s: {counts}") from None
    return await watch.result(queue)


class _Watch:
    """Notes what a worker tells."""

    def __init__(self, worker: Worker) -> None:
        self._attempts: list[Attempt] = []
        self._error: BaseException | None = None
        self._told = asyncio.Event()
        worker.on("completed", lambda job, result: self._note(Attempt(job, result=result)))
        worker.on("failed", lambda job, error: self._note(Attempt(job, error=error)))
        worker.on("drained", self._told.set)
        worker.on("error", self._fail)

    def _note(self, attempt: Attempt) -> None:
        self._attempts.append(attempt)
        self._told.set()

    def _fail(self, error: BaseException) -> None:
        self._error = self._error or error
        self._told.set()

    async def until_empty(self, queue: AsyncQueue) -> None:
        while True:
            self._told.clear()
            counts = await queue.get_job_counts("waiting", "prioritized", "active")
            if self._error is not None:
                raise self._error
            if not any(counts.values()):
                return
            try:
                async with asyncio.timeout(INTERVAL):
                    await self._told.wait()
            except TimeoutError:
                continue

    async def result(self, queue: AsyncQueue) -> Drained:
        if self._error is not None:
            raise self._error
        drained = Drained()
        last = {attempt.job.id: attempt for attempt in self._attempts}
        for attempt in self._attempts:
            if attempt.error is None:
                drained.completed.append(attempt)
            elif attempt is last[attempt.job.id] and await _is_over(queue, attempt.job):
                drained.failed.append(attempt)
            else:
                drained.retried.append(attempt)
        return drained


async def _is_over(queue: AsyncQueue, job: JobFields) -> bool:
    """Whether a failed job stays so: it is in ``failed``, or was removed as its options say."""
    return await queue.get_job_state(job.id) in ("failed", "unknown")
