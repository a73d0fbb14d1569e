"""Runs the jobs that a worker takes, and tells the core how each ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from . import _codes, _json
from ._blocking_job import Job as BlockingJob
from ._client import Client
from ._emitter import logger
from ._errors import BullMQError, error_of_refusal
from ._handler import (
    encode_result,
    failure,
    is_coroutine_function,
    message_of,
    stack_of,
    takes_token,
    unreadable_data,
)
from ._job import Job
from ._job_fields import JobFields
from ._threads import ThreadPool

if TYPE_CHECKING:
    from ._worker import Worker

# How long cancelled handlers may take to end before their jobs are given back, in seconds.
CANCEL_GRACE = 5.0
# Pause before an outcome is offered again to a core that is full, in seconds.
FULL_PAUSE = 0.05

_GIVE_BACK = b'{"giveBack":true}'


class Processing:
    """The jobs of one worker that run now.

    A job ends in exactly one of three ways: its result is stored, its failure is stored, or it is
    given back. Whatever a handler raises, and whoever cancels its task, one of them happens.
    """

    def __init__(self, worker: Worker, client: Client, handler: Callable[..., Any]) -> None:
        self._worker = worker
        self._client = client
        self._loop = client.loop
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._cancelling = False
        self._pool: ThreadPool | None = None
        self._call: Callable[[Any], Awaitable[Any]]
        self._make: Callable[[bytes], Job | BlockingJob]
        self._adapt(handler, takes_token(handler))

    def _adapt(self, handler: Callable[..., Any], with_token: bool) -> None:
        worker, loop = self._worker, self._loop
        if is_coroutine_function(handler):
            self._make = lambda record: Job(worker, record)
            self._call = (lambda job: handler(job, job.token)) if with_token else handler
            return
        self._pool = pool = ThreadPool(worker.concurrency, f"bullmq-{worker.name}")
        self._make = lambda record: BlockingJob(worker, record, loop)
        self._call = lambda job: _run_in_thread(
            pool, handler, (job, job.token) if with_token else (job,)
        )

    def includes(self, task: asyncio.Task[Any] | None) -> bool:
        """Whether a task is that of a job of this worker."""
        return task is not None and task in self._tasks.values()

    def owns_thread(self) -> bool:
        """Whether the calling thread runs handlers of this worker."""
        return self._pool is not None and self._pool.owns_thread()

    def start(self, handle: int, record: bytes) -> None:
        """Run a job that the core handed over."""
        if self._cancelling:
            self._give_back(handle)
            return
        task = self._loop.create_task(self._run(handle, self._make(record)))
        self._tasks[handle] = task
        task.add_done_callback(lambda _: self._ended(handle))

    async def _run(self, handle: int, job: Job | BlockingJob) -> None:
        worker = self._worker
        try:
            if "active" in worker._listeners:
                worker._emit("active", job)
            _require_data(job)
            result = await self._call(job)
            payload = encode_result(result)
        except BaseException as error:
            if self._stopped(error):
                raise
            if self._tasks.pop(handle, None) is not None:
                self._fail(handle, job, error)
        else:
            if self._tasks.pop(handle, None) is None:
                return  # given back meanwhile
            operation = self._settle(handle, self._client.done, payload)
            if "completed" in worker._listeners and operation > 0:
                self._client.expect(operation, Completed(worker, job, result, payload))

    def _stopped(self, error: BaseException) -> bool:
        """Whether the run was stopped from outside; the job is no worse for it."""
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            return task is None or task.cancelling() > 0
        if isinstance(error, GeneratorExit):  # the loop has gone, or the handler raised it
            return not self._loop.is_running()
        return isinstance(error, KeyboardInterrupt)

    def _fail(self, handle: int, job: Job | BlockingJob, error: BaseException) -> None:
        worker = self._worker
        operation = self._settle(handle, self._client.fail, failure(error))
        if "failed" in worker._listeners:
            if operation > 0:
                self._client.expect(operation, Failed(worker, job, error))
        else:
            logger.info("%r: %r failed: %s", worker, job, message_of(error), exc_info=error)

    def _ended(self, handle: int) -> None:
        """A task is over. Only one that was stopped has left its job unsettled."""
        if self._tasks.pop(handle, None) is not None:
            self._give_back(handle)

    def _give_back(self, handle: int) -> None:
        self._settle(handle, self._client.fail, _GIVE_BACK)

    def _settle(self, handle: int, settle: Callable[[int, bytes], int], payload: bytes) -> int:
        operation = settle(handle, payload)
        if operation == _codes.EFULL:
            self._loop.call_later(FULL_PAUSE, self._settle, handle, settle, payload)
        elif operation < 0 and operation != _codes.EFORKED:  # a forked child's copy of a job
            self._worker._emit_error(error_of_refusal(operation))
        return operation

    async def give_back_all(self) -> None:
        """Cancel every handler, and give its job back once it has ended or will not."""
        self._cancelling = True
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel("the worker closes")
        if tasks:
            await asyncio.wait(tasks, timeout=CANCEL_GRACE)
        for handle in tuple(self._tasks):
            self._ended(handle)

        if self._pool is not None:
            self._pool.close()

    def resize(self, concurrency: int) -> None:
        """Follow a change of the worker's concurrency."""
        if self._pool is not None:
            self._pool.size = concurrency


class Completed:
    """Tells listeners that a job completed, once Redis has stored it."""

    def __init__(self, worker: Worker, job: JobFields, result: Any, payload: bytes) -> None:
        self._worker, self._job, self._result, self._payload = worker, job, result, payload

    def done(self) -> bool:
        return False

    def set_result(self, record: bytes) -> None:
        self._job._end({_codes.TAG_RETURNVALUE: self._payload or b"null"})
        self._worker._emit("completed", self._job, self._result)

    def set_exception(self, error: BullMQError) -> None:
        self._worker._emit_error(error)


class Failed:
    """Tells listeners that an attempt of a job failed, once Redis has stored it."""

    def __init__(self, worker: Worker, job: JobFields, error: BaseException) -> None:
        self._worker, self._job, self._error = worker, job, error

    def done(self) -> bool:
        return False

    def set_result(self, record: bytes) -> None:
        trace = _json.encode([*self._job.stacktrace, stack_of(self._error)])
        reason = message_of(self._error).encode("utf-8", "backslashreplace")
        self._job._end({_codes.TAG_FAILED_REASON: reason, _codes.TAG_STACKTRACE: trace})
        self._worker._emit("failed", self._job, self._error)

    def set_exception(self, error: BullMQError) -> None:
        self._worker._emit_error(error)


def _require_data(job: JobFields) -> None:
    try:
        job.data  # noqa: B018
    except BullMQError as error:
        raise unreadable_data(error) from None


async def _run_in_thread(
    pool: ThreadPool, handler: Callable[..., Any], args: tuple[Any, ...]
) -> Any:
    ended = await pool.run(handler, *args)
    if ended.error is not None:
        raise ended.error
    if asyncio.iscoroutine(ended.result):  # a lambda or partial around a coroutine function
        return await ended.result
    return ended.result
