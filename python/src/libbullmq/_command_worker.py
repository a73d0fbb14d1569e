"""``libbullmq worker``: workers of one handler, from the command line to the exit status."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable
from typing import Any

from . import _log
from ._errors import BullMQError, OptionError
from ._handler import message_of, stack_of
from ._job_fields import JobFields
from ._spawn import spawn
from ._target import load_target
from ._worker import Worker, checked_timeout


class Refused(Exception):
    """The arguments are wrong; nothing was started."""


def run(options: argparse.Namespace, connection: dict[str, Any]) -> int:
    """Run the workers until a signal ends them. Returns the exit status."""
    handler: Callable[..., Any] | str = options.target
    if options.processes is None:
        handler = _load(options.target)
    elif spawn(__name__, options.target).wait() != 0:
        return 2
    workers = make_workers(options, connection, handler)
    return asyncio.run(_Command(workers, options.timeout).run())


def main(target: str) -> None:
    """In a process of its own, as the handler's will be: see whether it can be imported."""
    try:
        _load(target)
    except Refused as refused:
        print(f"libbullmq: {refused}", file=sys.stderr)
        sys.exit(2)


def make_workers(
    options: argparse.Namespace, connection: dict[str, Any], handler: Callable[..., Any] | str
) -> list[Worker]:
    """A worker for each queue. Raises Refused. A handler that is named is not imported."""
    repeated = {name for name in options.queues if options.queues.count(name) > 1}
    if repeated:
        raise Refused(f"queue {min(repeated)!r} is there twice")
    if options.job_timeout is not None and options.processes is None:
        raise Refused("--job-timeout needs --processes: only a process can be ended")
    given = {
        "concurrency": options.concurrency,
        "processes": options.processes,
        "timeout": options.job_timeout,
        "prefix": options.prefix,
        "connection": connection,
    }
    settings = {name: value for name, value in given.items() if value is not None}
    try:
        checked_timeout(options.timeout)
        return [Worker(name, handler, settings) for name in options.queues]
    except OptionError as error:
        raise Refused(str(error)) from None


def _load(target: str) -> Callable[..., Any]:
    try:
        return load_target(target)
    except OptionError as error:
        raise Refused(str(error)) from None
    except (Exception, SystemExit) as error:
        print(stack_of(error), file=sys.stderr)
        raise Refused(f"importing the handler {target!r} failed: {message_of(error)}") from None


class _Command:
    """Running workers and the signals that end them."""

    def __init__(self, workers: list[Worker], timeout: float) -> None:
        self._workers = workers
        self._timeout = timeout
        self._signals: list[signal.Signals] = []

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal, number)
        for worker in self._workers:
            _report(worker)
        failed: tuple[Exception, ...] = ()
        try:
            async with asyncio.TaskGroup() as group:
                for worker in self._workers:
                    group.create_task(worker.run(handle_signals=False))
        except* BullMQError as errors:
            failed = errors.exceptions
        if failed and not self._signals:  # with one, it came before the worker had begun
            for error in failed:
                _log.command.critical("cannot work: %s", error)
            return 1
        return 128 + self._signals[-1] if len(self._signals) > 1 else 0

    def _on_signal(self, number: signal.Signals) -> None:
        self._signals.append(number)
        if len(self._signals) == 1:
            text = (
                "%s: waiting up to %g s for running jobs; a second signal gives them back at once"
            )
            _log.command.info(text, number.name, self._timeout)
        timeout = self._timeout if len(self._signals) == 1 else 0
        for worker in self._workers:
            worker.start_closing(timeout)


def _report(worker: Worker) -> None:
    """Log what the worker does."""
    extra = _log.fields(worker.name)

    def completed(job: JobFields, result: object) -> None:
        _log.worker.info(
            "%r: completed %s %r", worker, job.id, job.name, extra=_log.fields(worker.name, job.id)
        )

    worker.on("ready", lambda: _log.worker.info("%r: ready", worker, extra=extra))
    worker.on("completed", completed)
    worker.on(
        "stalled",
        lambda job_id: _log.worker.warning(
            "%r: job %s stalled", worker, job_id, extra=_log.fields(worker.name, job_id)
        ),
    )
