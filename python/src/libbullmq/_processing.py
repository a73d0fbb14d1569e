"""Runs the jobs that a worker takes, and tells the core how each ended."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import _json, _log
from ._client import Client, Outcome
from ._endings import Completed, Failed, Measured
from ._errors import BullMQError, JobCancelledError
from ._failures import failure, is_failed_attempt
from ._handler import encode_result, message_of, unreadable_data
from ._job_fields import JobFields
from ._outcomes import Outcomes
from ._runners import Runner
from ._telemetry import Telemetry, begun_attempt, carried, ended_attempt

if TYPE_CHECKING:
    from ._worker import Worker


class Run:
    """One attempt of a job."""

    __slots__ = ("begun", "ended", "handle", "interrupts", "job", "task", "trace")

    def __init__(self, handle: int, job: JobFields) -> None:
        self.handle = handle  # of the core
        self.job = job
        self.task: asyncio.Task[None] | None = None
        self.ended: Callable[[object], None] | None = None  # callback of the task
        self.begun = False
        self.trace: str | None = None  # that the next attempt goes on with
        self.interrupts = 0  # cancellations of the task that cancel_job made


class Processing:
    """The jobs of one worker that run now.

    A job ends in exactly one of three ways: its result is stored, its failure is stored, or it is
    given back. Whatever a handler raises, and whoever cancels its task, one of them happens.
    """

    def __init__(self, worker: Worker, client: Client, runner: Runner) -> None:
        self._worker = worker
        self._outcomes = Outcomes(worker, client)
        self._loop = client.loop
        self._runner = runner
        self._context = contextvars.copy_context()  # each job's is a copy of this one
        self._runs: dict[int, Run] = {}
        self._closing = False

    def includes(self, task: asyncio.Task[Any] | None) -> bool:
        """Whether a task is that of a job of this worker."""
        return task is not None and any(run.task is task for run in self._runs.values())

    def owns_thread(self) -> bool:
        """Whether the calling thread runs handlers of this worker."""
        return self._runner.owns_thread()

    def resize(self, concurrency: int) -> None:
        """Follow a change of the worker's concurrency."""
        self._runner.resize(concurrency)

    # ---- a job's way ---------------------------------------------------------------------

    def start(self, handle: int, record: bytes) -> None:
        """Run a job that the core handed over."""
        if self._closing:
            self._outcomes.give_back(handle)
            return
        run = self._runs[handle] = Run(handle, self._runner.make(record))
        # A task copies the context that it is made in. Not with the argument "context": a task
        # factory of the program need not know it.
        run.task = self._context.run(self._loop.create_task, self._run(run))
        run.ended = lambda _: self._ended(handle)
        run.task.add_done_callback(run.ended)

    async def _run(self, run: Run) -> None:
        worker, job = self._worker, run.job
        run.begun = True
        try:
            if job.cancelled:
                job.signal.raise_if_set()
            if "active" in worker._listeners:
                worker._emit("active", job)
            _require_data(job)
            if worker.telemetry is None:
                result = await self._runner.call(job)
            else:
                result = await self._traced(worker.telemetry, run)
            payload = encode_result(result)
        except BaseException as error:
            if self._stopped(run, error):
                raise
            error = _as_failure(job, error)
            delay = None
            if worker.backoff is not None and is_failed_attempt(error):
                delay = await worker.backoff.delay(worker, job, error)
            if self._runs.pop(run.handle, None) is not None:
                self._fail(run, error, delay)
        else:
            if self._runs.pop(run.handle, None) is None:
                return  # given back meanwhile
            told: Outcome | None = None
            if "completed" in worker._listeners:
                told = Completed(worker, job, result, payload)
            if worker.meter is not None:
                told = Measured(worker, job, None, told)
            self._outcomes.complete(run.handle, payload, told, alone=not self._runs)
            if run.task is not None and run.ended is not None:
                run.task.remove_done_callback(run.ended)  # there is nothing left for it to do

    async def _traced(self, telemetry: Telemetry, run: Run) -> Any:
        """The handler's result; a span tells of the attempt."""
        worker, job = self._worker, run.job
        about = begun_attempt(job, worker.name, worker._confs.options.get("name"))
        with telemetry.span("consumer", f"process {worker.name}", about, carried(job)) as span:
            run.trace = span.metadata()
            try:
                result = await self._runner.call(job)
            except BaseException as error:
                if is_failed_attempt(error):
                    span.add_event("job failed", {"bullmq.job.failed.reason": message_of(error)})
                raise
            else:
                span.add_event("job completed", {"bullmq.job.result": _shown(result)})
                return result
            finally:
                span.set_attributes(ended_attempt(job))

    def _stopped(self, run: Run, error: BaseException) -> bool:
        """Whether the run was stopped from outside; the job is no worse for it."""
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            while task is not None and run.interrupts:
                run.interrupts -= 1
                task.uncancel()
            return task is None or task.cancelling() > 0
        if isinstance(error, GeneratorExit):  # the loop has gone, or the handler raised it
            return not self._loop.is_running()
        return isinstance(error, KeyboardInterrupt)

    def _fail(self, run: Run, error: BaseException, delay: float | None) -> None:
        worker, job = self._worker, run.job
        failed = is_failed_attempt(error)
        heard = "failed" in worker._listeners
        told: Outcome | None = Failed(worker, job, error) if failed and heard else None
        if worker.meter is not None:
            told = Measured(worker, job, error, told)
        values = failure(error, delay, run.trace) if failed else failure(error)
        self._outcomes.fail(run.handle, values, told)
        if failed and not heard:
            worker._logger.info(
                "%r: %r failed: %s",
                worker,
                job,
                message_of(error),
                exc_info=error,
                extra=_log.fields(worker.name, job.id),
            )

    def _ended(self, handle: int) -> None:
        """A task is over. Only one that was stopped has left its job unsettled."""
        if self._runs.pop(handle, None) is not None:
            self._outcomes.give_back(handle)

    # ---- ending jobs ---------------------------------------------------------------------

    def cancel(self, handle: int, reason: str | None) -> bool:
        """Ask a running job to end; its attempt fails unless the handler has it otherwise."""
        run = self._runs.get(handle)
        if run is None:
            return False
        run.job.signal.set(reason)
        if run.begun and self._runner.interrupt(run.job) and run.task is not None:
            run.interrupts += 1
            run.task.cancel(reason)
        return True

    def handles_of(self, job_id: str | None = None) -> list[int]:
        """Handles of the running jobs, or of the one with that id."""
        runs = self._runs.values()
        return [run.handle for run in runs if job_id is None or run.job.id == job_id]

    async def give_back_all(self) -> None:
        """Cancel every handler, and give its job back once it has ended or will not."""
        self._closing = True
        self._outcomes.send()
        tasks = [run.task for run in self._runs.values() if run.task is not None]
        for task in tasks:
            task.cancel("the worker closes")
        if tasks:
            await asyncio.wait(tasks, timeout=self._runner.grace())
        for handle in tuple(self._runs):
            self._ended(handle)
        self._outcomes.send()
        await self._runner.close()


def _shown(result: Any) -> str:
    try:
        return _json.encode(result).decode()
    except (TypeError, ValueError):
        return repr(result)


def _require_data(job: JobFields) -> None:
    try:
        job.data  # noqa: B018
    except BullMQError as error:
        raise unreadable_data(error) from None


def _as_failure(job: JobFields, error: BaseException) -> BaseException:
    """The reason of a cancellation that somebody asked for stands in the place of its error."""
    if isinstance(error, asyncio.CancelledError) and job.cancelled:
        cancelled = JobCancelledError(job.signal.reason)
        return cancelled.with_traceback(error.__traceback__)
    return error
