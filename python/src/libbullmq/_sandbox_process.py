"""The parent's side of one process that runs a worker's jobs, one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import _codes, _json
from ._errors import (
    BullMQError,
    JobCancelledError,
    JobTimeoutError,
    SandboxError,
    error_of_failure,
)
from ._frames import frame, read_frame
from ._job_changes import show_changes
from ._job_fields import JobFields
from ._spawn import spawn

if TYPE_CHECKING:
    from ._worker import Worker

# Between SIGTERM and SIGKILL, and between the cancellation of a job and SIGTERM, in seconds.
KILL_AFTER = 5.0
# For what an ended process has written, where another one still holds its socket, in seconds.
DRAIN_TIMEOUT = 1.0


class NotStarted(Exception):
    """The process ended before it began a job."""


class SandboxProcess:
    """One process, from its start to its end, which ``ended`` is told of."""

    def __init__(
        self, worker: Worker, target: str, ended: Callable[[SandboxProcess], None]
    ) -> None:
        self._worker = worker
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self.over: asyncio.Future[None] = self._loop.create_future()
        self._exit: asyncio.Future[int] = self._loop.create_future()
        self._writer: asyncio.StreamWriter | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._job: JobFields | None = None
        self._outcome: asyncio.Future[Any] | None = None
        self._begun = False
        self._reason: BaseException | None = None  # why the process was told to stop
        self._timeout: float | None = None
        self._limit: asyncio.TimerHandle | None = None
        ours, theirs = socket.socketpair()
        try:
            fd = theirs.fileno()
            self._process = spawn("libbullmq._sandbox_child", fd, pass_fds=(fd,))
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        threading.Thread(target=self._await_exit, name="bullmq-sandbox", daemon=True).start()
        self._task = self._loop.create_task(self._live(ours, target))

    # ---- its life ------------------------------------------------------------------------

    def _await_exit(self) -> None:
        code = self._process.wait()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(self._exit.set_result, code)

    async def _live(self, ours: socket.socket, target: str) -> None:
        try:
            ours.sendall(frame("init", target=target, prefix=self._worker.prefix))
            reader, self._writer = await asyncio.open_unix_connection(sock=ours)
            listening = self._loop.create_task(self._listen(reader))
            code = await asyncio.shield(self._exit)
            await asyncio.wait((listening,), timeout=DRAIN_TIMEOUT)
            listening.cancel()
            self._settle_exit(code)
        finally:  # cancelled: the loop ends without a close of the worker
            self._kill()
            if self._writer is not None:
                self._writer.close()
            self._ended(self)
            self.over.set_result(None)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while (received := await read_frame(reader)) is not None:
                self._dispatch(*received)
        except (KeyError, ValueError):  # not what we say to each other: somebody wrote in between
            self._kill()
        self.stop()

    def _dispatch(self, head: dict[str, Any], body: bytes) -> None:
        match head["type"]:
            case "ready":
                self.ready.set_result(None)
            case "broken":
                self._settle(self.ready, error_of_failure(body))
            case "started":
                self._begin()
            case "call":
                task = self._loop.create_task(self._answer(head, body))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)
            case "completed":
                self._end_job(_json.decode(body) if body else None)
            case "failed":
                self._end_job(self._error_of(body))

    def _settle_exit(self, code: int) -> None:
        error = self._reason or SandboxError(exit_message(code))
        self._settle(self.ready, error)
        if not self._begun and self._reason is None:
            error = NotStarted()
        self._settle(self._outcome, error)

    @staticmethod
    def _settle(future: asyncio.Future[Any] | None, error: BaseException) -> None:
        if future is None or future.done():
            return
        if isinstance(error, asyncio.CancelledError):
            future.cancel()
            return
        future.set_exception(error)
        future.exception()  # retrieved: nobody may be waiting

    def usable(self) -> bool:
        """Whether it takes jobs, now or once it is ready."""
        return not self._stopping and not self._exit.done()

    def stop(self) -> None:
        """End it: SIGTERM, and SIGKILL 5 s later. What its handler does is interrupted."""
        if not self._stopping:
            self._stopping = True
            self._send(frame("stop"))
            self._process.send_signal(signal.SIGTERM)
            self._loop.call_later(KILL_AFTER, self._kill)

    def _kill(self) -> None:
        """Its process group goes too: what the handler had started."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _send(self, message: bytes) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(message)

    # ---- a job ---------------------------------------------------------------------------

    async def run(self, job: JobFields, timeout: float | None) -> Any:
        """Run a job; its result, or what its handler raised.

        When this is cancelled the process is ended, and what it still says counts.
        """
        outcome = self._outcome = self._loop.create_future()
        self._job, self._timeout, self._begun = job, timeout, False
        self._send(frame("start", job._record, queue=self._worker.name))
        try:
            return await asyncio.shield(outcome)
        except asyncio.CancelledError as error:
            if not outcome.done():
                self._end_for(error)
                await asyncio.shield(self.over)
            return outcome.result()
        finally:
            if self._limit is not None:
                self._limit.cancel()
            self._job = self._outcome = self._limit = None

    def _begin(self) -> None:
        self._begun = True
        if self._timeout is not None:
            error = JobTimeoutError(f"the job took longer than its timeout of {self._timeout} s")
            self._limit = self._loop.call_later(self._timeout, self._end_for, error)

    def cancel(self, job: JobFields) -> None:
        """Tell the job to end; end the process when it has not 5 s later."""
        if job is not self._job:
            return
        reason = job.signal.reason
        self._send(frame("cancel", reason=reason))
        if self._limit is not None:
            self._limit.cancel()
        error = JobCancelledError(reason)
        self._limit = self._loop.call_later(KILL_AFTER, self._end_for, error)

    def _end_for(self, reason: BaseException) -> None:
        if self._reason is None:
            self._reason = reason
        self.stop()

    def _end_job(self, outcome: Any) -> None:
        if self._outcome is None or isinstance(self._reason, JobTimeoutError):
            return
        if isinstance(outcome, BaseException):
            self._settle(self._outcome, outcome)
        elif not self._outcome.done():
            self._outcome.set_result(outcome)

    def _error_of(self, failure: bytes) -> Exception:
        error = error_of_failure(failure)
        job = self._job
        if error.name == "JobCancelledError" and job is not None and job.cancelled:
            return JobCancelledError(job.signal.reason)
        return error

    # ---- what a job asks of Redis --------------------------------------------------------

    async def _answer(self, head: dict[str, Any], payload: bytes) -> None:
        command, args, call = head["command"], head["args"], head["call"]
        try:
            record = await self._worker.call(command.encode(), args, payload)
        except Exception as error:
            self._send(frame("refusal", call=call, error=_described(error)))
            return
        self._notice(command, args, payload, record)
        self._send(frame("reply", record, call=call))

    def _notice(self, command: str, args: dict[str, Any], payload: bytes, record: bytes) -> None:
        """Show in this process what the job in the other one has changed of itself."""
        job = self._job
        if job is not None and args.get("id") == job.id:
            show_changes(job, command, args, payload, record)


def exit_message(code: int) -> str:
    """How a process ended, in Node's words."""
    if code >= 0:
        return f"Unexpected exit code: {code} signal: null"
    try:
        name = signal.Signals(-code).name
    except ValueError:  # a real-time signal
        name = str(-code)
    return f"Unexpected exit code: null signal: {name}"


def _described(error: Exception) -> dict[str, Any]:
    if not isinstance(error, BullMQError):
        return {"code": 0, "message": f"{type(error).__name__}: {error}"}
    flags = error.retriable * _codes.FLAG_RETRIABLE | error.fatal * _codes.FLAG_FATAL
    details = {"name": error.name, "flags": flags, "job_id": error.job_id}
    return {"code": error.code, "message": error.message, **details}
