"""Handlers in processes of their own: a worker's pool of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from ._blocking_job import Job as BlockingJob
from ._errors import OptionError, SandboxError
from ._job import Job
from ._job_fields import JobFields
from ._sandbox_process import KILL_AFTER, NotStarted, SandboxProcess
from ._target import checked_target

if TYPE_CHECKING:
    from ._worker import Worker

# How long a process may take to import its handler, in seconds.
START_TIMEOUT = 60.0
# Processes that may go away before they begin a job, until the job fails.
START_ATTEMPTS = 3


@dataclass(frozen=True)
class Sandbox:
    """How a worker's jobs are run in processes."""

    target: str  # "module:function"
    processes: int
    timeout: float | None  # of an attempt, in seconds

    @classmethod
    def of(cls, target: str, options: Mapping[str, Any]) -> Self:
        """Check what a worker was given. Raises OptionError."""
        concurrency, timeout = options.get("concurrency"), options.get("timeout")
        processes = options.get("processes")
        if processes is None:
            processes = 1 if concurrency is None else concurrency
        elif isinstance(processes, bool) or not isinstance(processes, int) or processes < 1:
            raise OptionError(
                f'option "processes" must be a whole number of at least 1, not {processes!r}'
            )
        elif concurrency not in (None, processes):
            raise OptionError(
                f"each of the {processes} processes runs one job at a time, so "
                f'"concurrency" cannot be {concurrency!r}; leave it out'
            )
        if timeout is not None and not _is_positive(timeout):
            raise OptionError(
                f'option "timeout" must be a number of seconds greater than 0, not {timeout!r}'
            )
        return cls(checked_target(target), processes, timeout)


def refuse_sandbox_options(options: Mapping[str, Any]) -> None:
    """Refuse options that only hold for handlers in processes."""
    for name in ("processes", "timeout"):
        if options.get(name) is not None:
            raise OptionError(
                f'option "{name}" is for handlers in processes of their own: name the handler by '
                'text, as in "app.tasks:handle", so that a process can import it'
            )


class SandboxRunner:
    """Runs each job in a process that runs nothing else meanwhile. Idle processes are reused."""

    def __init__(self, worker: Worker, sandbox: Sandbox) -> None:
        self._worker = worker
        self._sandbox = sandbox
        self._size = sandbox.processes
        self._loop = asyncio.get_running_loop()
        self._all: set[SandboxProcess] = set()
        self._idle: list[SandboxProcess] = []
        self._busy: dict[JobFields, SandboxProcess] = {}
        self._closed = False
        self._start_first()

    def _start_first(self) -> None:
        """Start a process before there is a job, to learn early of a handler that is broken."""
        try:
            first = self._start()
        except OSError as error:
            self._worker._emit_error(error)
            return
        self._idle.append(first)
        first.ready.add_done_callback(self._report_start)

    def _report_start(self, ready: asyncio.Future[None]) -> None:
        error = None if ready.cancelled() else ready.exception()
        if error is not None and not self._closed:  # a close in between is no error
            self._worker._emit_error(error)

    def _start(self) -> SandboxProcess:
        process = SandboxProcess(self._worker, self._sandbox.target, self._ended)
        self._all.add(process)
        return process

    def _ended(self, process: SandboxProcess) -> None:
        self._all.discard(process)
        if process in self._idle:
            self._idle.remove(process)

    # ---- jobs ----------------------------------------------------------------------------

    def make(self, record: bytes) -> JobFields:
        if self._worker._blocking_jobs:
            return BlockingJob(self._worker, record, self._loop)
        return Job(self._worker, record)

    async def call(self, job: JobFields) -> Any:
        for _ in range(START_ATTEMPTS):
            process = self._idle.pop() if self._idle else self._start()
            self._busy[job] = process
            try:
                await self._wait_until_ready(process)
                job.signal.raise_if_set()
                return await process.run(job, self._sandbox.timeout)
            except NotStarted:  # it ended while it was idle, say by a signal from outside
                continue
            finally:
                del self._busy[job]
                self._release(process)
        raise SandboxError(f"{START_ATTEMPTS} processes ended before they began the job")

    async def _wait_until_ready(self, process: SandboxProcess) -> None:
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await asyncio.shield(process.ready)
        except TimeoutError:
            process.stop()
            target = self._sandbox.target
            raise SandboxError(f"importing {target!r} took longer than {START_TIMEOUT} s") from None

    def _release(self, process: SandboxProcess) -> None:
        if not process.usable():
            return
        if self._surplus() > 0:
            process.stop()
        else:
            self._idle.append(process)

    def interrupt(self, job: JobFields) -> bool:
        process = self._busy.get(job)
        if process is not None:
            process.cancel(job)
        return False

    # ---- the pool ------------------------------------------------------------------------

    def owns_thread(self) -> bool:
        return False

    def resize(self, concurrency: int) -> None:
        self._size = concurrency
        for process in self._idle[: max(0, self._surplus())]:
            self._idle.remove(process)
            process.stop()

    def _surplus(self) -> int:
        """Processes beyond those that are wanted; what is about to end does not count."""
        return sum(process.usable() for process in self._all) - self._size

    def grace(self) -> float:
        return KILL_AFTER + 2

    async def close(self) -> None:
        """End every process: SIGTERM, and SIGKILL for those that are there 5 s later."""
        self._closed = True
        for process in self._all:
            process.stop()
        over = [process.over for process in self._all]
        if over:
            await asyncio.wait(over, timeout=self.grace())


def _is_positive(seconds: Any) -> bool:
    return isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0
