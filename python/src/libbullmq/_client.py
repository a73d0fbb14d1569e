"""One bq_client of the core, and the pump that brings its events into an asyncio loop."""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from . import _codes
from ._batch import records
from ._conf import conf_error
from ._errors import BullMQError, ClosedError, error_of_record, error_of_refusal
from ._loops import is_running_here
from ._native import ffi, lib

# What a client's owner does with an event: it gets the event's id and its record.
EventHandler = Callable[[int, bytes], None]


class Outcome(Protocol):
    """What waits for the answer of an operation. An asyncio.Future is one."""

    def done(self) -> bool: ...
    def set_result(self, record: bytes, /) -> None: ...
    def set_exception(self, error: BullMQError, /) -> None: ...


class Client:
    """One bq_client, used in the loop and the process that it was made in.

    Events of the types in ``handlers`` go there, answers to what waits for them. Dropping the last
    reference releases everything; the loop holds none.
    """

    def __init__(self, conf: Any, handlers: Mapping[int, EventHandler]) -> None:
        self.pid = os.getpid()
        self.loop = asyncio.get_running_loop()
        handle = lib.bq_client_new(conf)
        if handle == ffi.NULL:
            raise error_of_refusal(_codes.EINVAL, conf_error(conf) or "no client could be made")
        self._handle = handle
        self._handlers = handlers
        self._waiting: dict[int, Outcome] = {}
        self._events: list[tuple[int, int, bytes]] = []  # taken, not yet dispatched; last is next
        self._fd = lib.bq_client_fd(handle)
        self._closing: asyncio.Future[bytes] | None = None
        self._watch()

    def _watch(self) -> None:
        self._read()
        release = weakref.finalize(self, _release, self._handle, self._fd, self.loop, self.pid)
        self._release = release

    def usable(self) -> bool:
        """Whether this is the process and the loop of this client; a dead loop is replaced.

        Raises RuntimeError while its loop is still in use and another one asks.
        """
        if self.pid != os.getpid() or not self._release.alive:
            return False
        running = asyncio.get_running_loop()
        if self.loop is not running:
            if not self.loop.is_closed():
                raise RuntimeError("used in another event loop than the one it was opened in")
            self._release.detach()
            self.loop = running
            self._waiting.clear()  # their futures belong to the dead loop
            self._watch()
        return True

    # ---- calls ---------------------------------------------------------------------------

    def open_queue(self, name: str, conf: Any) -> int:
        queue: int = lib.bq_queue_open(self._live(), name.encode(), conf)
        if queue < 0:
            raise error_of_refusal(queue, conf_error(conf))
        return queue

    def open_worker(self, queue: int, conf: Any) -> int:
        worker: int = lib.bq_worker_open(self._live(), queue, conf)
        if worker < 0:
            raise error_of_refusal(worker, conf_error(conf))
        return worker

    def open_events(self, queue: int, conf: Any) -> int:
        events: int = lib.bq_events_open(self._live(), queue, conf)
        if events < 0:
            raise error_of_refusal(events, conf_error(conf))
        return events

    def call(
        self, queue: int, command: bytes, args: bytes, payload: bytes
    ) -> asyncio.Future[bytes]:
        """Start a command; the future brings the record of its reply, or its error."""
        operation = lib.bqpy_call(
            self._live(), queue, command, args, len(args), payload, len(payload)
        )
        return self.answer(operation)

    def credit(self, worker: int, slots: int) -> None:
        refusal = lib.bq_worker_credit(self._live(), worker, slots)
        if refusal < 0:
            raise error_of_refusal(refusal)

    def pause(self, worker: int, do_not_wait: bool) -> asyncio.Future[bytes]:
        return self.answer(lib.bq_worker_pause(self._live(), worker, do_not_wait))

    def resume(self, worker: int) -> asyncio.Future[bytes]:
        return self.answer(lib.bq_worker_resume(self._live(), worker))

    def close_worker(self, worker: int, grace_ms: int) -> asyncio.Future[bytes]:
        return self.answer(lib.bq_worker_close(self._live(), worker, grace_ms))

    def done(self, job: int, result: bytes) -> int:
        """The operation that stores a job's result, or a refusal."""
        return int(lib.bqpy_job_done(self._handle, job, result, len(result)))

    def done_many(self, jobs: Sequence[int], results: Sequence[bytes]) -> list[int]:
        """As ``done``, for many jobs: what each call of it would have returned."""
        operations = ffi.new("bq_id[]", len(jobs))
        lengths = list(map(len, results))
        lib.bqpy_jobs_done(self._handle, jobs, b"".join(results), lengths, len(jobs), operations)
        return list(ffi.unpack(operations, len(jobs)))

    def fail(self, job: int, failure: bytes) -> int:
        """The operation that stores a job's failure or gives it back, or a refusal."""
        return int(lib.bqpy_job_fail(self._handle, job, failure, len(failure)))

    def answer(self, operation: int) -> asyncio.Future[bytes]:
        """A future for the answer of an operation that was just begun."""
        if operation < 0:
            raise error_of_refusal(operation)
        future: asyncio.Future[bytes] = self.loop.create_future()
        self._waiting[operation] = future
        return future

    def expect(self, operation: int, outcome: Outcome) -> None:
        """Let ``outcome`` learn how an operation that was just begun ends."""
        self._waiting[operation] = outcome

    async def close(self, grace_ms: int) -> None:
        """Close in order, then release. Calls that still wait get a ClosedError."""
        if not self._release.alive or self.pid != os.getpid():
            return
        if self._closing is None:
            self._closing = self.answer(lib.bq_client_close(self._handle, grace_ms))
        await asyncio.shield(self._closing)
        self._release()
        self._give_up(ClosedError("closed before the answer came"))

    def _live(self) -> Any:
        if not self._release.alive or self._closing is not None:
            raise ClosedError("it is closed; make a new one")
        return self._handle

    def _give_up(self, error: BullMQError) -> None:
        waiting, self._waiting = self._waiting, {}
        for outcome in waiting.values():
            if not outcome.done():
                outcome.set_exception(error)

    # ---- events --------------------------------------------------------------------------

    def stop_taking(self) -> None:
        """Leave in the core what comes from now on, until ``take_again``; answers too."""
        self.loop.remove_reader(self._fd)

    def take_again(self) -> None:
        if self._release.alive:
            self._read()

    def _read(self) -> None:
        self.loop.add_reader(self._fd, _pump, weakref.ref(self))

    def _take(self) -> None:
        batch = lib.bq_take(self._handle, 0)
        if batch == ffi.NULL:
            return
        self._events = records(batch)
        self._events.reverse()

    def pump(self) -> None:
        """Take what waits and dispatch it. An interrupt in the middle loses no event."""
        if not self._events:
            self._take()
        events, waiting, handlers = self._events, self._waiting, self._handlers
        try:
            while events:
                kind, identity, record = events.pop()
                outcome = waiting.pop(identity, None) if kind <= _codes.EV_ERROR else None
                if outcome is not None:
                    _settle(outcome, kind, record)
                elif kind in handlers:
                    handlers[kind](identity, record)
        finally:
            if events:
                self.loop.call_soon(self.pump)


def _settle(outcome: Outcome, kind: int, record: bytes) -> None:
    if outcome.done():  # given up by its caller
        return
    if kind == _codes.EV_REPLY:
        outcome.set_result(record)
    else:
        outcome.set_exception(error_of_record(record))


def _pump(reference: weakref.ref[Client]) -> None:
    client = reference()
    if client is not None:
        client.pump()


def _release(handle: Any, fd: int, loop: asyncio.AbstractEventLoop, pid: int) -> None:
    """Free a bq_client, from whichever thread and in whichever process the last reference fell.

    A forked child must not touch the loop: it shares the parent's poll descriptor.
    """
    if pid != os.getpid() or loop.is_closed():
        lib.bq_client_free(handle)
    elif is_running_here(loop):
        _unwatch(handle, fd, loop)
    else:
        loop.call_soon_threadsafe(_unwatch, handle, fd, loop)


def _unwatch(handle: Any, fd: int, loop: asyncio.AbstractEventLoop) -> None:
    loop.remove_reader(fd)
    lib.bq_client_free(handle)
