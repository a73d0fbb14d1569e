"""The consumer's side without asyncio."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from .._blocking_job import Job, wait_in_thread
from .._emitter import Listener
from .._errors import OptionError
from .._handler import is_coroutine_function
from .._loops import is_running_here
from .._options import WorkerOptions
from .._worker import Worker as AsyncWorker

Answer = TypeVar("Answer")


class Worker:
    """Runs ``handler(job, token)``, a plain function, on the jobs of a queue in threads.

    ``concurrency`` is the number of threads; a handler named by text runs in ``processes``.
    Options, outcomes, events and what happens on connection loss are those of
    ``libbullmq.Worker``. ``run`` blocks; as a context manager the worker runs in the background.
    Listeners are called in the thread that runs the worker's loop.
    """

    def __init__(
        self,
        name: str,
        handler: Callable[..., Any] | str | None = None,
        opts: WorkerOptions | Mapping[str, Any] | None = None,
        /,
        **keywords: Any,
    ) -> None:
        if callable(handler) and is_coroutine_function(handler):
            raise OptionError("the handler is a coroutine function; use libbullmq.Worker for it")
        self._worker = AsyncWorker(name, handler, opts, **keywords)
        self._worker._blocking_jobs = True
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._started = threading.Event()
        self._failure: BaseException | None = None

    @property
    def name(self) -> str:
        """Name of the queue."""
        return self._worker.name

    @property
    def prefix(self) -> str:
        """First part of the queue's keys."""
        return self._worker.prefix

    @property
    def concurrency(self) -> int:
        """Jobs that run at once. May be changed while the worker runs."""
        return self._worker.concurrency

    @concurrency.setter
    def concurrency(self, concurrency: int) -> None:
        def change() -> None:
            self._worker.concurrency = concurrency

        loop = self._loop
        if loop is None or loop.is_closed():
            change()
        else:
            self._ask(change, None)

    def on(self, event: str, listener: Listener) -> Listener:
        """Call ``listener`` at every ``event``. Raises ValueError for an unknown event."""
        return self._worker.on(event, listener)

    def off(self, event: str, listener: Callable[..., Any]) -> None:
        """Stop calling a listener. One that is not there is no error."""
        self._worker.off(event, listener)

    def run(self, *, handle_signals: bool = True) -> None:
        """Take and run jobs until the worker is closed. See ``libbullmq.Worker.run``."""
        asyncio.run(self._run(handle_signals))

    async def _run(self, handle_signals: bool) -> None:
        self._loop = asyncio.get_running_loop()
        running = self._loop.create_task(self._work(handle_signals))
        self._loop.call_soon(self._started.set)  # once its first step has opened the worker
        await running

    async def _work(self, handle_signals: bool) -> None:
        if self._worker._handler is None and not handle_signals:  # a with block, for get_next_job
            await self._worker._start()
        else:
            await self._worker.run(handle_signals=handle_signals)

    def pause(self, do_not_wait: bool = False) -> None:
        """Take no more jobs. Waits until no job runs any more, unless told not to."""
        self._wait(self._worker.pause(do_not_wait))

    def resume(self) -> None:
        """Take jobs again."""
        self._wait(self._worker.resume())

    def cancel_job(self, job_id: str, reason: str | None = None) -> bool:
        """Ask a job that this worker runs to end. Returns whether it runs here.

        A function in a thread has to look at ``job.signal``. See ``libbullmq.Worker.cancel_job``.
        """
        return self._ask(lambda: self._worker.cancel_job(job_id, reason), False)

    def cancel_all_jobs(self, reason: str | None = None) -> int:
        """Ask every job that this worker runs to end. Returns how many there are."""
        return self._ask(lambda: self._worker.cancel_all_jobs(reason), 0)

    def wait_until_ready(self) -> None:
        """Wait until the worker, which runs, has its connections for the first time.

        See ``libbullmq.Worker.wait_until_ready``.
        """
        self._wait(self._worker.wait_until_ready())

    def rate_limit(self, expire_time_ms: int) -> None:
        """Let no worker of this queue take a job for so many ms.

        See ``libbullmq.Worker.rate_limit``.
        """
        self._wait(self._worker.rate_limit(expire_time_ms))

    def start_stalled_check_timer(self) -> None:
        """Look for stalled jobs, every ``stalledInterval``, in a worker without a handler."""
        self._wait(self._worker.start_stalled_check_timer())

    def get_next_job(self, token: str, block: bool = True) -> Job | None:
        """Take a job yourself, in a ``with`` block of a worker without a handler.

        See ``libbullmq.Worker.get_next_job``.
        """
        job = self._wait(self._worker.get_next_job(token, block))
        assert self._loop is not None
        return None if job is None else Job.of(job, self._loop)

    def is_paused(self) -> bool:
        """Whether this worker is paused."""
        return self._worker.is_paused()

    def is_running(self) -> bool:
        """Whether the worker takes or runs jobs."""
        return self._worker.is_running()

    def close(self, timeout: float | None = None) -> None:
        """Take no more jobs, wait for those that run, end the connection.

        After ``timeout`` seconds (None: never) jobs that still run go back to wait, though their
        functions run on. From a handler or a listener of this worker it returns at once.
        """
        loop = self._loop
        if loop is None or loop.is_closed() or not self._worker.is_running():
            self._worker.start_closing()  # keeps it from starting
        elif self._worker.runs_in_this_thread(loop):
            loop.call_soon_threadsafe(self._worker.start_closing, timeout)
        else:
            wait_in_thread(self._worker.close(timeout), loop)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(
            target=self._run_in_background, name=f"bullmq-{self.name}", daemon=True
        )
        self._thread.start()
        self._started.wait()
        self._raise_failure()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close; at once, giving running jobs back, when the block ends by an exception."""
        assert self._thread is not None
        self.close(timeout=None if error is None else 0)
        self._thread.join()
        if error is None:
            self._raise_failure()

    def _run_in_background(self) -> None:
        try:
            self.run(handle_signals=False)
        except BaseException as failure:
            self._failure = failure
        finally:
            self._started.set()

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _ask(self, question: Callable[[], Answer], otherwise: Answer) -> Answer:
        """Ask the worker in its loop, from any thread, that one included."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return otherwise
        if is_running_here(loop):
            return question()

        async def ask() -> Answer:
            return question()

        return wait_in_thread(ask(), loop)

    def _wait(self, coroutine: Coroutine[Any, Any, Answer]) -> Answer:
        if self._loop is None or self._loop.is_closed():
            coroutine.close()
            raise RuntimeError("the worker does not run; call run() or use it in a with block")
        return wait_in_thread(coroutine, self._loop)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"
