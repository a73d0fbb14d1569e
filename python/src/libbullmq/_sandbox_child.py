"""The process that a worker runs jobs in: imports the handler, then runs one job after the other.

The handler has the main thread. Another one listens to the parent: it hands jobs over, answers
what the job asked of Redis, and ends the process when the parent has gone.
"""

from __future__ import annotations

import abc
import asyncio
import contextlib
import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ._blocking_job import Job as BlockingJob
from ._errors import JobCancelledError
from ._failures import failure
from ._handler import encode_result, is_coroutine_function, takes_token, unreadable_data
from ._job import Job
from ._job_commands import JobCommands
from ._job_fields import JobFields, Owner
from ._sandbox_link import Link
from ._target import load_target
from ._threads import Ended

Result = TypeVar("Result")
Start = tuple[str, bytes]  # queue of the job, its record


class Leave(SystemExit):
    """Ends the process, and what its handler does."""


class DirectJob(BlockingJob):
    """The job that a plain function gets here: there is no loop to wait for."""

    __slots__ = ()

    def __init__(self, owner: Owner, record: bytes) -> None:
        JobCommands.__init__(self, owner, record)

    def _wait(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        try:
            coroutine.send(None)
        except StopIteration as end:
            result: Result = end.value
            return result
        raise RuntimeError("a call of the job waited for a loop")


class Sandbox(abc.ABC):
    """What both kinds of handlers need."""

    def __init__(self, link: Link, handler: Callable[..., Any]) -> None:
        self._link = link
        self._handler = handler
        self._with_token = takes_token(handler)
        self._job: JobFields | None = None
        self._leaving = False  # told by a signal: after this job
        self._stopped = False  # told by the parent: now
        link.on_stop = self._stop
        link.on_cancel = self._cancel
        signal.signal(signal.SIGINT, self._on_signal)  # the parent decides over Ctrl-C
        signal.signal(signal.SIGTERM, self._on_signal)

    def _call(self, job: JobFields) -> Any:
        return self._handler(job, job.token) if self._with_token else self._handler(job)

    def _stop(self) -> None:
        """In the listening thread. The signal wakes the main thread wherever it waits."""
        self._stopped = True
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)

    def _cancel(self, reason: str | None) -> None:
        if self._job is not None:
            self._job.signal.set(reason)

    @abc.abstractmethod
    def _on_signal(self, number: int, frame: object) -> None:
        """SIGTERM or SIGINT has come."""

    def _tell(self, job: JobFields, ended: Ended[Any]) -> None:
        """Send how a job ended; what the handler has printed goes first."""
        flush()
        error = ended.error
        if error is None:
            try:
                self._link.send("completed", encode_result(ended.result))
                return
            except Exception as unusable:
                error = unusable
        if isinstance(error, asyncio.CancelledError) and job.cancelled:
            error = JobCancelledError(job.signal.reason).with_traceback(error.__traceback__)
        self._link.send("failed", failure(error))


class PlainSandbox(Sandbox):
    """Calls a plain function."""

    _interruptible = False  # whether a signal may raise Leave where the main thread is

    def serve(self) -> None:
        jobs: queue.SimpleQueue[Start] = queue.SimpleQueue()
        self._link.on_start = lambda *start: jobs.put(start)
        self._link.send("ready")
        while not self._leaving:
            self._interruptible = True
            start = jobs.get()
            self._interruptible = False
            self._run(*start)

    def _run(self, queue_name: str, record: bytes) -> None:
        job = self._job = DirectJob(self._link.owner(queue_name, blocking=True), record)
        self._link.send("started")
        ended = self._ended(job)
        self._job = None
        if isinstance(ended.error, Leave):
            raise ended.error
        self._tell(job, ended)

    def _ended(self, job: JobFields) -> Ended[Any]:
        try:
            require_data(job)
            self._interruptible = True
            if self._stopped:
                raise Leave(0)
            result = self._call(job)
            if asyncio.iscoroutine(result):  # a lambda or partial around a coroutine function
                result = asyncio.run(result)
            return Ended(result=result)
        except BaseException as error:
            return Ended(error=error)
        finally:
            self._interruptible = False

    def _on_signal(self, number: int, frame: object) -> None:
        self._leaving = True
        if self._interruptible and (self._stopped or self._job is None):
            self._interruptible = False  # once
            raise Leave(0)


class CoroutineSandbox(Sandbox):
    """Runs a coroutine function in a loop that lives as long as the process."""

    def serve(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._jobs: asyncio.Queue[Start | None] = asyncio.Queue()
        self._task: asyncio.Task[Ended[Any]] | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal, number, None)
        self._link.on_start = lambda *start: loop.call_soon_threadsafe(self._jobs.put_nowait, start)
        self._link.send("ready")
        while not self._leaving and (start := await self._jobs.get()) is not None:
            await self._run(*start)

    async def _run(self, queue_name: str, record: bytes) -> None:
        job = self._job = Job(self._link.owner(queue_name, blocking=False), record)
        self._link.send("started")
        self._task = self._loop.create_task(self._ended(job))
        await asyncio.wait((self._task,))
        ended = Ended[Any](error=asyncio.CancelledError())
        if not self._task.cancelled():
            ended = self._task.result()
        self._job = self._task = None
        if self._stopped and isinstance(ended.error, asyncio.CancelledError) and not job.cancelled:
            return  # it goes back to wait
        self._tell(job, ended)

    async def _ended(self, job: JobFields) -> Ended[Any]:
        try:
            require_data(job)
            return Ended(result=await self._call(job))
        except BaseException as error:
            return Ended(error=error)

    def _cancel(self, reason: str | None) -> None:
        super()._cancel(reason)
        self._loop.call_soon_threadsafe(self._cancel_task, reason)

    def _cancel_task(self, reason: str | None) -> None:
        if self._task is not None:
            self._task.cancel(reason)

    def _on_signal(self, number: int, frame: object) -> None:
        self._leaving = True
        self._jobs.put_nowait(None)
        if self._stopped:
            self._cancel_task("the worker stops the process")


def main(fd: int) -> None:
    """Serve the parent at the other end of a socket until it says stop or goes."""
    os.set_inheritable(fd, False)
    link = Link(socket.socket(fileno=fd))
    try:
        handler = load_target(link.target())
        kind = CoroutineSandbox if is_coroutine_function(handler) else PlainSandbox
        sandbox = kind(link, handler)
    except BaseException as error:
        flush()
        link.send("broken", failure(error))
        sys.exit(1)
    link.listen()
    with contextlib.suppress(Leave):
        sandbox.serve()
    flush()


def require_data(job: JobFields) -> None:
    """Read the job's data, or fail for good."""
    try:
        job.data  # noqa: B018
    except Exception as error:
        raise unreadable_data(error) from None


def flush() -> None:
    """Let what was printed reach the parent's output now: the process may be killed."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
