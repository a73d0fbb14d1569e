"""The ways to run a handler on a job: as a coroutine of the worker's loop, or in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

from ._blocking_job import Job as BlockingJob
from ._handler import is_coroutine_function, takes_token
from ._job import Job, job_class
from ._job_fields import JobFields
from ._threads import ThreadPool

if TYPE_CHECKING:
    from ._worker import Worker

# How long cancelled handlers may take to end before their jobs are given back, in seconds.
CANCEL_GRACE = 5.0


class Runner(Protocol):
    """Calls the handler of one worker."""

    def make(self, record: bytes) -> JobFields:
        """The job that the handler, and the worker's listeners, get."""

    def call(self, job: Any) -> Awaitable[Any]:
        """The handler's result. Cancelling gives the job up."""

    def interrupt(self, job: JobFields) -> bool:
        """Ask a job that ``call`` runs to end; True to have the call itself cancelled."""

    def owns_thread(self) -> bool:
        """Whether the calling thread runs handlers of this worker."""

    def resize(self, concurrency: int) -> None:
        """Follow a change of the worker's concurrency."""

    def grace(self) -> float:
        """How long cancelled calls may take to end, in seconds."""

    async def close(self) -> None:
        """Release everything, once no call runs any more or is waited for."""


def runner_of(worker: Worker, handler: Callable[..., Any]) -> Runner:
    """The runner that suits a handler."""
    if is_coroutine_function(handler):
        return CoroutineRunner(worker, handler)
    return ThreadRunner(worker, handler)


class CoroutineRunner:
    """Runs a coroutine function in the loop of its worker."""

    def __init__(self, worker: Worker, handler: Callable[..., Any]) -> None:
        self._worker = worker
        self._job_class = job_class(worker)
        with_token = takes_token(handler)
        self.call: Callable[[Job], Awaitable[Any]] = (
            (lambda job: handler(job, job.token)) if with_token else handler
        )

    def make(self, record: bytes) -> Job:
        return self._job_class(self._worker, record)

    def interrupt(self, job: JobFields) -> bool:
        return True

    def owns_thread(self) -> bool:
        return False

    def resize(self, concurrency: int) -> None:
        pass

    def grace(self) -> float:
        return CANCEL_GRACE

    async def close(self) -> None:
        pass


class ThreadRunner:
    """Runs a plain function in threads. It cannot be stopped there, only asked."""

    def __init__(self, worker: Worker, handler: Callable[..., Any]) -> None:
        self._worker = worker
        self._handler = handler
        self._with_token = takes_token(handler)
        self._loop = asyncio.get_running_loop()
        self._pool = ThreadPool(worker.concurrency, f"bullmq-{worker.name}")
        self._awaited: set[JobFields] = set()

    def make(self, record: bytes) -> BlockingJob:
        return BlockingJob(self._worker, record, self._loop)

    async def call(self, job: BlockingJob) -> Any:
        args = (job, job.token) if self._with_token else (job,)
        ended = await self._pool.run(self._handler, *args)
        if ended.error is not None:
            raise ended.error
        if asyncio.iscoroutine(ended.result):  # a lambda or partial around a coroutine function
            return await self._await(job, ended.result)
        return ended.result

    async def _await(self, job: BlockingJob, coroutine: Any) -> Any:
        if job.cancelled:
            coroutine.close()
            job.signal.raise_if_set()
        self._awaited.add(job)
        try:
            return await coroutine
        finally:
            self._awaited.discard(job)

    def interrupt(self, job: JobFields) -> bool:
        return job in self._awaited

    def owns_thread(self) -> bool:
        return self._pool.owns_thread()

    def resize(self, concurrency: int) -> None:
        self._pool.size = concurrency

    def grace(self) -> float:
        return CANCEL_GRACE

    async def close(self) -> None:
        self._pool.close()
