"""The consumer's side: takes jobs and runs a handler on each."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from . import _codes, _core_events, _log, _signals
from ._backoff import Backoff
from ._client import Client
from ._conf import Confs, merge
from ._errors import BullMQError, ClosedError, OptionError
from ._handler import takes_token
from ._loops import is_running_here
from ._options import WorkerOptions
from ._processing import Processing
from ._queue import checked_name
from ._readiness import Readiness
from ._runners import Runner, runner_of
from ._sandbox import Sandbox, SandboxRunner, refuse_sandbox_options
from ._telemetry import checked, meter_of
from ._worker_commands import WorkerCommands

# Workers that run: the loop itself holds only weak references to what runs in it.
_running: set[Worker] = set()

# Limit on storing outcomes and giving jobs back at the end of a forced close, in ms.
FLUSH_MS = 5000
# What the core counts slots with.
MOST_SLOTS = 2**31 - 1
# Options that the core does not know.
HOST_OPTIONS = (
    "backoffStrategy",
    "concurrency",
    "processes",
    "settings",
    "telemetry",
    "timeout",
)


class Worker(WorkerCommands):
    """Runs ``handler(job, token)`` on the jobs of a queue, up to ``concurrency`` at once.

    The handler is a coroutine function, or a plain function, which runs in a thread and gets a
    ``libbullmq.sync.Job``; it may leave out the token. Named by text, ``"module:function"``, it
    runs in ``processes`` (default 1) that are started for it, one job at a time in each, and an
    attempt that takes longer than ``timeout`` seconds is ended with its process.

    What the handler returns becomes the job's result, any JSON value. What it raises fails the
    attempt, and the job's ``attempts`` and ``backoff`` decide what comes next; UnrecoverableError
    forbids a retry. So does a result without JSON form, and a job whose data is not JSON fails
    without a call of the handler. DelayedError, WaitingError and WaitingChildrenError tell that the
    handler has moved the job itself, RateLimitError that it has to wait; no attempt is counted.

    Without a handler the worker takes jobs when it is asked to: see ``get_next_job``.

    What is not an ``Exception`` loses nothing either: SystemExit, GeneratorExit and a
    CancelledError that nobody asked for fail the attempt and the worker goes on. A job whose task
    is cancelled from outside goes back to wait, its attempt uncounted; so does one that
    KeyboardInterrupt hits, which then ends the program. A process that dies fails its job and is
    replaced.

    ``opts`` are the options of ``docs/options.md`` in Node's names, and ``concurrency`` (default
    1); keyword arguments are options too, in snake_case, and win. They are checked here, before
    any socket is opened: OptionError names the option.

    Locks are renewed by the core's own thread, also while a handler holds the GIL. While Redis
    cannot be reached handlers run on, and their outcomes are stored when it is back.

    Events, with the job that the handler got: ``ready()``, ``active(job)``,
    ``completed(job, result)``, ``failed(job, exception)`` for each attempt,
    ``progress(job, progress)``, ``stalled(job_id)``, ``drained()``, ``paused()``,
    ``resumed()``, ``closing()``, ``closed()``, ``locksRenewed(count)``,
    ``lockRenewalFailed(job_ids)`` and ``error(exception)``, which is logged to
    "libbullmq.worker" when nobody listens.
    """

    EVENTS = frozenset(
        {
            "active",
            "closed",
            "closing",
            "completed",
            "drained",
            "error",
            "failed",
            "lockRenewalFailed",
            "locksRenewed",
            "paused",
            "progress",
            "ready",
            "resumed",
            "stalled",
        }
    )
    _logger = _log.worker

    def __init__(
        self,
        name: str,
        handler: Callable[..., Any] | str | None = None,
        opts: WorkerOptions | Mapping[str, Any] | None = None,
        /,
        **keywords: Any,
    ) -> None:
        super().__init__()
        self.name = checked_name(name)
        options = {"skipMetasUpdate": True, **merge(opts, keywords)}
        scopes = (_codes.CONF_CLIENT, _codes.CONF_QUEUE, _codes.CONF_WORKER)
        self._confs = Confs(options, scopes, host=HOST_OPTIONS)
        self._handler = handler
        self._sandbox: Sandbox | None = None
        concurrency = self._confs.host.get("concurrency", 1)
        if isinstance(handler, str):
            self._sandbox = Sandbox.of(handler, self._confs.host)
            concurrency = self._sandbox.processes
        else:
            if handler is not None:
                takes_token(handler)  # refuses what cannot be called
            refuse_sandbox_options(self._confs.host)
        self._concurrency = checked_concurrency(concurrency)
        self.backoff = _backoff_of(self._confs.host)
        self.telemetry = checked(self._confs.host.get("telemetry"))
        self.meter = meter_of(self.telemetry)
        self._blocking_jobs = False  # whether listeners get the jobs of libbullmq.sync
        self._processing: Processing | None = None
        self._running = self._paused = self._closed = False
        self._ended: asyncio.Future[None] | None = None  # there from the start on
        self._closing: asyncio.Task[None] | None = None
        self._forced = asyncio.Event()
        self._fatal: BullMQError | None = None
        self.readiness = Readiness()

    # ---- running -------------------------------------------------------------------------

    async def run(self, *, handle_signals: bool = True) -> None:
        """Take and run jobs until the worker is closed.

        In the main thread SIGINT and SIGTERM close it: the first waits for running jobs, the
        second gives them back. The program's own handlers come back afterwards. Cancelling
        ``run`` gives running jobs back too.

        Raises BullMQError when Redis will never accept this worker (wrong password, a server that
        is too old). A lost connection is waited for.
        """
        if self._handler is None:
            raise RuntimeError("a worker without a handler does not run; await its get_next_job()")
        ended = self._start()
        if self._running:
            raise RuntimeError("Worker is already running.")
        self._running = True
        unwatch = _signals.watch(self._stop_by_signal) if handle_signals else None
        try:
            await asyncio.shield(ended)
        except asyncio.CancelledError:
            await self.close(timeout=0)
            raise
        finally:
            self._running = False
            if unwatch is not None:
                unwatch()
        self._raise_fatal()

    def _start(self) -> asyncio.Future[None]:
        if self._closed:
            raise ClosedError(f"worker of queue {self.name!r} is closed; make a new Worker")
        if self._ended is not None:
            self._own_client()  # refuses in a forked child
            return self._ended
        client = Client(self._confs[_codes.CONF_CLIENT], _core_events.of_worker(self))
        self._queue = client.open_queue(self.name, self._confs[_codes.CONF_QUEUE])
        self.handle = client.open_worker(self._queue, self._confs[_codes.CONF_WORKER])
        self._processing = Processing(self, client, self._runner())
        self._client, self._ended = client, client.loop.create_future()
        _running.add(self)
        if self._handler is not None:
            client.credit(self.handle, self._concurrency)
        return self._ended

    def _runner(self) -> Runner:
        if isinstance(self._handler, str):
            assert self._sandbox is not None
            return SandboxRunner(self, self._sandbox)
        return runner_of(self, self._handler or _take_by_hand)

    async def __aenter__(self) -> Self:
        """Take and run jobs inside the block, without touching signals."""
        self._start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close; at once, giving running jobs back, when the block ends by an exception."""
        await self.close(timeout=None if error is None else 0)
        if error is None:
            self._raise_fatal()

    def _raise_fatal(self) -> None:
        if self._fatal is not None:
            raise self._fatal

    # ---- steering ------------------------------------------------------------------------

    @property
    def concurrency(self) -> int:
        """Jobs that run at once. May be changed while the worker runs."""
        return self._concurrency

    @concurrency.setter
    def concurrency(self, concurrency: int) -> None:
        more = checked_concurrency(concurrency) - self._concurrency
        self._concurrency = concurrency
        if self._processing is not None and self._handler is not None:
            self._own_client().credit(self.handle, more)
            self._processing.resize(concurrency)

    async def pause(self, do_not_wait: bool = False) -> None:
        """Take no more jobs. Waits until no job runs any more, unless told not to."""
        self._paused = True
        await self._own_client().pause(self.handle, do_not_wait)
        self._emit("paused")

    async def resume(self) -> None:
        """Take jobs again."""
        await self._own_client().resume(self.handle)
        self._paused = False
        self._emit("resumed")

    def cancel_job(self, job_id: str, reason: str | None = None) -> bool:
        """Ask a job that this worker runs to end. Returns whether it runs here.

        ``job.signal`` is set; a coroutine is cancelled, in a process of ``processes`` as well. The
        attempt fails with JobCancelledError and the ``reason``, and ``attempts`` and ``backoff``
        decide what comes next, unless the handler lets it end in another way: what it returns, or
        raises in the place of ``asyncio.CancelledError``, counts. A plain function has to look at
        ``job.signal``; in a process it is ended after 5 s all the same.

        To be called in the worker's loop. Needs no connection.
        """
        processing = self._processing
        if processing is None:
            return False
        handles = processing.handles_of(str(job_id))
        return any([processing.cancel(handle, reason) for handle in handles])

    def cancel_all_jobs(self, reason: str | None = None) -> int:
        """Ask every job that this worker runs to end. Returns how many there are."""
        processing = self._processing
        if processing is None:
            return 0
        return sum([processing.cancel(handle, reason) for handle in processing.handles_of()])

    def is_paused(self) -> bool:
        """Whether this worker is paused. Queue.is_paused tells of the queue."""
        return self._paused

    def is_running(self) -> bool:
        """Whether the worker takes or runs jobs."""
        return self._ended is not None and not self._closed

    async def close(self, timeout: float | None = None) -> None:
        """Take no more jobs, wait for those that run, end the connection.

        After ``timeout`` seconds (None: never) the handlers that still run are cancelled and
        their jobs go back to wait, attempts uncounted; a plain function cannot be cancelled, its
        job goes back while it runs on, and what it returns is dropped. Handlers have 5 s to end
        when they are cancelled. Without a connection, outcomes that could not be stored within
        5 s more are lost and a stalled check brings their jobs back.

        Closing twice is no error; a shorter timeout then counts. From inside a job of this worker
        the call returns at once and the worker closes when that job has ended.
        """
        closing, processing = self.start_closing(timeout), self._processing
        if closing is None or processing is None:
            return
        if not processing.includes(asyncio.current_task()):
            await asyncio.shield(closing)

    def start_closing(self, timeout: float | None = None) -> asyncio.Task[None] | None:
        """As ``close``, without waiting: the task that closes. None when nothing runs here."""
        checked_timeout(timeout)
        if self._ended is None:
            self._closed = True
        if self._closed or self._client is None or self._client.pid != os.getpid():
            return None
        closing = self._begin_close()
        if timeout is not None:
            closing.get_loop().call_later(timeout, self._forced.set)
        return closing

    def runs_in_this_thread(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether the caller is a handler or a listener of this worker."""
        if self._processing is not None and self._processing.owns_thread():
            return True
        return is_running_here(loop)

    def _begin_close(self) -> asyncio.Task[None]:
        assert self._client is not None
        if self._closing is None:
            self._closing = self._client.loop.create_task(self._shut_down())
        return self._closing

    def _stop_by_signal(self) -> None:
        if self._closing is not None:
            self._forced.set()
        self._begin_close()

    async def _shut_down(self) -> None:
        client, processing, ended = self._client, self._processing, self._ended
        assert client is not None and processing is not None and ended is not None
        self._emit("closing")
        try:
            await self._wait_for_jobs(client)
        finally:
            await processing.give_back_all()
            await client.close(FLUSH_MS if self._fatal is None else 0)
            self._closed = True
            _running.discard(self)
            self._emit("closed")
            ended.set_result(None)

    async def _wait_for_jobs(self, client: Client) -> None:
        """Until no job runs any more, or the close is forced."""
        idle = client.close_worker(self.handle, -1)
        idle.add_done_callback(self._report_failure)
        forced = client.loop.create_task(self._forced.wait())
        try:
            await asyncio.wait((idle, forced), return_when=asyncio.FIRST_COMPLETED)
        finally:
            forced.cancel()

    def _report_failure(self, answer: asyncio.Future[bytes]) -> None:
        error = None if answer.cancelled() else answer.exception()
        if error is not None and not isinstance(error, ClosedError):
            self._emit_error(error)

    # ---- what the core tells --------------------------------------------------------------

    def cancel_asked(self, handle: int, reason: str | None) -> None:
        """Cancel a job that ran for longer than maxJobDuration, or lost its lock."""
        if self._processing is not None:
            self._processing.cancel(handle, reason)

    def job_taken(self, handle: int, record: bytes) -> None:
        """Run a job that the core handed over."""
        assert self._processing is not None
        self._processing.start(handle, record)

    def failed_for_good(self, error: BullMQError) -> None:
        """Close: Redis will never accept this worker."""
        self._fatal = error
        self.readiness.fail(error)
        self._forced.set()
        self._begin_close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    async def _by_hand(self, command: bytes, args: dict[str, Any]) -> bytes:
        if self._handler is None:
            self._start()
        return await super()._by_hand(command, args)


async def _take_by_hand(job: Any) -> None:
    """The handler of a worker that has none: it is given no credit, so no job comes here."""
    raise RuntimeError("the worker has no handler")


def _backoff_of(options: Mapping[str, Any]) -> Backoff | None:
    strategy, settings = options.get("backoffStrategy"), options.get("settings")
    if settings is not None:
        if not isinstance(settings, Mapping) or settings.keys() - {"backoffStrategy"}:
            raise OptionError('option "settings" must be a dict with "backoffStrategy" alone')
        strategy = strategy or settings.get("backoffStrategy")
    return None if strategy is None else Backoff(strategy)


def checked_timeout(timeout: Any) -> None:
    """The timeout of a close, in seconds, or None."""
    if timeout is None or (
        isinstance(timeout, int | float) and not isinstance(timeout, bool) and timeout >= 0
    ):
        return
    raise OptionError(f"timeout must be a number of seconds of at least 0 or None, not {timeout!r}")


def checked_concurrency(value: Any) -> int:
    """The concurrency, refused before any socket is opened."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_SLOTS:
        raise OptionError(
            f'option "concurrency" must be a whole number from 1 to {MOST_SLOTS}, not {value!r}'
        )
    return value
